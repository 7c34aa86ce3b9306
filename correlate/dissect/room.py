"""Packet columns that grow while a capture is read.

In: how many rows a chunk may have, how many are still to come. Out: writable columns for the chunk, in place.
Method: a block holds about as many rows as the capture seems to have, each column in a mapping of its own that is
touched only where something is written: a column of zeros costs no memory, a guess that is too high neither. Chunks
are written where they stay; only a guess that was too low makes a second block, and then blocks are joined column by
column, each column given back before the next one is copied. Columns that the first chunk filled are asked for in
large pages (Linux: 2 MiB) as far as the capture surely goes: touching them costs a third.
Not here: what is written (``frames.py``).
"""

from __future__ import annotations

import contextlib
import functools
import mmap
import typing
from typing import Any, NamedTuple

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.model.arrays import I32, I64, U8, U32, Columns
from correlate.model.packets import PacketColumns

LEAST_MAPPED = 64 * 1024
"""Bytes from which a column gets a mapping of its own; smaller ones come from the heap, which is quicker."""

LEAST_LARGE = 2 * 1024 * 1024
"""Bytes of a column from which large pages are asked for: less does not hold one."""

FILLED = 16
"""A column is filled where one row in so many holds a value; for a value now and then pages of 4 KiB are cheaper."""

UNSURE = 8
"""One row in so many of those expected may not come: large pages beyond the last one would be memory for nothing."""


@functools.cache
def _dtypes(columns: type[tuple[Any, ...]]) -> tuple[np.dtype[Any], ...]:
    """Return the column dtypes of a NamedTuple: its annotations are ``NDArray[np.int64]`` and the like."""
    arrays = [typing.get_args(hint) for hint in typing.get_type_hints(columns).values()]
    return tuple(np.dtype(typing.get_args(dtype)[0]) for _shape, dtype in arrays)


def _untouched(rows: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return writable zeros that take memory page by page as they are written, and give it back when dropped."""
    size = rows * dtype.itemsize
    if size < LEAST_MAPPED:
        return np.zeros(rows, dtype)
    kind = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
    try:
        return np.frombuffer(mmap.mmap(-1, size, **kind), dtype, rows)
    except OSError:
        raise MemoryError from None


def _in_large_pages(column: NDArray[Any], rows: int) -> None:
    """Ask for the first rows of a column in large pages; what is touched already stays as it is."""
    mapping = column.base.obj if isinstance(column.base, memoryview) else column.base
    size = rows * column.dtype.itemsize
    if size < LEAST_LARGE or not isinstance(mapping, mmap.mmap) or not hasattr(mmap, "MADV_HUGEPAGE"):
        return
    # A kernel without them says no: nothing is lost.
    with contextlib.suppress(OSError):
        mapping.madvise(mmap.MADV_HUGEPAGE, 0, size - size % mmap.PAGESIZE)


def zeros(columns: type[Columns], rows: int) -> Columns:
    """Return writable columns of zeros that cost memory only where they are written."""
    return columns(*(_untouched(rows, dtype) for dtype in _dtypes(columns)))


def first_rows(columns: Columns, rows: int) -> Columns:
    """Return the first rows of columns, as writable as they are."""
    return type(columns)(*[column[:rows] for column in columns])


@attrs.define
class Block:
    """Rows that lie together."""

    columns: list[NDArray[Any]]
    """In the order of ``PacketColumns``."""
    rows: int


class Piece(NamedTuple):
    """Successive rows of a block."""

    block: Block
    start: int
    end: int

    def columns(self) -> PacketColumns:
        """Return the rows, writable."""
        return PacketColumns(*[column[self.start : self.end] for column in self.block.columns])


class Scratch(NamedTuple):
    """What one chunk needs beside the columns, one row per frame or packet; not kept."""

    kept: I64
    """Index of the packet's frame."""
    l3: I64
    cap_end: I64
    """Where the packet's carrier ends, as captured and on the wire: the frame, or the tunnel it came in."""
    wire_end: I64
    l4: I64
    ip_end: I64
    payload: I64
    source: I64
    """Position of the source address; the destination follows it."""
    half_sum: I64
    link_hash: U32
    vlan: I32
    sport: I32
    dport: I32
    version: U8


@attrs.define(kw_only=True)
class Room:
    """The packets of one capture, while it is read."""

    expected: int = 0
    """Rows that may still come."""
    _block: Block = attrs.field(factory=lambda: Block([], 0))
    _used: int = 0
    _kept: int = 0
    """In all blocks."""
    _scratch: Scratch | None = None

    def reserve(self, rows: int) -> PacketColumns:
        """Return ``rows`` rows of zeros to write into; void with the next call unless they are kept."""
        if self._used + rows > self._block.rows or not self._block.columns:
            self._block, self._used = self._further(rows), 0
        return Piece(self._block, self._used, self._used + rows).columns()

    def _further(self, rows: int) -> Block:
        """Return a block for ``rows`` rows at least: few blocks, however wrong the guess is time and again."""
        size = max(rows, self.expected, self._kept // 2)
        try:
            return Block(list(zeros(PacketColumns, size)), size)
        except MemoryError:
            # Address space may be bounded, too: what is not written counts there.
            return Block(list(zeros(PacketColumns, rows)), rows)

    def keep(self, rows: int) -> Piece:
        """Keep the first ``rows`` rows of those reserved last; nothing was written into the others."""
        start, self._used, self._kept = self._used, self._used + rows, self._kept + rows
        if start == 0 and rows:
            for column in self._block.columns:
                if FILLED * np.count_nonzero(column[:rows]) >= rows:
                    _in_large_pages(column, self._block.rows - self._block.rows // UNSURE)
        return Piece(self._block, start, self._used)

    def scratch(self, rows: int) -> Scratch:
        """Return rows of any content; the same memory each time."""
        whole = self._scratch
        if whole is None or len(whole.kept) < rows:
            whole = self._scratch = Scratch(*(np.empty(rows, dtype) for dtype in _dtypes(Scratch)))
        return first_rows(whole, rows)


def joined(pieces: list[Piece]) -> PacketColumns:
    """Return all rows of some pieces, in order; their blocks are void then, unless it is one piece."""
    merged: list[Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if last is not None and last.block is piece.block and last.end == piece.start:
            merged[-1] = last._replace(end=piece.end)
        elif piece.end > piece.start:
            merged.append(piece)
    if len(merged) == 1:
        return merged[0].columns()
    rows = sum(piece.end - piece.start for piece in merged)
    return PacketColumns(*(_joined(merged, place, rows, dtype) for place, dtype in enumerate(_dtypes(PacketColumns))))


def _joined(pieces: list[Piece], place: int, rows: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return one column of all pieces, and let go of it in their blocks."""
    whole, at = _untouched(rows, dtype), 0
    for piece in pieces:
        part = piece.block.columns[place][piece.start : piece.end]
        if part.any():
            whole[at : at + len(part)] = part
        at += len(part)
    nothing = np.zeros(0, dtype)
    for piece in pieces:
        piece.block.columns[place] = nothing
    return whole
