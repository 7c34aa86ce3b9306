"""Packets that look the same, aligned in order.

**In:** sights of both sides, a key, and the pace of the pairs known. **Out:** ``Aligned`` positions.
**Method:** ``alignment_kernel.py``; very large groups are cut at due times first, so that memory stays bounded.
**Not here:** which keys (``ladder.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.match.alignment_kernel import align_groups, scratch_cells
from correlate.match.joins import Groups, shared_groups
from correlate.match.pace import Expectation, Pace
from correlate.match.sides import Sights
from correlate.model.arrays import F64, I64, Bool, frozen

_MARGIN = 3.0
"""Nats by which the next best explanation must be worse (algorithms section 2)."""
_AT_ONCE = 1 << 13
"""Members: what is written of them stays in the processor's cache."""
_PIECE = 4096
"""Most members of A aligned at once."""


class Aligned(NamedTuple):
    """Positions in the sights given."""

    a: I64
    b: I64
    is_ambiguous: Bool
    margin: F64


def align(a: Sights, b: Sights, keys: tuple[I64, I64], pace: Pace, tuples: tuple[I64, I64] | None = None) -> Aligned:
    """Align equal keys in order; pairs that cost more than two absences stay apart.

    ``tuples`` are hashes of addresses and ports, used to break ties only.
    """
    groups = shared_groups(*keys)
    if not len(groups.a):
        nothing = np.zeros(0, np.int64)
        return Aligned(nothing, nothing, np.zeros(0, np.bool_), np.zeros(0))
    due = _spread_out(pace.expect(a.block[groups.a], a.time[groups.a]), groups.a, len(a.time))
    groups = _cut(groups, due, b.time)
    rows, widths = np.diff(groups.a_start), np.diff(groups.b_start)
    # Capture order is not time order when several queues feed one file: members go by time.
    member_a = groups.a[np.lexsort((groups.a, due.time[groups.a], _group_of(groups.a_start)))]
    member_b = groups.b[np.lexsort((groups.b, b.time[groups.b], _group_of(groups.b_start)))]
    room = max(scratch_cells(int(r), int(w)) for r, w in {*zip(rows.tolist(), widths.tolist(), strict=True)})
    partner = np.full(len(member_a), -1, np.int64)
    margin = np.zeros(len(member_a))
    longest = int(rows.max()) + 1
    failed = align_groups(
        frozen(groups.a_start),
        frozen(groups.b_start),
        frozen(due.time[member_a]),
        frozen(b.time[member_b]),
        frozen(due.scatter[member_a]),
        frozen(_marks(a, member_a, tuples[0] if tuples else None)),
        frozen(_marks(b, member_b, tuples[1] if tuples else None)),
        np.zeros((longest, 2), np.int64),
        np.zeros(longest, np.int64),
        np.zeros(room),
        np.zeros(room),
        partner,
        margin,
    )
    assert failed == 0, "alignment scratch space was computed too small"
    at = np.flatnonzero(partner >= 0)
    return Aligned(member_a[at], member_b[partner[at]], margin[at] < _MARGIN, margin[at])


def _spread_out(due: Expectation, at: I64, count: int) -> Expectation:
    """Return the expectation indexed by position; only positions ``at`` are meaningful."""
    time, scatter = np.zeros(count), np.zeros(count)
    time[at], scatter[at] = due.time, due.scatter
    return Expectation(time, scatter)


def _group_of(starts: I64) -> I64:
    """Return the group number of each member."""
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def _marks(sights: Sights, at: I64, tuples: I64 | None) -> I64:
    """Return what tells equal keys apart, columns as in ``cell_cost``."""
    ident = np.where(sights.is_telling, sights.ident, -1)
    told = (ident, sights.head, sights.total, sights.whole, sights.stamp, sights.detail, tuples, sights.sack)
    marks = np.zeros((len(at), len(told)), np.int64)
    for begin in range(0, len(at), _AT_ONCE):
        some = slice(begin, begin + _AT_ONCE)
        for place, column in enumerate(told):
            if column is not None:
                marks[some, place] = column[at[some]]
    return marks


def _cut(groups: Groups, due: Expectation, time_b: F64) -> Groups:
    """Cut groups of more than ``_PIECE`` members of A into pieces in time order."""
    if not (np.diff(groups.a_start) > _PIECE).any():
        return groups
    a, a_start, b, b_start = [], [0], [], [0]
    for group in range(len(groups.a_start) - 1):
        mine = groups.a[groups.a_start[group] : groups.a_start[group + 1]]
        theirs = groups.b[groups.b_start[group] : groups.b_start[group + 1]]
        mine = mine[np.argsort(due.time[mine], kind="stable")]
        theirs = theirs[np.argsort(time_b[theirs], kind="stable")]
        edges = np.arange(_PIECE, len(mine), _PIECE)
        if (due.scatter[mine] < 0).any():
            cuts = edges * len(theirs) // max(1, len(mine))
        else:
            cuts = np.searchsorted(time_b[theirs], due.time[mine[edges]])
        for one, two in zip(np.split(mine, edges), np.split(theirs, cuts), strict=True):
            a.append(one)
            b.append(two)
            a_start.append(a_start[-1] + len(one))
            b_start.append(b_start[-1] + len(two))
    return Groups(np.concatenate(a), np.array(a_start), np.concatenate(b), np.array(b_start))
