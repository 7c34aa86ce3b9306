"""Bytes of all vantages laid side by side.

**In:** packets found so far and the extents of every row. **Out:** ``Stream``: a lane and a byte range per packet.
**Method:** a lane is a direction of a joined flow for TCP, a datagram for all else. Sequence numbers are brought to one
numbering per direction by the packets that are matched already; a wrap inside the flow is no break.
**Not here:** which ranges belong together (``ranges.py``), UDP super-datagrams (``runs.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from correlate.match.extents import Layout
from correlate.match.sides import Side
from correlate.model.arrays import I8, I32, I64, Bool, Int
from correlate.model.fingerprints import mixed
from correlate.model.matches import Tier
from correlate.model.packets import TCP, UDP

NO_LANE = -1
_IDENT, _OPENING = 1, 2
_DATAGRAM = 1 << 61


class Draft(NamedTuple):
    """Packets before they are a ``MatchTable``; vantages in matching order."""

    rows: I64
    block: I32
    tier: I8
    is_ambiguous: Bool
    origin: I64
    """Bundle number before splitting."""


class Stream(NamedTuple):
    """Byte range of each packet of a draft."""

    lane: I64
    """Ranges are comparable within one; ``NO_LANE`` = takes no part."""
    start: I64
    end: I64
    is_whole: Bool
    """Not a piece of a frame."""
    is_part: Bool
    """A fragment somewhere."""
    is_udp: Bool
    opening: I64
    at: I32
    """Shape (packets, vantages): first byte within the payload of the row there."""


def lay_out(draft: Draft, sides: Sequence[Side], extents: Sequence[Layout]) -> Stream:
    """Return the byte ranges; a direction is numbered as its first vantage numbers it, from its first segment."""
    count = len(draft.block)
    shift = _shifts(draft, sides)
    start, length = np.zeros(count, np.int64), np.zeros(count, np.int64)
    is_stream, is_part, is_udp = np.zeros(count, np.bool_), np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    ident, opening = np.full(count, -1, np.int64), np.zeros(count, np.int64)
    # The first vantage that holds a packet has the last word.
    for place in range(len(sides) - 1, -1, -1):
        seen = np.flatnonzero(draft.rows[:, place] >= 0)
        rows = draft.rows[seen, place]
        extent = extents[place].at(rows)
        is_stream[seen] = extent.is_stream
        start[seen] = extent.start - np.where(is_stream[seen], shift[place, draft.block[seen]], 0)
        length[seen] = extent.length
        is_part[seen] |= extent.is_part
        is_udp[seen] = sides[place].packets.columns.proto[rows] == UDP
        ident[seen] = sides[place].prints.at("ident", rows)
        opening[seen] = extent.opening
    start = _unwrapped(start, draft.block, is_stream & (length > 0))
    named = ~is_stream & (ident > 0)
    lane = np.where(is_stream, draft.block, np.where(named, _datagram_lane(draft.block, ident, _IDENT), NO_LANE))
    lane[length <= 0] = NO_LANE
    return Stream(
        lane=lane,
        start=start,
        end=start + length,
        is_whole=np.ones(count, np.bool_),
        is_part=is_part,
        is_udp=is_udp & ~is_part,
        opening=np.where(is_stream, 0, opening),
        at=np.zeros(draft.rows.shape, np.int32),
    )


def by_opening(draft: Draft, stream: Stream) -> Stream:
    """Return the stream with datagrams named by their first bytes: where a box renumbers, identifications differ."""
    is_datagram = (stream.opening != 0) & (stream.end > stream.start)
    lane = np.where(is_datagram, _datagram_lane(draft.block, stream.opening, _OPENING), NO_LANE)
    return stream._replace(lane=lane)


def _datagram_lane(block: Int, name: I64, kind: int) -> I64:
    """Return a lane per datagram, never a block's."""
    return np.asarray(mixed(block, name, kind) & (_DATAGRAM - 1) | _DATAGRAM, np.int64)


def is_datagram_lane(lane: I64) -> Bool:
    """Return which lanes are datagrams; the others are directions of flows."""
    return np.asarray(lane >= _DATAGRAM)


def _shifts(draft: Draft, sides: Sequence[Side]) -> I64:
    """Return what to take from the sequence numbers of each vantage, per block."""
    shift = np.zeros((len(sides), int(draft.block.max(initial=0)) + 1), np.int64)
    for x, y in combinations(range(len(sides)), 2):
        both = np.flatnonzero((draft.rows[:, x] >= 0) & (draft.rows[:, y] >= 0) & (draft.tier <= int(Tier.ORDER)))
        difference = sides[y].prints.at("seq", draft.rows[both, y]) - sides[x].prints.at("seq", draft.rows[both, x])
        is_tcp = sides[x].packets.columns.proto[draft.rows[both, x]] == TCP
        # Later vantages overwrite nothing once they are placed: x is placed before y.
        block = draft.block[both][is_tcp]
        unplaced = shift[y, block] == 0
        shift[y, block[unplaced]] = (shift[x, block] + difference[is_tcp])[unplaced] & 0xFFFFFFFF
    return shift


def _unwrapped(start: I64, block: Int, is_stream: Bool) -> I64:
    """Return stream positions as signed distances from the direction's first segment (RFC 9293 section 3.4)."""
    at = np.flatnonzero(is_stream)
    first = np.zeros(int(block.max(initial=0)) + 1, np.int64)
    first[block[at[::-1]]] = start[at[::-1]]
    unwrapped = start.copy()
    unwrapped[at] = ((start[at] - first[block[at]] + 0x80000000) & 0xFFFFFFFF) - 0x80000000
    return unwrapped
