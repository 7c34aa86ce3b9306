"""Packets that vantages hold in different cuts.

**In:** packets found so far. **Out:** the same, super-segments, fragments and super-datagrams split into the finest
pieces seen anywhere.
**Method:** algorithms section 2, "Byte ranges": for each pair of vantages, what only one of them holds is laid along
its lane (``lanes.py``); overlaps become packets of tier ``RANGE`` with both rows, bytes without a counterpart packets
with one. TCP first, then datagrams named by identification, by their first bytes, and UDP bursts (``runs.py``).
**Not here:** equal ranges (``ladder.py``); which stamp belongs to which piece (``trajectories``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from correlate.match.extents import Layout
from correlate.match.lanes import NO_LANE, Draft, Stream, by_opening, is_datagram_lane, lay_out
from correlate.match.pace import Pace, SurePairs
from correlate.match.ranges_kernel import accept_overlaps, find_overlaps
from correlate.match.runs import place_runs
from correlate.match.sides import Side
from correlate.model.arrays import F64, I64, Bool, frozen
from correlate.model.matches import Tier
from correlate.model.ordering import stable_order

_IN_TIME_NS = 150e6
"""As in ``ladder.py``: below any retransmission timer; offload holds segments back for milliseconds."""
_PATIENCE = 8192
"""Segments of one lane looked at for one: more than the smallest pieces that the largest frame can have."""


class _Overlaps(NamedTuple):
    """Accepted overlaps: packets ``one`` and ``two`` share bytes [start, end)."""

    one: I64
    two: I64
    start: I64
    end: I64


def join_ranges(draft: Draft, sides: Sequence[Side]) -> Draft:
    """Return the packets with differently cut ones joined. Cost O(n) plus O(n log n) in what is left over."""
    extents = [Layout(side) for side in sides]
    stream: Stream | None = None
    left: dict[tuple[int, int], tuple[Bool, Bool] | None] = {}
    for view in (_as_laid_out, _as_opened, place_runs):
        for pair in combinations(range(len(sides)), 2):
            masks = left[pair] if pair in left else left.setdefault(pair, _leftovers(draft, extents, pair))
            if masks is None:
                continue
            stream = lay_out(draft, sides, extents) if stream is None else stream
            seen = view(draft, stream, sides, pair, masks)
            open_lanes = _shared_lanes(seen, masks)
            overlaps = _overlaps(draft, seen, sides, pair, (masks[0] & open_lanes, masks[1] & open_lanes))
            if len(overlaps.one):
                draft, stream = _split(draft, seen, stream, overlaps)
                left.clear()
    return draft


def _leftovers(draft: Draft, extents: Sequence[Layout], pair: tuple[int, int]) -> tuple[Bool, Bool] | None:
    """Return the packets that only x and only y of a pair hold, in blocks where both have some with bytes.

    None = there are none that only x holds.
    """
    has = [draft.rows[:, place] >= 0 for place in pair]
    shown = np.zeros(int(draft.block.max(initial=0)) + 1, np.int8)
    differs = has[0] != has[1]
    only = [has[0] & differs, has[1] & differs]
    for bit, mask, place in ((1, only[0], pair[0]), (2, only[1], pair[1])):
        here = np.flatnonzero(mask)
        here = here[extents[place].at(draft.rows[here, place]).length > 0]
        shown[draft.block[here]] |= bit
    if not (shown == 3).any():
        return None
    is_open = shown[draft.block] == 3
    masks = only[0] & is_open, only[1] & is_open
    return masks if masks[0].any() else None


def _as_laid_out(
    _draft: Draft, stream: Stream, _sides: Sequence[Side], _pair: tuple[int, int], _masks: tuple[Bool, Bool]
) -> Stream:
    """Return the stream itself: sequence numbers, and identifications of datagrams."""
    return stream


def _as_opened(
    draft: Draft, stream: Stream, _sides: Sequence[Side], _pair: tuple[int, int], _masks: tuple[Bool, Bool]
) -> Stream:
    """Return the stream with datagrams named by their first bytes."""
    return by_opening(draft, stream)


def _shared_lanes(stream: Stream, masks: tuple[Bool, Bool]) -> Bool:
    """Return the packets in lanes that both sides have, of datagrams only where one side holds a piece of them.

    Whole datagrams of unequal length are no different cut of the same bytes.
    """
    both = np.flatnonzero((masks[0] | masks[1]) & (stream.lane != NO_LANE))
    _, lane = np.unique(stream.lane[both], return_inverse=True)
    count = int(lane.max(initial=-1)) + 1
    shared = np.ones(count, np.bool_)
    for mask in masks:
        shared &= np.bincount(lane[mask[both]], minlength=count) > 0
    is_cut = ~is_datagram_lane(stream.lane[both]) | stream.is_part[both]
    shared &= np.bincount(lane[is_cut], minlength=count) > 0
    found = np.zeros(len(stream.lane), np.bool_)
    found[both] = shared[lane]
    return found


def _overlaps(
    draft: Draft, stream: Stream, sides: Sequence[Side], pair: tuple[int, int], masks: tuple[Bool, Bool]
) -> _Overlaps:
    """Return accepted overlaps between packets that only x and only y of a pair of vantages hold."""
    y = pair[1]
    sorted_x, sorted_y = (_by_start(stream, mask) for mask in masks)
    if not len(sorted_x) or not len(sorted_y):
        return _Overlaps(*(np.zeros(0, np.int64) for _ in range(4)))
    due, within = _due(draft, sides, pair, sorted_x)
    time_y = sides[y].time[draft.rows[sorted_y, y]]
    reach = int((stream.end - stream.start)[sorted_y].max())
    room = 4 * (len(sorted_x) + len(sorted_y))
    while True:
        one, two, off = np.zeros(room, np.int64), np.zeros(room, np.int64), np.zeros(room)
        found = find_overlaps(
            frozen(stream.lane[sorted_x]),
            frozen(stream.start[sorted_x]),
            frozen(stream.end[sorted_x]),
            frozen(stream.is_whole[sorted_x]),
            frozen(due),
            frozen(within),
            frozen(stream.lane[sorted_y]),
            frozen(stream.start[sorted_y]),
            frozen(stream.end[sorted_y]),
            frozen(stream.is_whole[sorted_y]),
            frozen(time_y),
            reach,
            _PATIENCE,
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
    order = apart[stable_order(off[apart], start[apart])]
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


def _by_start(stream: Stream, mask: Bool) -> I64:
    """Return the masked packets with bytes, sorted by lane and first byte."""
    at = np.flatnonzero(mask & (stream.end > stream.start))
    return at[stable_order(stream.lane[at], stream.start[at])]


def _due(draft: Draft, sides: Sequence[Side], pair: tuple[int, int], at: I64) -> tuple[F64, F64]:
    """Return when packets of x are due at y, and the tolerance; without any known pair nothing is in time."""
    x, y = pair
    known = (draft.rows[:, x] >= 0) & (draft.rows[:, y] >= 0)
    known &= (draft.tier <= int(Tier.TRANSFORMED)) & ~draft.is_ambiguous
    time_x = sides[x].time[draft.rows[known, x]]
    sure = SurePairs(draft.block[known], time_x, sides[y].time[draft.rows[known, y]] - time_x)
    due = Pace(sure).expect(draft.block[at], sides[x].time[draft.rows[at, x]])
    return due.time, np.where(due.scatter < 0, -1.0, np.maximum(12 * due.scatter, _IN_TIME_NS))


def _split(draft: Draft, seen: Stream, stream: Stream, overlaps: _Overlaps) -> tuple[Draft, Stream]:
    """Replace packets that overlap by their common pieces and what remains of them.

    ``overlaps`` and ``seen`` are in the numbering of one view; ``stream`` keeps the one of sequence numbers.
    """
    touched = np.zeros(len(draft.block), np.bool_)
    touched[overlaps.one] = True
    touched[overlaps.two] = True
    kept = np.flatnonzero(~touched)
    rest = [_remainders(seen, side, overlaps) for side in (overlaps.one, overlaps.two)]
    # Pieces inherit from the shorter packet: it is the finer cut.
    length = seen.end - seen.start
    fine = np.where(length[overlaps.one] <= length[overlaps.two], overlaps.one, overlaps.two)
    source = np.concatenate([kept, fine, rest[0][0], rest[1][0]])
    begin = np.concatenate([seen.start[kept], overlaps.start, rest[0][1], rest[1][1]])
    finish = np.concatenate([seen.end[kept], overlaps.end, rest[0][2], rest[1][2]])
    pieces = slice(len(kept), len(kept) + len(fine))
    rows, tier = draft.rows[source], draft.tier[source]
    is_ambiguous = draft.is_ambiguous[source]
    rows[pieces] = np.maximum(draft.rows[overlaps.one], draft.rows[overlaps.two])
    tier[pieces] = int(Tier.RANGE)
    is_ambiguous[pieces] = draft.is_ambiguous[overlaps.one] | draft.is_ambiguous[overlaps.two]
    at = stream.at[source] + np.where(draft.rows[source] >= 0, (begin - seen.start[source])[:, None], 0)
    other = np.where(fine == overlaps.one, overlaps.two, overlaps.one)
    theirs = stream.at[other] + (overlaps.start - seen.start[other])[:, None]
    at[pieces] = np.where(draft.rows[fine] >= 0, at[pieces], np.where(draft.rows[other] >= 0, theirs, 0))
    moved = begin - seen.start[source]
    is_whole = stream.is_whole[source]
    is_whole[len(kept) :] = False
    split = Stream(
        lane=stream.lane[source],
        start=stream.start[source] + moved,
        end=stream.start[source] + moved + finish - begin,
        is_whole=is_whole,
        is_part=stream.is_part[source],
        is_udp=stream.is_udp[source],
        # The middle of a burst begins with bytes of its own.
        opening=np.where((moved == 0) | is_datagram_lane(seen.lane[source]), stream.opening[source], 0),
        at=at.astype(np.int32),
    )
    return Draft(rows, draft.block[source], tier, is_ambiguous, draft.origin[source]), split


def _remainders(stream: Stream, owner: I64, overlaps: _Overlaps) -> tuple[I64, I64, I64]:
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
