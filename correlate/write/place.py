"""A new file that is complete or not there.

In: a path. Out: an open file that takes the path's name when all is written.
Method: a temporary file in the same folder, made exclusively, renamed at the end: a symbolic link of that name is
replaced and never followed, and who looks meanwhile sees the old file or none.
Not here: what is written.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from correlate.errors import OutputError


def check_place(target: str | os.PathLike[str], inputs: Sequence[str], *, force: bool = False) -> Path:
    """Return the path if a file may be written there, before any long work.

    Parameters
    ----------
    target
        The file to write.
    inputs
        Files that are read meanwhile: none of them may be the target, whatever ``force`` says.
    force
        Replace what is there.

    Raises
    ------
    OutputError
        If it cannot be written, or is there already.
    """
    path = Path(target)
    where = str(path)
    if not path.parent.is_dir():
        raise OutputError(where=where, what="its folder does not exist", advice="Make it first.")
    if path.is_dir():
        raise OutputError(where=where, what="a folder has this name", advice="Name a file.")
    if path.exists() and not path.is_file():
        raise OutputError(where=where, what="this is a device or a pipe, which stays", advice="Name a file.")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise OutputError(where=where, what="its folder cannot be written", advice="Choose another one.")
    if path.exists() and any(os.path.exists(one) and path.samefile(one) for one in inputs):  # noqa: PTH110 -- as typed
        raise OutputError(where=where, what="this is one of the files that are read", advice="Choose another name.")
    if os.path.lexists(path) and not force:
        raise OutputError(where=where, what="this file exists", advice="Choose another name, or add --force.")
    return path


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes its name once the block ends without an error; otherwise it leaves nothing behind.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        temporary = Path(name)
        with open(handle, "wb") as file:  # noqa: PTH123 -- an open file descriptor, no path
            yield file
        # A private mode while it grows, then what the user's mask gives new files.
        temporary.chmod(0o666 & ~_mask())
        temporary.replace(path)
        temporary = None
    except OSError as error:
        what = f"cannot be written ({error.strerror or error})"
        raise OutputError(where=str(path), what=what, advice="Check the folder and its free space.") from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _mask() -> int:
    """Return the process's mask for new files; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
