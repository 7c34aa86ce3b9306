"""Which bytes every packet of a vantage carries.

**In:** a side. **Out:** ``Extents``.
**Method:** TCP payload lies in its direction's sequence space, that of a fragment too once the first fragment tells
where it begins. Everything else lies within its own datagram, which has two names: its IP identification, and the
digest of its first 32 payload bytes, which a box that renumbers leaves alone.
**Not here:** sequence numbers of other vantages (``lanes.py``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from correlate.match.datagrams import find_fragments
from correlate.match.sides import Side
from correlate.model.arrays import I64, Bool, take
from correlate.model.packets import TCP, PacketFlag

OPENING_BYTES = 32
"""What ``head_digest`` covers where there is as much."""


class Extents(NamedTuple):
    """One entry per row of a side."""

    start: I64
    """TCP: sequence number of the first byte. Else: first byte within the datagram."""
    length: I64
    """Bytes; 0 = takes no part."""
    is_stream: Bool
    """TCP payload."""
    is_part: Bool
    """A fragment."""
    opening: I64
    """Digest of the datagram's first bytes; 0 = not known, or too short to mean much."""


class Layout:
    """The extents of a side, for the rows that are asked for: few of them are cut differently elsewhere."""

    def __init__(self, side: Side) -> None:
        self._side = side
        has_parts = bool(((side.packets.columns.flags & PacketFlag.FRAGMENT) != 0).any())
        self._every = extents_of(side) if has_parts else None

    def at(self, rows: I64) -> Extents:
        """Return the extents of some rows."""
        return _whole_packets(self._side, rows) if self._every is None else take(self._every, rows)


def _whole_packets(side: Side, rows: Any) -> Extents:
    """Return the extents of rows as if none were a fragment."""
    columns = side.packets.columns
    flags = columns.flags[rows]
    length = side.prints.at("length", rows).astype(np.int64)
    is_stream = (columns.proto[rows] == TCP) & ((flags & PacketFlag.TRANSPORT) != 0) & (length > 0)
    start = np.where(is_stream, side.prints.at("seq", rows), 0)
    opening = np.where(length >= OPENING_BYTES, columns.head_digest[rows], 0)
    return Extents(start, length, is_stream, (flags & PacketFlag.FRAGMENT) != 0, opening)


def extents_of(side: Side) -> Extents:
    """Return the extents of every row of a side; fragments that cannot be placed have length 0."""
    columns = side.packets.columns
    start, length, is_stream, is_part, opening = every = _whole_packets(side, slice(None))
    if not is_part.any():
        return every
    found = find_fragments(side.packets)
    row, first = found.row, np.maximum(found.first_row, 0)
    has_first = found.first_row >= 0
    is_tcp = columns.proto[row] == TCP
    is_stream[row] = is_tcp & has_first
    start[row] = found.start + np.where(is_tcp & has_first, columns.seq[first].astype(np.int64), 0)
    is_placed = found.is_trusted & (has_first | ~is_tcp)
    length[row] = np.where(is_placed, found.end - found.start, 0)
    opening[row] = np.where(has_first & (columns.payload_len[first] >= OPENING_BYTES), columns.head_digest[first], 0)
    return Extents(start, length, is_stream, is_part, opening)
