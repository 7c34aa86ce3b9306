"""Standard input as a file that can be read twice.

In: a byte stream. Out: the path of a temporary file with its bytes, which the caller removes.
Method: copy piece by piece; stop before the disk is full.
Not here: what the bytes are; packed input stays packed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

from correlate.errors import UnreadableCapture

PIECE = 1024 * 1024
KEPT_FREE = 0.1
"""Part of the free disk space that the copy leaves alone."""


def spool_stdin(
    stream: BinaryIO, *, folder: str | os.PathLike[str] | None = None, limit_bytes: int | None = None
) -> Path:
    """Copy a byte stream to a temporary file and return its path.

    Parameters
    ----------
    stream
        For example ``sys.stdin.buffer``.
    folder
        Where the file is made; None = the system's folder for temporary files.
    limit_bytes
        Greatest length; None = 90 % of the free space there.

    Raises
    ------
    UnreadableCapture
        If the stream is longer than that, or cannot be read or written. The temporary file is gone then.
    """
    place = Path(folder or tempfile.gettempdir())
    spooled = None
    try:
        limit = int((1 - KEPT_FREE) * shutil.disk_usage(place).free) if limit_bytes is None else limit_bytes
        handle, name = tempfile.mkstemp(prefix="correlate-", suffix=".capture", dir=place)
        spooled = Path(name)
        with open(handle, "wb") as copy:  # noqa: PTH123  -- an open file descriptor, no path
            _copy(stream, copy, limit)
    except BaseException as error:
        if spooled is not None:
            spooled.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unspooled(f"cannot be copied to {place} ({error.strerror or error})") from None
        raise
    return spooled


def _copy(stream: BinaryIO, copy: BinaryIO, limit: int) -> None:
    left = limit
    while piece := stream.read(PIECE):
        left -= len(piece)
        if left < 0:
            raise _unspooled(f"longer than {limit} bytes, the room for a copy")
        copy.write(piece)


def _unspooled(what: str) -> UnreadableCapture:
    return UnreadableCapture(where="standard input", what=what, advice="Save it to a file and name that.")
