"""The folder of ``-o``: what is ours there is replaced, anything else never.

**In:** a folder, names and their writers. **Out:** the files, each complete or not there.
**Method:** a manifest ``.correlate-files`` remembers name, size and digest of what this tool wrote; a file that is in
it unchanged may be replaced, any other only with ``force``. Each file is written under a temporary name in the folder
and renamed, so a symbolic link is replaced and never followed.
**Not here:** what is in the files.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from correlate.errors import OutputError
from correlate.model.correlation import Correlation
from correlate.report.document import report_json
from correlate.report.indented import json_text
from correlate.report.tables import PARQUET_WRITERS

MANIFEST = ".correlate-files"
REPORT_NAME = "report.json"
REPORT_FILES = (REPORT_NAME, *PARQUET_WRITERS)
"""What :func:`write_folder` writes by itself."""

Writer = Callable[[Path], Any]
"""Writes a whole file at the path it is given."""


def write_folder(
    correlation: Correlation,
    folder: str | Path,
    *,
    force: bool = False,
    extra: Mapping[str, Writer] | None = None,
) -> list[Path]:
    """Write report.json, the Parquet files and ``extra`` into a folder, which is made if need be.

    Parameters
    ----------
    correlation
        The result to write.
    folder
        Where to; files that an earlier run wrote there are replaced.
    force
        Replace files of these names that this tool did not write, too.
    extra
        Further files: name -> function that writes the file at a given path (graphs, for example).

    Returns
    -------
    list of Path
        The files, in the order written.

    Raises
    ------
    OutputError
        If the folder cannot be written, or holds a file of such a name that is not ours (then nothing is written).
    """
    writers: dict[str, Writer] = {
        REPORT_NAME: partial(write_json, correlation),
        **{name: partial(write, correlation) for name, write in PARQUET_WRITERS.items()},
        **(extra or {}),
    }
    return write_files(folder, writers, force=force)


def write_files(folder: str | Path, writers: Mapping[str, Writer], *, force: bool = False) -> list[Path]:
    """Write files by name into a folder; rules and errors as :func:`write_folder`."""
    target = prepare_folder(folder, writers, force=force)
    known = _read_manifest(target)
    for name, write in writers.items():
        known[name] = _write_one(target, name, write)
        _write_one(target, MANIFEST, partial(_write_manifest, known))
    return [target / name for name in writers]


def prepare_folder(folder: str | Path, names: Iterable[str], *, force: bool = False) -> Path:
    """Make the folder if it is missing and check that ``names`` may be written there, before any long work.

    Raises
    ------
    OutputError
        If it cannot be made or written, or one of the names is taken by a file that is not ours.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            where=str(target),
            what=f"this folder cannot be made ({error.strerror})",
            advice="Choose another one with -o.",
        ) from error
    if not os.access(target, os.W_OK | os.X_OK):
        raise OutputError(where=str(target), what="this folder cannot be written", advice="Choose another one with -o.")
    known = _read_manifest(target)
    for name in names:
        path = target / name
        if path.is_dir() and not path.is_symlink():
            raise OutputError(where=str(path), what="a folder has this name", advice="Choose another folder with -o.")
        if path.exists() and not (path.is_file() or path.is_symlink()):
            what = "a device or a pipe has this name"
            raise OutputError(where=str(path), what=what, advice="Choose another folder with -o.")
        if not force and os.path.lexists(path) and not _is_ours(path, known.get(name)):
            raise OutputError(
                where=str(path),
                what="this file was not written by correlate, or was changed since",
                advice="Choose another folder with -o, or add --force to replace it.",
            )
    return target


def write_json(correlation: Correlation, path: Path) -> None:
    """Write report.json."""
    path.write_text(json_text(report_json(correlation)), encoding="utf-8")


def _is_ours(path: Path, entry: dict[str, Any] | None) -> bool:
    """Return True if the file is, byte for byte, what an earlier run wrote."""
    if entry is None or path.is_symlink() or not path.is_file():
        return False
    return path.stat().st_size == entry.get("bytes") and _digest(path) == entry.get("digest")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, partial(hashlib.blake2b, digest_size=16)).hexdigest()


def _read_manifest(folder: Path) -> dict[str, dict[str, Any]]:
    """Return name -> entry; an unreadable manifest vouches for nothing."""
    path = folder / MANIFEST
    if path.is_symlink() or not path.is_file():
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(entries, dict):
        return {}
    return {name: entry for name, entry in entries.items() if isinstance(entry, dict)}


def _write_manifest(entries: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    path.write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _write_one(folder: Path, name: str, write: Writer) -> dict[str, Any]:
    """Write one file under a temporary name, then rename it; return its manifest entry."""
    handle, temporary = tempfile.mkstemp(prefix=".correlate-", dir=folder)
    os.close(handle)
    path = Path(temporary)
    try:
        write(path)
        entry = {"bytes": path.stat().st_size, "digest": _digest(path)}
        path.chmod(0o666 & ~_umask())
        path.replace(folder / name)
    except OSError as error:
        raise OutputError(
            where=str(folder / name),
            what=f"this file cannot be written ({error.strerror or error})",
            advice="Free space there or choose another folder with -o.",
        ) from error
    finally:
        path.unlink(missing_ok=True)
    return entry


def _umask() -> int:
    """Return the process's umask; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
