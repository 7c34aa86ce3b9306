"""``--anonymous``: the main job on renamed copies of the captures.

**In:** the captures. **Out:** the same captures, their files being anonymized copies in a folder that goes afterwards.
**Method:** everything that is printed or written comes from the copies, so no report can show what they do not hold.
The key is thrown away at once.
**Not here:** renaming (``correlate.anonymize``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from .captures import Captures


@contextmanager
def renamed(captures: Captures) -> Iterator[Captures]:
    """Yield the captures with anonymized copies in place of their files."""
    from correlate.anonymize import anonymize, new_key  # noqa: PLC0415  -- numba
    from correlate.load import split_path  # noqa: PLC0415

    files = dict.fromkeys(split_path(path)[0] for paths in captures.paths.values() for path in paths)
    with tempfile.TemporaryDirectory(prefix="correlate-") as folder:
        numbered = {f"c{number}": [path] for number, path in enumerate(files)}
        copies = {one.source: one.target for one in anonymize(numbered, folder, key=new_key())}
        known = dict(captures.given)
        paths = {name: tuple(_copy_of(path, copies) for path in paths) for name, paths in captures.paths.items()}
        for source, copy in copies.items():
            known[copy] = known.get(source, source)
        yield attrs.evolve(captures, paths=paths, given=known)


def _copy_of(path: str, copies: dict[str, str]) -> str:
    from correlate.load import split_path  # noqa: PLC0415

    file, interface = split_path(path)
    return copies[file] if interface is None else f"{copies[file]}#{interface}"
