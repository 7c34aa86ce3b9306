"""The option ``--anonymous``: copies without addresses, names and payload stand in for the captures.

**In:** the captures of a command line. **Out:** the same vantages, their files anonymized under a key nobody keeps.
**Method:** ``correlate anonymize`` into the report's folder (``captures/``), or into a temporary one without ``-o``;
all that is told and written then rests on the copies, so no original byte can reach it.
**Not here:** what becomes of a frame (``correlate/privacy/``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from correlate.errors import UsageError

from .captures import Captures

FOLDER = "captures"


@contextmanager
def stand_ins(captures: Captures, out: Path | None, *, force: bool) -> Iterator[Captures]:
    """Give the captures anonymized; files that no report needs are gone afterwards.

    Raises
    ------
    UsageError
        If a capture is one interface of a file: its name would be another.
    OutputError
        If the copies cannot be written.
    """
    from correlate.anonymize import anonymize, new_key  # noqa: PLC0415  -- numba
    from correlate.load import split_path  # noqa: PLC0415

    for path in (path for paths in captures.paths.values() for path in paths):
        if split_path(path)[1] is not None:
            advice = "Give it whole; 'correlate anonymize' renames interfaces."
            raise UsageError(where=path, what="one interface of a file cannot be told anonymously", advice=advice)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) if out is None else out / FOLDER
        written = anonymize(captures.paths, folder, key=new_key(), force=force)
        copies = {one.source: one.target for one in written}
        paths = {name: tuple(copies[path] for path in files) for name, files in captures.paths.items()}
        yield attrs.evolve(captures, paths=paths, spooled=None)
