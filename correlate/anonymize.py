"""Captures without the addresses, names and payloads of those they were taken from.

In: the captures of a set, all at once. Out: as many pcapng files, and nothing that leads back without the key.
Method: one key renames the same thing the same way in every file, so what the captures prove together stays provable:
frames, numbers, times, lengths, matches, changes and checksums. Comments, host names, secrets and descriptions of
interfaces are not carried over. The key is drawn by the system's generator and thrown away, unless a file for it is
named.
Not here: what becomes of a frame (``privacy``).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from correlate.errors import OutputError, UsageError
from correlate.privacy import Rewriter
from correlate.read import read_frames
from correlate.write import PcapngWriter, check_place, new_file

KEY_BYTES = 32
MOST_KEY_TEXT = 4096
"""Bytes read of a file that should hold a key."""
COMMENT = "Anonymized: addresses, names and payload are not the captured ones."


@attrs.frozen(kw_only=True)
class Anonymized:
    """One file written."""

    source: str
    target: str
    frames: int


def anonymize(
    captures: Mapping[str, Sequence[str]],
    folder: str | os.PathLike[str],
    *,
    key: bytes,
    has_ports: bool = False,
    force: bool = False,
) -> list[Anonymized]:
    """Write every capture of a set anonymized into a folder.

    Parameters
    ----------
    captures
        Vantage -> its files; chained files stay as many.
    folder
        Made if it is missing. Files are named after the vantage: ``NAME.pcapng``, or ``NAME_00001.pcapng`` and so on.
    key
        32 bytes (:func:`new_key`, :func:`read_key`).
    has_ports
        Rename ports too.
    force
        Replace what is there.

    Raises
    ------
    UnreadableCapture
        If a capture cannot be read at all.
    OutputError
        If a file cannot be written, or is there already.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"this folder cannot be made ({error.strerror or error})"
        raise OutputError(where=str(target), what=what, advice="Choose another one with -o.") from None
    inputs = [path for paths in captures.values() for path in paths]
    places = {
        (name, index): check_place(target / file, inputs, force=force)
        for name, paths in captures.items()
        for index, file in enumerate(_file_names(name, len(paths)))
    }
    rewriter = Rewriter.from_key(key, has_ports=has_ports)
    return [
        _write(path, places[name, index], rewriter)
        for name, paths in captures.items()
        for index, path in enumerate(paths)
    ]


def new_key() -> bytes:
    """Return a key of the system's generator."""
    return secrets.token_bytes(KEY_BYTES)


def read_key(path: str | os.PathLike[str]) -> bytes:
    """Return the key in a file; a file that is missing is made, readable by its owner only.

    Raises
    ------
    UsageError
        If the file holds no key.
    OutputError
        If it can be neither read nor made.
    """
    place = Path(path)
    try:
        if place.exists():
            with place.open("rb") as known:
                text = known.read(MOST_KEY_TEXT).decode("ascii", "replace").strip()
        else:
            text = new_key().hex()
            handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "w", encoding="ascii") as file:  # noqa: PTH123 -- an open file descriptor, no path
                file.write(text + "\n")
    except OSError as error:
        what = f"the key cannot be read or made ({error.strerror or error})"
        raise OutputError(where=str(place), what=what, advice="Check the path and its permissions.") from None
    if len(text) != 2 * KEY_BYTES or any(digit not in "0123456789abcdef" for digit in text):
        what = f"this is no key ({2 * KEY_BYTES} hexadecimal digits)"
        raise UsageError(where=str(place), what=what, advice="Name a file that is not there yet: a key is made in it.")
    return bytes.fromhex(text)


def _file_names(name: str, count: int) -> list[str]:
    stem = name.replace(":", "_")
    if count == 1:
        return [f"{stem}.pcapng"]
    return [f"{stem}_{index + 1:05d}.pcapng" for index in range(count)]


def _write(source: str, target: Path, rewriter: Rewriter) -> Anonymized:
    frames = 0
    with new_file(target) as file:
        writer = PcapngWriter(file, COMMENT)
        for chunk in read_frames(source):
            writer.add(rewriter.rewrite(chunk))
            frames += len(chunk)
        writer.finish()
    return Anonymized(source=source, target=str(target), frames=frames)
