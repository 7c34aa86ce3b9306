"""How many packets captures hold, before they are read, and whether memory holds them.

In: files. Out: about how many frames.
Method: the first chunk's bytes per frame, for the whole file; packed files are taken to hold ``PACKED`` times their
size. A guess that is too small is found out while reading.
Not here: what a packet costs (``budget.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from correlate.budget import packets_in
from correlate.load import split_path
from correlate.read import is_file, read_frames, size_of

CHUNK_BYTES = 1 << 18

LEAST_FRAME = 8
"""Bytes of a frame in a file, packed: smaller files need no guess."""

PACKED = 5
"""Times that packed captures usually shrink."""


MARGIN = 1.1
"""Captures that seem to be so much smaller than memory are read; the guess is about a tenth off."""


def must_be_cut(captures: Mapping[str, Sequence[str]], memory_bytes: int | None) -> bool:
    """Tell whether captures seem not to fit into memory.

    ``memory_bytes``: what the run may use; None = most of the machine's.
    """
    most = packets_in(memory_bytes)
    if most is None:
        return False
    files = {split_path(path)[0] for paths in captures.values() for path in paths}
    if sum(size_of(path) for path in files if is_file(path)) < most * LEAST_FRAME:
        return False
    return estimated_frames(files) * MARGIN > most


def estimated_frames(paths: Iterable[str]) -> int:
    """Return about how many frames some files hold together."""
    return sum(_frames(path) for path in paths)


def _frames(path: str) -> int:
    chunk = next(iter(read_frames(path, chunk_bytes=CHUNK_BYTES)), None)
    if chunk is None or len(chunk) == 0:
        return 0
    unpacked = int(chunk.columns.offset[-1]) + int(chunk.columns.cap_len[-1])
    size = size_of(path)
    if chunk.bytes_read < unpacked:
        size *= PACKED
    return -(-size * len(chunk) // max(1, unpacked))
