"""From anchors to a few thousand trustworthy bounds on one clock difference.

In: ``AnchorTable`` of two vantages and their stamp quanta. Out: ``Evidence``.
Method: a forward packet says ``offset(up_ns) <= down_ns - up_ns``, a reverse one ``>=``; exact for any increasing
clocks. Each is relaxed by the tick that may have made it too tight. Groups of equal count keep a near-extreme item:
dropping evidence only widens, and the most extreme items are where wrong matches hide. Then single items that most of
their neighbours in time contradict go too, never runs of them (those are clock steps).
Not here: lines through the bounds (``line.py``).
"""

from __future__ import annotations

from math import comb
from typing import NamedTuple

import numpy as np

from correlate.model.arrays import F64, I64, Bool
from correlate.model.clocks import AnchorTable

MAX_SKEW = 1e6
"""Widest skew believed, ns per second (= 1000 ppm)."""

MAX_GROUPS = 1500
"""Per direction: keeps every later step independent of the capture's size."""

UNTRIMMED = 160
"""With fewer bounds in a direction each is kept: too few to give any away."""

MISMATCH_SHARE = 0.0015
"""Share of anchors per direction that a wrong match may make too tight (0.3 % wrong, half of them that way)."""

SCATTER = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio (Knuth, TAOCP 6.4): products mod 2^64 of unlike numbers lie in no order."""

NEIGHBOURS = 8
"""Opposite bounds looked at on each side when judging a single one."""


class Evidence(NamedTuple):
    """Bounds on the offset, each side ascending in time: seconds since ``Origin.at_ns``, ns above ``base_ns``."""

    upper_x: F64
    upper: F64
    lower_x: F64
    lower: F64

    @property
    def is_two_way(self) -> bool:
        """Whether both sides hold at least one bound."""
        return len(self.upper) > 0 and len(self.lower) > 0

    @property
    def total(self) -> int:
        """Number of bounds."""
        return len(self.upper) + len(self.lower)

    def times(self) -> F64:
        """Return when there is a bound, ascending, s."""
        return np.sort(np.concatenate((self.upper_x, self.lower_x)))

    def between(self, first: float, last: float) -> Evidence:
        """Return the bounds at ``first <= x <= last``."""
        u = slice(*np.searchsorted(self.upper_x, (first, np.nextafter(last, np.inf))))
        w = slice(*np.searchsorted(self.lower_x, (first, np.nextafter(last, np.inf))))
        return Evidence(self.upper_x[u], self.upper[u], self.lower_x[w], self.lower[w])

    def without(self, x: float) -> Evidence:
        """Return the bounds except those at exactly ``x``."""
        u, w = self.upper_x != x, self.lower_x != x
        return Evidence(self.upper_x[u], self.upper[u], self.lower_x[w], self.lower[w])

    def reversed(self) -> Evidence:
        """Return the same with time running backwards."""
        # In memory backwards as well: kernels compile once per layout.
        columns = (-self.upper_x, self.upper, -self.lower_x, self.lower)
        return Evidence(*(np.ascontiguousarray(column[::-1]) for column in columns))


class Origin(NamedTuple):
    """What the figures of ``Evidence`` are relative to."""

    at_ns: int
    """Up clock at x = 0."""
    base_ns: int
    """Coarse offset: the median stamp difference."""
    span: float
    """Time between the first and the last anchor, s."""


def gather_evidence(anchors: AnchorTable, ticks_ns: tuple[int, int]) -> tuple[Origin, Evidence, Evidence]:
    """Return origin, thinned and filtered bounds, and all bounds; there is an anchor.

    Stamps are cut, never rounded up: the true reading is less than a tick later. So what the down clock cut off can
    only have made an upper bound too low, and the up clock a lower one too high; each relaxes that side.
    """
    order = time_order(anchors.up_ns, anchors.down_ns)
    up_ns, direction = anchors.up_ns[order], anchors.direction[order]
    difference = anchors.down_ns[order] - up_ns
    step = max(1, len(difference) // 1001)
    base = int(np.sort(difference[::step])[len(difference[::step]) // 2])
    origin = Origin(int(up_ns[0]), base, (int(up_ns[-1]) - int(up_ns[0])) / 1e9)
    seconds = (up_ns - origin.at_ns) / 1e9
    difference -= base
    above = difference.astype(np.float64)
    is_forward = direction > 0
    sides, everything = [], []
    for sign, chosen, tick_ns in ((1, is_forward, ticks_ns[1]), (-1, ~is_forward, ticks_ns[0])):
        x, z = seconds[chosen], sign * above[chosen] + tick_ns
        kept_x, kept = thin(x, z)
        sides += [kept_x, sign * kept]
        everything += [x, sign * z]
    return origin, drop_contradicted(Evidence(*sides)), Evidence(*everything)


def time_order(stamps: I64, then: I64) -> I64:
    """Return the order of int64 ns stamps, equal ones by a hash of ``then``: whatever order the rows are in.

    By a hash, of what a constant added to all does not change, since by size the tightest bounds of a tick, wrong
    ones among them, would come to stand in one group.

    Sorting (slot of time, row) packed in one word is ten times faster than an argsort of a million rows; only rows that
    share a slot (0.01 ns for a million rows within 100 s, and all of one coarse tick) are compared in full.
    """
    count = len(stamps)
    if count == 0:
        return np.zeros(0, np.int64)
    row_bits = count.bit_length()
    packed = stamps - stamps.min()
    packed >>= max(0, int(packed.max()).bit_length() + row_bits - 62)
    packed <<= row_bits
    packed |= np.arange(count)
    packed.sort()
    order = packed & ((1 << row_bits) - 1)
    packed >>= row_bits
    is_shared = packed[1:] == packed[:-1]
    if is_shared.any():
        tied = np.flatnonzero(np.concatenate(([False], is_shared)) | np.concatenate((is_shared, [False])))
        rows = order[tied]
        scattered = (then[rows] - then.min()).astype(np.uint64) * SCATTER
        order[tied] = rows[np.lexsort((scattered, stamps[rows]))]
    return np.asarray(order, np.int64)


def thin(x: F64, z: F64) -> tuple[F64, F64]:
    """Return one small ``z`` per group of neighbours in time; ``z`` are upper bounds."""
    if len(z) < UNTRIMMED:
        return x, z
    size, rank = group_shape(len(z))
    whole = len(z) // size * size
    chosen = np.argpartition(z[:whole].reshape(-1, size), rank - 1, axis=1)[:, rank - 1]
    rows = np.arange(whole // size) * size + chosen
    return x[rows], z[rows]


def group_shape(count: int) -> tuple[int, int]:
    """Return how many bounds make a group and which of them, counted from the tightest, is kept.

    The rank is the least at which fewer than 1 capture in 1,000 has a group that wrong matches fill up to it.
    """
    size = 8 if count < 600 else max(16, count // MAX_GROUPS)
    groups = count / size
    rank = 2
    while rank < size and groups * _filled(size, rank) > 0.001:
        rank += 1
    return size, rank


def _filled(size: int, rank: int) -> float:
    """Return the chance that ``rank`` or more of ``size`` bounds are wrong and too tight."""
    fewer = sum(comb(size, k) * MISMATCH_SHARE**k * (1 - MISMATCH_SHARE) ** (size - k) for k in range(rank))
    return max(0.0, 1.0 - fewer)


def drop_contradicted(evidence: Evidence) -> Evidence:
    """Return the bounds without single ones that three quarters of the opposite bounds before and after contradict."""
    upper_x, upper, lower_x, lower = evidence
    if min(len(upper), len(lower)) < 2 * NEIGHBOURS:
        return evidence
    bad_upper = _is_lone_contradiction(upper_x, upper, lower_x, lower)
    bad_lower = _is_lone_contradiction(lower_x, -lower, upper_x, -upper)
    return Evidence(upper_x[~bad_upper], upper[~bad_upper], lower_x[~bad_lower], lower[~bad_lower])


def _is_lone_contradiction(x: F64, upper: F64, opposite_x: F64, opposite: F64) -> Bool:
    """Return which upper bounds lie below most lower bounds on both sides of them, as no skew can explain.

    At the ends one side is missing, and a bound may be the first of a step.
    """
    middle = np.searchsorted(opposite_x, x)
    inside = (middle >= NEIGHBOURS) & (middle <= len(opposite_x) - NEIGHBOURS)
    first = np.clip(middle - NEIGHBOURS, 0, len(opposite_x) - 2 * NEIGHBOURS)
    near = first[:, None] + np.arange(2 * NEIGHBOURS)
    gap = upper[:, None] - opposite[near]
    is_against = gap < -MAX_SKEW * np.abs(x[:, None] - opposite_x[near])
    before, after = is_against[:, :NEIGHBOURS].mean(axis=1), is_against[:, NEIGHBOURS:].mean(axis=1)
    is_bad = inside & (np.minimum(before, after) >= 0.75)
    is_beside = np.zeros(len(x), np.bool_)
    is_beside[1:] |= is_bad[:-1]
    is_beside[:-1] |= is_bad[1:]
    return np.asarray(is_bad & ~is_beside, np.bool_)
