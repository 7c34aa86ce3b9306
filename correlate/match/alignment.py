"""Packets that look the same, aligned in order.

**In:** sights of both sides, a key, and the pace of the pairs known. **Out:** ``Aligned`` positions.
**Method:** ``alignment_kernel.py``; very large groups are cut first, so that memory stays bounded: at wide gaps of due
times that were followed along the group (``tracking.py``).
**Not here:** which keys (``ladder.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.match.alignment_kernel import align_groups, scratch_cells
from correlate.match.joins import Groups, shared_groups
from correlate.match.pace import Expectation, Pace
from correlate.match.sides import Sights
from correlate.match.straight_kernel import SURE
from correlate.match.tracking import edges_of, track
from correlate.model.arrays import F64, I64, Bool, frozen

_AT_ONCE = 1 << 14
"""Members of a batch of groups: what is gathered of them stays in the processor's cache."""
_PIECE = 4096
"""Most members of A aligned at once."""
_LONG = 512
"""Members of A above which a group is followed: clocks may part by half a distance within it (1000 ppm)."""
_TOLD = ("ident", "head", "total", "whole", "stamp", "detail", "tuple", "sack")
"""What tells equal keys apart, columns as in ``cell_cost``."""
_IN_EXACT = ("ident", "stamp", "detail", "sack")
"""Of these, what equal strictest keys have in common; without TCP the first bytes as well."""


class Aligned(NamedTuple):
    """Positions in the sights given."""

    a: I64
    b: I64
    is_ambiguous: Bool


def align(
    a: Sights,
    b: Sights,
    keys: tuple[I64, I64],
    pace: Pace,
    tuples: tuple[I64, I64] | None = None,
    common: tuple[str, ...] = (),
) -> Aligned:
    """Align equal keys in order; pairs that cost more than two absences stay apart.

    ``tuples`` are hashes of addresses and ports, used to break ties only. What is ``common`` to equal keys is not
    looked at again.
    """
    groups = shared_groups(*keys)
    if not len(groups.a):
        nothing = np.zeros(0, np.int64)
        return Aligned(nothing, nothing, np.zeros(0, np.bool_))
    due = _spread_out(pace.expect(a.block[groups.a], a.time[groups.a]), groups.a, len(a.time))
    groups, due, is_doubtful = _cut(groups, due, b.time)
    # Capture order is not time order when several queues feed one file: members go by time.
    member_a, member_b = _in_time(groups.a, groups.a_start, due.time), _in_time(groups.b, groups.b_start, b.time)
    told_a, told_b = (_told(side, of, common) for side, of in zip((a, b), tuples or (None, None), strict=True))
    partner, margin = np.full(len(member_a), -1, np.int64), np.zeros(len(member_a))
    scratch = _scratch(groups)
    for first, last in _batches(groups):
        a_start, b_start = groups.a_start[first : last + 1], groups.b_start[first : last + 1]
        some_a, some_b = member_a[a_start[0] : a_start[-1]], member_b[b_start[0] : b_start[-1]]
        found = partner[a_start[0] : a_start[-1]]
        failed = align_groups(
            frozen(a_start - a_start[0]),
            frozen(b_start - b_start[0]),
            frozen(due.time[some_a]),
            frozen(b.time[some_b]),
            frozen(due.scatter[some_a]),
            frozen(_marks(told_a, some_a)),
            frozen(_marks(told_b, some_b)),
            *scratch,
            found,
            margin[a_start[0] : a_start[-1]],
        )
        assert failed == 0, "alignment scratch space was computed too small"
        found[found >= 0] += b_start[0]
    at = np.flatnonzero(partner >= 0)
    return Aligned(member_a[at], member_b[partner[at]], (margin[at] < SURE) | is_doubtful[member_a[at]])


def _in_time(members: I64, starts: I64, time: F64) -> I64:
    """Return the members of each group by time; those of one time stay in order of position."""
    when = time[members]
    is_behind = when[1:] < when[:-1]
    is_behind |= (when[1:] == when[:-1]) & (members[1:] < members[:-1])
    is_behind[starts[1:-1][(starts[1:-1] > 0) & (starts[1:-1] < len(members))] - 1] = False
    if not is_behind.any():
        return members
    return members[np.lexsort((members, when, _group_of(starts)))]


def _scratch(groups: Groups) -> tuple[I64, I64, F64, F64]:
    """Return room for the largest group: its band, where the rows of its cells begin, and the cells both ways."""
    rows, widths = np.diff(groups.a_start), np.diff(groups.b_start)
    room = max(scratch_cells(int(r), int(w)) for r, w in {*zip(rows.tolist(), widths.tolist(), strict=True)})
    longest = int(rows.max()) + 1
    return np.zeros((longest, 2), np.int64), np.zeros(longest, np.int64), np.zeros(room), np.zeros(room)


def _batches(groups: Groups) -> list[tuple[int, int]]:
    """Return the first group and the one past the last of each batch."""
    members = np.maximum(groups.a_start, groups.b_start)
    begins = np.flatnonzero(np.diff(members[:-1] // _AT_ONCE, prepend=-1)).tolist()
    return [*zip(begins, [*begins[1:], len(members) - 1], strict=True)]


def common_to_exact(some: Sights) -> tuple[str, ...]:
    """Return what the strictest keys of these vouch for: ``body`` holds what ``head`` does, but for TCP."""
    return _IN_EXACT if some.is_tcp.any() else (*_IN_EXACT, "head")


def _spread_out(due: Expectation, at: I64, count: int) -> Expectation:
    """Return the expectation indexed by position; only positions ``at`` are meaningful."""
    time, scatter = np.zeros(count), np.zeros(count)
    time[at], scatter[at] = due.time, due.scatter
    return Expectation(time, scatter)


def _group_of(starts: I64) -> I64:
    """Return the group number of each member."""
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def _told(sights: Sights, tuples: I64 | None, common: tuple[str, ...]) -> list[I64 | None]:
    """Return the columns of ``_TOLD``; None = the same everywhere, or not to be looked at."""
    columns: list[I64 | None] = [None if name in ("tuple", *common) else getattr(sights, name) for name in _TOLD]
    if columns[0] is not None:
        columns[0] = np.where(sights.is_telling, columns[0], -1)
    columns[_TOLD.index("tuple")] = tuples
    return columns


def _marks(told: list[I64 | None], at: I64) -> I64:
    """Return what is told of some members, a row each."""
    marks = np.zeros((len(at), len(told)), np.int64)
    for place, column in enumerate(told):
        if column is not None:
            marks[:, place] = column[at]
    return marks


def _cut(groups: Groups, due: Expectation, time_b: F64) -> tuple[Groups, Expectation, Bool]:
    """Follow large groups along their members, and cut those of more than ``_PIECE`` of A into pieces in time order.

    Returns the pieces, the due times made better for it, and which positions of A may be another.
    """
    is_doubtful = np.zeros(len(due.time), np.bool_)
    large = np.flatnonzero(np.diff(groups.a_start) > min(_LONG, _PIECE)).tolist()
    if not large:
        return groups, due, is_doubtful
    a, b, due = groups.a.copy(), groups.b.copy(), Expectation(due.time.copy(), due.scatter.copy())
    places, edges_a, edges_b = [], [], []
    for group in large:
        range_a, range_b = (slice(*starts[group : group + 2]) for starts in (groups.a_start, groups.b_start))
        mine = a[range_a] = a[range_a][np.argsort(due.time[a[range_a]], kind="stable")]
        theirs = b[range_b] = b[range_b][np.argsort(time_b[b[range_b]], kind="stable")]
        if (due.scatter[mine] < 0).any():
            edges = np.arange(_PIECE, len(mine), _PIECE)
            cuts = edges * len(theirs) // len(mine)
        else:
            tracked = track(Expectation(due.time[mine], due.scatter[mine]), time_b[theirs])
            due.time[mine], due.scatter[mine], is_doubtful[mine] = tracked
            edges = edges_of(tracked.time, _PIECE)
            cuts = np.searchsorted(time_b[theirs], (tracked.time[edges - 1] + tracked.time[edges]) / 2)
            # Where all around are of one time, none of which says where to cut, both sides are shared out alike.
            is_tied = tracked.time[edges - 1] == tracked.time[edges]
            cuts = np.maximum.accumulate(np.where(is_tied, edges * len(theirs) // len(mine), cuts))
        places.append(np.full(len(edges), group + 1))
        edges_a.append(edges + range_a.start)
        edges_b.append(cuts + range_b.start)
    at = np.concatenate(places)
    a_start, b_start = (
        np.insert(starts, at, np.concatenate(edges))
        for starts, edges in ((groups.a_start, edges_a), (groups.b_start, edges_b))
    )
    return Groups(a, a_start, b, b_start), due, is_doubtful
