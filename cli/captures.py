"""CAPTURE arguments become named captures, each one or more chained files.

**In:** the arguments. **Out:** ``Captures``: vantage name -> paths, and what was left out.
**Method:** existing path first, then glob; chained files in natural order of their names; a folder's files count if
they begin like a capture.
**Not here:** reading captures (``correlate.read``), the rules of names (``names.py``).
"""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import attrs

from correlate.errors import UnreadableCapture, UsageError

from .names import STDIN, checked, is_url, name_of_file, name_of_folder, name_of_glob, split_argument

MAGICS = tuple(
    bytes.fromhex(text)
    for text in (
        "a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "a1b2cd34", "34cdb2a1", "0a0d0d0a", "1f8b", "28b52ffd",
        "04224d18", "736e6f6f", "52545353", "474d4255",
    )
)  # fmt: skip
"""How pcap (us, ns, modified; both byte orders), pcapng, gzip, zstd, lz4, snoop and Network Monitor begin."""
PACKED = tuple(bytes.fromhex(text) for text in ("1f8b", "28b52ffd", "04224d18"))
"""How gzip, zstd and lz4 begin."""


@attrs.frozen(kw_only=True)
class Captures:
    """What the command line names."""

    paths: dict[str, tuple[str, ...]]
    """Vantage -> its files, in the order of the arguments."""
    spooled: Path | None
    """Copy of standard input, to be removed; it stands in ``paths`` in place of ``-``."""
    notes: tuple[str, ...]
    """What the user should know: files of a folder that were left out."""

    @property
    def told_as(self) -> dict[str, str]:
        """Return the paths that are told under other names: the copy of standard input is ``-``."""
        return {} if self.spooled is None else {str(self.spooled): STDIN}


def find_captures(arguments: Sequence[str]) -> Captures:
    """Return the captures that the arguments name.

    Raises
    ------
    UsageError
        If two captures have one name, a glob matches nothing, or standard input is asked for twice.
    UnreadableCapture
        If a file does not exist, or a folder cannot be listed.
    """
    paths: dict[str, tuple[str, ...]] = {}
    notes: list[str] = []
    asked = [split_argument(argument) for argument in arguments]
    if sum(path == STDIN for _name, path in asked) > 1:
        raise UsageError(
            where=STDIN, what="only one capture can come from standard input", advice="Name a file for the other."
        )
    for given, path in asked:
        files, derived = _expand(path, notes, is_named=given is not None)
        name = given or derived
        if name in paths:
            raise UsageError(
                where=name,
                what=f"two captures have this name ({paths[name][0]} and {files[0]})",
                advice="Give one of them another (NAME=PATH), or quote the glob if they are pieces of one capture.",
            )
        paths[name] = tuple(files)
    return _with_stdin(paths, tuple(notes))


def plain_bytes(captures: Captures) -> int:
    """Return how many bytes of captures there are to read; beyond all bounds where that cannot be told beforehand."""
    total = 0
    for path in (Path(path) for paths in captures.paths.values() for path in paths):
        # A pipe must not be opened twice; FILE#INTERFACE and what is missing are for the reader.
        if not path.is_file() or _is_packed(path):
            return sys.maxsize
        total += path.stat().st_size
    return total


def _is_packed(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(4).startswith(PACKED)
    except OSError:
        return False


def _with_stdin(paths: dict[str, tuple[str, ...]], notes: tuple[str, ...]) -> Captures:
    """Spool standard input if it is asked for."""
    if not any(STDIN in files for files in paths.values()):
        return Captures(paths=paths, spooled=None, notes=notes)
    if sys.stdin is None or sys.stdin.isatty():
        raise UnreadableCapture(
            where="standard input", what="a terminal is no capture", advice="Pipe a capture into correlate."
        )
    from correlate.read import spool_stdin  # noqa: PLC0415  -- numpy; only who pipes pays before the run

    spooled = spool_stdin(sys.stdin.buffer)
    replaced = {name: tuple(str(spooled) if path == STDIN else path for path in files) for name, files in paths.items()}
    return Captures(paths=replaced, spooled=spooled, notes=notes)


def _expand(path: str, notes: list[str], *, is_named: bool) -> tuple[list[str], str]:
    """Return the files that a path means and the name derived from it (empty if one was given)."""
    if path == STDIN:
        return [path], name_of_file(path)
    if is_url(path):
        return _remote(path, notes, is_named=is_named)
    if os.path.isdir(path):  # noqa: PTH112 -- paths stay as typed, they stand in the report
        return _folder(path, notes), "" if is_named else name_of_folder(path)
    if os.path.exists(path):  # noqa: PTH110
        return [path], "" if is_named else name_of_file(path)
    file, mark, interface = path.rpartition("#")
    if mark and interface and (os.path.exists(file) or glob.has_magic(file)):  # noqa: PTH110
        files, derived = _expand(file, notes, is_named=is_named)
        name = "" if is_named else checked(f"{derived}:{interface}", path)
        return [f"{one}#{interface}" for one in files], name
    if glob.has_magic(path):
        files = sorted((file for file in glob.glob(path) if not os.path.isdir(file)), key=natural_key)  # noqa: PTH207, PTH112
        if not files:
            raise UsageError(where=path, what="no file matches this", advice="Check the pattern and its folder.")
        return files, "" if is_named else name_of_glob(files, path)
    raise _missing(path)


def _remote(url: str, notes: list[str], *, is_named: bool) -> tuple[list[str], str]:
    """Return the files that a URL means, and the name derived from it: as of files of this machine."""
    from correlate.read import listed  # noqa: PLC0415  -- numpy; only who names a URL pays before the run

    place, mark, interface = url.rpartition("#")
    place, end = (place, f"{mark}{interface}") if mark and interface else (url, "")
    files = sorted(listed(place), key=natural_key)
    if files == [place]:
        name = "" if is_named else name_of_file(place)
    else:
        kept = [file for file in files if _begins_like_a_capture(file)]
        _say_left_out(place, files, kept, notes)
        if not kept:
            raise UsageError(where=url, what="no capture file there", advice="Name the files or a glob.")
        files = kept
        is_glob = glob.has_magic(place)
        name = "" if is_named else name_of_glob(files, place) if is_glob else name_of_file(place.rstrip("/"))
    return [f"{file}{end}" for file in files], name and (checked(f"{name}:{interface}", url) if end else name)


def _missing(path: str) -> UnreadableCapture:
    return UnreadableCapture(
        where=path,
        what="no such file",
        advice="Name capture files, folders or quoted globs; 'correlate --help' lists the options.",
    )


def _folder(path: str, notes: list[str]) -> list[str]:
    """Return the captures in a folder in natural order; what does not begin like one is left out and said."""
    try:
        entries = sorted((entry.path for entry in os.scandir(path) if _is_candidate(entry)), key=natural_key)
    except OSError as error:
        what = f"this folder cannot be listed ({error.strerror or error})"
        raise UnreadableCapture(where=path, what=what, advice="Check its permissions.") from None
    captures = [file for file in entries if _begins_like_a_capture(file)]
    if not captures:
        raise UsageError(where=path, what="no capture file in this folder", advice="Name the files or a glob.")
    _say_left_out(path, entries, captures, notes)
    return captures


def _say_left_out(path: str, entries: Sequence[str], captures: Sequence[str], notes: list[str]) -> None:
    if len(captures) < len(entries):
        others = [os.path.basename(file) for file in entries if file not in captures]  # noqa: PTH119
        notes.append(f"{path}: left out as no captures: {', '.join(others[:3])}{' ...' if len(others) > 3 else ''}")


def _is_candidate(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and entry.is_file()


def _begins_like_a_capture(path: str) -> bool:
    """Return True if the file's first bytes are those of a capture; one that cannot be read is kept to be named."""
    from correlate.read import open_raw  # noqa: PLC0415  -- numpy; only who names a folder pays before the run

    try:
        with open_raw(path) as file:
            return (file.read(4) or b"").startswith(MAGICS)
    except OSError:
        return True


def natural_key(path: str) -> tuple[list[tuple[int, int, str]], ...]:
    """Return a sort key that counts as people do: ``a.cap, a(1).cap, a(2).cap, a(10).cap``.

    >>> sorted(["a(10).cap", "a(2).cap", "a.cap"], key=natural_key)
    ['a.cap', 'a(2).cap', 'a(10).cap']
    """
    folder, name = os.path.split(path)
    stem, extension = os.path.splitext(name)  # noqa: PTH122
    return _numbered(folder), _numbered(stem), _numbered(extension)


def _numbered(text: str) -> list[tuple[int, int, str]]:
    """Return runs of digits as numbers, the rest as text; numbers sort before text."""
    return [(0, int(run), "") if run.isdigit() else (1, 0, run) for run in re.findall(r"[0-9]+|[^0-9]+", text)]
