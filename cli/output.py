"""Results on standard output.

**In:** finished text. **Out:** the text on the terminal or pipe; a closed pipe is quiet.
**Method:** ``NO_COLOR``, ``FORCE_COLOR`` and ``COLUMNS`` are honoured (no-color.org, force-color.org).
**Not here:** what the text says.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from typing import TextIO

from correlate.errors import OutputError

PIPE_WIDTH = 80


def page_width() -> int:
    """Return the columns of the terminal, or of ``COLUMNS``; 80 when piped."""
    return shutil.get_terminal_size((PIPE_WIDTH, 24)).columns


def has_unicode(stream: TextIO) -> bool:
    """Return True if the stream's encoding holds all of Unicode."""
    return (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "").startswith("utf")


def has_color(choice: str, stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether to colour: ``always``, ``never``, or ``auto`` (environment, then terminal)."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


def put(text: str) -> None:
    """Write a result; if nobody reads on, be quiet and let the run end as it would."""
    put_all([text])


def put_all(pieces: Iterable[str]) -> None:
    """Write a result piece by piece, as ``put``; line ends stay as they are."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        for piece in pieces:
            sys.stdout.write(piece)
        sys.stdout.flush()
    except OSError as error:
        end_output(error)


def end_output(error: OSError) -> None:
    """Say why nothing more can be written; that nobody reads on is no error.

    Raises
    ------
    OutputError
        If standard output takes no more for another reason.
    """
    # The interpreter flushes again at exit; give it somewhere to do so.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if not isinstance(error, BrokenPipeError):
        what = f"cannot be written ({error.strerror or error})"
        raise OutputError(where="standard output", what=what, advice="Free space there, or choose another place.")
