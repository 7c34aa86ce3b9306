"""Where capture files lie: on this machine, or on any file system that fsspec knows.

In: a path, or a URL (``s3://bucket/ring/``, ``memory://a.pcap``). Out: bytes to read, sizes, versions, listings.
Method: what begins like a URL is opened by fsspec (filesystem-spec.readthedocs.io), imported then; a few MiB are read
ahead, and any place may be sought. Whatever such a file system raises becomes one line.
Not here: what the bytes mean.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from correlate.errors import UnreadableCapture

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

T = TypeVar("T")

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(::[A-Za-z][A-Za-z0-9+.-]+)*://")

AHEAD_BYTES = 4 * 1024 * 1024
"""Read at once of a remote file."""

MOST_CHARACTERS = 300
"""Of what a file system says."""


def is_url(path: str) -> bool:
    """Tell whether a path is for fsspec.

    >>> is_url("s3://bucket/a.pcap"), is_url("simplecache::s3://a"), is_url("traces/a.pcap"), is_url("client=s3://a")
    (True, True, False, False)
    """
    return URL.match(path) is not None


def open_raw(path: str) -> io.RawIOBase:
    """Open a file for reading, unbuffered.

    Raises
    ------
    OSError, ValueError
        If a file of this machine cannot be opened.
    UnreadableCapture
        If one that a URL names cannot.
    """
    if not is_url(path):
        return Path(path).open("rb", buffering=0)
    system, inside = _system(path)
    file = _asked(path, lambda: system.open(inside, "rb", block_size=AHEAD_BYTES))
    if getattr(file, "size", 0) is None:
        what = "its server does not say how long it is, so it cannot be read from the middle"
        raise UnreadableCapture(where=path, what=what, advice="Copy it to this machine first.")
    return _Remote(file)


def size_of(path: str) -> int:
    """Return the bytes of a file; errors as :func:`open_raw`."""
    if not is_url(path):
        return Path(path).stat().st_size
    system, inside = _system(path)
    return int(_asked(path, lambda: system.info(inside))["size"] or 0)


def version_of(path: str) -> tuple[str, int, object]:
    """Return a file's full name, its size, and what changes with its content; errors as :func:`open_raw`."""
    if not is_url(path):
        stat = os.stat(path)  # noqa: PTH116 -- a string from the command line
        return os.path.abspath(path), stat.st_size, stat.st_mtime_ns  # noqa: PTH100
    system, inside = _system(path)
    return path, size_of(path), str(_asked(path, lambda: system.ukey(inside)))


def is_file(path: str) -> bool:
    """Tell whether there is a file; a URL is taken at its word."""
    return is_url(path) or Path(path).is_file()


def listed(url: str) -> list[str]:
    """Return the files that a URL of a folder, or with wildcards, means; of one file that file.

    Raises
    ------
    UnreadableCapture
        If its file system cannot be asked, or there is no such file.
    """
    system, inside = _system(url)

    def found() -> list[str] | None:
        if any(sign in inside for sign in "*?["):
            return [one for one in system.glob(inside) if system.isfile(one)]
        if system.isdir(inside):
            return [one["name"] for one in system.ls(inside, detail=True) if one["type"] == "file"]
        return [inside] if system.exists(inside) else None

    names = _asked(url, found)
    if names is None:
        raise UnreadableCapture(where=url, what="no such file", advice="Check the URL.")
    return [url] if names == [inside] else [str(system.unstrip_protocol(name)) for name in names]


class _Remote(io.RawIOBase):
    """A file of fsspec; its errors are ``OSError``."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, target: WriteableBuffer, /) -> int:
        """Put bytes into ``target`` and return how many."""
        return int(_told(lambda: self.file.readinto(target)))

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a byte."""
        return int(_told(lambda: self.file.seek(offset, whence)))

    def close(self) -> None:
        """Close the file."""
        self.file.close()
        super().close()


def _system(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and its path there."""
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415  -- an optional extra; only who names a URL pays
    except ImportError:
        what = "URLs are read by fsspec, which is not installed"
        advice = "Install it with pip install 'correlate-captures[remote]', or copy the file to this machine."
        raise UnreadableCapture(where=url, what=what, advice=advice) from None
    system, inside = _asked(url, lambda: url_to_fs(url))
    return system, str(inside)


def _asked(url: str, call: Callable[[], T]) -> T:
    """Return what a file system answers."""
    try:
        return _told(call)
    except OSError as error:
        advice = "Check the URL, the package of its file system, and your credentials there."
        raise UnreadableCapture(where=url, what=f"cannot be opened ({error})", advice=advice) from None


def _told(call: Callable[[], T]) -> T:
    """Call, and turn whatever a file system raises into an ``OSError`` of one line."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 -- every file system has errors of its own
        lines = str(error).strip().splitlines()
        raise OSError((lines[0] if lines else type(error).__name__)[:MOST_CHARACTERS]) from None
