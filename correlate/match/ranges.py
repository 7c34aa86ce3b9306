"""TCP segments that vantages hold in different cuts.

**In:** packets found so far. **Out:** the same, super-segments split into the finest pieces seen anywhere.
**Method:** algorithms section 2, "Byte ranges": for each pair of vantages, what only one of them holds is laid along
the byte stream; overlaps become packets of tier ``RANGE`` with both rows, bytes without a counterpart packets with one.
Sequence numbers are first brought to one numbering per direction, by the packets that are matched already.
**Not here:** equal ranges (``ladder.py``); which stamp belongs to which piece (``trajectories``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from correlate.match.pace import Pace, SurePairs
from correlate.match.ranges_kernel import accept_overlaps, find_overlaps
from correlate.match.sides import Side
from correlate.model.arrays import F64, I8, I64, Bool, frozen
from correlate.model.matches import Tier
from correlate.model.packets import TCP

_IN_TIME_NS = 150e6
"""As in ``ladder.py``: below any retransmission timer; offload holds segments back for milliseconds."""


class Draft(NamedTuple):
    """Packets before they are a ``MatchTable``; vantages in matching order."""

    rows: I64
    block: I64
    tier: I8
    is_ambiguous: Bool
    origin: I64
    """Bundle number before splitting."""


class _Stream(NamedTuple):
    """Byte range of each packet in the numbering of its direction; empty for what is not TCP data."""

    start: I64
    end: I64
    is_whole: Bool
    """Not a piece."""


class _Overlaps(NamedTuple):
    """Accepted overlaps: packets ``one`` and ``two`` share bytes [start, end)."""

    one: I64
    two: I64
    start: I64
    end: I64


def join_ranges(draft: Draft, sides: Sequence[Side]) -> Draft:
    """Return the packets with differently cut segments joined. Cost O(n) plus O(n log n) in what is left over."""
    stream: _Stream | None = None
    for x, y in combinations(range(len(sides)), 2):
        has_x, has_y = draft.rows[:, x] >= 0, draft.rows[:, y] >= 0
        data = np.zeros(int(draft.block.max(initial=0)) + 1, np.int8)
        for bit, here, side in ((1, np.flatnonzero(has_x & ~has_y), x), (2, np.flatnonzero(has_y & ~has_x), y)):
            with_data = here[_is_data(sides[side], draft.rows[here, side])]
            data[draft.block[with_data]] |= bit
        if not (data == 3).any():
            continue
        stream = _lay_out(draft, sides) if stream is None else stream
        is_open = (data[draft.block] == 3) & (stream.end > stream.start)
        overlaps = _overlaps(draft, stream, sides, (x, y), (is_open & has_x & ~has_y, is_open & has_y & ~has_x))
        if len(overlaps.one):
            draft, stream = _split(draft, stream, overlaps)
    return draft


def _is_data(side: Side, rows: I64) -> Bool:
    """Return which rows are TCP segments with payload."""
    columns = side.packets.columns
    return np.asarray((columns.proto[rows] == TCP) & (side.prints.length[rows] > 0))


def _lay_out(draft: Draft, sides: Sequence[Side]) -> _Stream:
    """Return byte ranges; a direction is numbered as its first vantage numbers it, from its first segment."""
    count = len(draft.block)
    blocks = int(draft.block.max(initial=0)) + 1
    shift = np.zeros((len(sides), blocks), np.int64)
    for x, y in combinations(range(len(sides)), 2):
        both = np.flatnonzero((draft.rows[:, x] >= 0) & (draft.rows[:, y] >= 0) & (draft.tier <= int(Tier.ORDER)))
        difference = sides[y].prints.seq[draft.rows[both, y]] - sides[x].prints.seq[draft.rows[both, x]]
        is_tcp = sides[x].packets.columns.proto[draft.rows[both, x]] == TCP
        # Later vantages overwrite nothing once they are placed: x is placed before y.
        block = draft.block[both][is_tcp]
        unplaced = shift[y, block] == 0
        shift[y, block[unplaced]] = (shift[x, block] + difference[is_tcp])[unplaced] & 0xFFFFFFFF
    start, length = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for place in range(len(sides) - 1, -1, -1):
        seen = np.flatnonzero(draft.rows[:, place] >= 0)
        rows = draft.rows[seen, place]
        seen, rows = seen[_is_data(sides[place], rows)], rows[_is_data(sides[place], rows)]
        start[seen] = (sides[place].prints.seq[rows] - shift[place, draft.block[seen]]) & 0xFFFFFFFF
        length[seen] = sides[place].prints.length[rows]
    with_data = np.flatnonzero(length > 0)
    first = np.zeros(blocks, np.int64)
    first[draft.block[with_data[::-1]]] = start[with_data[::-1]]
    # Signed distance from the direction's first segment (RFC 9293 section 3.4): a wrap inside the flow is no break.
    start = ((start - first[draft.block] + 0x80000000) & 0xFFFFFFFF) - 0x80000000
    return _Stream(start, start + length, np.ones(count, np.bool_))


def _overlaps(
    draft: Draft, stream: _Stream, sides: Sequence[Side], pair: tuple[int, int], masks: tuple[Bool, Bool]
) -> _Overlaps:
    """Return accepted overlaps between packets that only x and only y of a pair of vantages hold."""
    y = pair[1]
    sorted_x, sorted_y = (_by_start(draft, stream, mask) for mask in masks)
    if not len(sorted_x) or not len(sorted_y):
        return _Overlaps(*(np.zeros(0, np.int64) for _ in range(4)))
    due, within = _due(draft, sides, pair, sorted_x)
    time_y = sides[y].time[draft.rows[sorted_y, y]]
    reach = int((stream.end - stream.start)[sorted_y].max())
    room = 4 * (len(sorted_x) + len(sorted_y))
    while True:
        one, two, off = np.zeros(room, np.int64), np.zeros(room, np.int64), np.zeros(room)
        found = find_overlaps(
            frozen(draft.block[sorted_x]),
            frozen(stream.start[sorted_x]),
            frozen(stream.end[sorted_x]),
            frozen(stream.is_whole[sorted_x]),
            frozen(due),
            frozen(within),
            frozen(draft.block[sorted_y]),
            frozen(stream.start[sorted_y]),
            frozen(stream.end[sorted_y]),
            frozen(stream.is_whole[sorted_y]),
            frozen(time_y),
            reach,
            one,
            two,
            off,
        )
        if found <= room:
            break
        room = found
    one, two, off = one[:found], two[:found], off[:found]
    start = np.maximum(stream.start[sorted_x[one]], stream.start[sorted_y[two]])
    end = np.minimum(stream.end[sorted_x[one]], stream.end[sorted_y[two]])
    # Bundles that meet at a third vantage are two packets there.
    meets = np.any((draft.rows[sorted_x[one]] >= 0) & (draft.rows[sorted_y[two]] >= 0), axis=1)
    apart = np.flatnonzero(~np.asarray(meets))
    order = apart[np.lexsort((start[apart], off[apart]))]
    accepted = np.zeros(found, np.bool_)
    accept_overlaps(
        frozen(order),
        frozen(one),
        frozen(two),
        frozen(start),
        frozen(end),
        np.full(len(sorted_x), -1, np.int64),
        np.full(len(sorted_y), -1, np.int64),
        np.full(found, -1, np.int64),
        np.full(found, -1, np.int64),
        accepted,
    )
    at = np.flatnonzero(accepted)
    return _Overlaps(sorted_x[one[at]], sorted_y[two[at]], start[at], end[at])


def _by_start(draft: Draft, stream: _Stream, mask: Bool) -> I64:
    """Return the masked packets sorted by direction and first byte."""
    at = np.flatnonzero(mask)
    return at[np.lexsort((stream.start[at], draft.block[at]))]


def _due(draft: Draft, sides: Sequence[Side], pair: tuple[int, int], at: I64) -> tuple[F64, F64]:
    """Return when packets of x are due at y, and the tolerance; without any known pair nothing is in time."""
    x, y = pair
    known = (draft.rows[:, x] >= 0) & (draft.rows[:, y] >= 0)
    known &= (draft.tier <= int(Tier.TRANSFORMED)) & ~draft.is_ambiguous
    time_x = sides[x].time[draft.rows[known, x]]
    sure = SurePairs(draft.block[known], time_x, sides[y].time[draft.rows[known, y]] - time_x)
    due = Pace(sure).expect(draft.block[at], sides[x].time[draft.rows[at, x]])
    return due.time, np.where(due.scatter < 0, -1.0, np.maximum(12 * due.scatter, _IN_TIME_NS))


def _split(draft: Draft, stream: _Stream, overlaps: _Overlaps) -> tuple[Draft, _Stream]:
    """Replace packets that overlap by their common pieces and what remains of them."""
    touched = np.zeros(len(draft.block), np.bool_)
    touched[overlaps.one] = True
    touched[overlaps.two] = True
    kept = np.flatnonzero(~touched)
    rest = [_remainders(stream, side, overlaps) for side in (overlaps.one, overlaps.two)]
    # Pieces inherit from the shorter packet: it is the finer cut.
    length = stream.end - stream.start
    fine = np.where(length[overlaps.one] <= length[overlaps.two], overlaps.one, overlaps.two)
    source = np.concatenate([kept, fine, rest[0][0], rest[1][0]])
    rows, tier = draft.rows[source], draft.tier[source]
    is_ambiguous = draft.is_ambiguous[source]
    pieces = slice(len(kept), len(kept) + len(fine))
    rows[pieces] = np.maximum(draft.rows[overlaps.one], draft.rows[overlaps.two])
    tier[pieces] = int(Tier.RANGE)
    is_ambiguous[pieces] = draft.is_ambiguous[overlaps.one] | draft.is_ambiguous[overlaps.two]
    split = Draft(rows, draft.block[source], tier, is_ambiguous, draft.origin[source])
    start = np.concatenate([stream.start[kept], overlaps.start, rest[0][1], rest[1][1]])
    end = np.concatenate([stream.end[kept], overlaps.end, rest[0][2], rest[1][2]])
    is_whole = np.zeros(len(source), np.bool_)
    is_whole[: len(kept)] = stream.is_whole[kept]
    return split, _Stream(start, end, is_whole)


def _remainders(stream: _Stream, owner: I64, overlaps: _Overlaps) -> tuple[I64, I64, I64]:
    """Return (packet, start, end) of the bytes of overlapping packets that no overlap covers."""
    order = np.lexsort((overlaps.start, owner))
    owner, start, end = owner[order], overlaps.start[order], overlaps.end[order]
    is_first = np.concatenate([[True], owner[1:] != owner[:-1]])
    is_last = np.concatenate([is_first[1:], [True]])
    before = np.where(is_first, stream.start[owner], np.concatenate([[0], end[:-1]]))
    packets = np.concatenate([owner, owner[is_last]])
    starts = np.concatenate([before, end[is_last]])
    ends = np.concatenate([start, stream.end[owner[is_last]]])
    real = ends > starts
    return packets[real], starts[real], ends[real]
