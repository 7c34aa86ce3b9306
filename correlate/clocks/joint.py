"""All clocks of a path solved together.

In: the offset curve of every pair of places that share packets. Out: ``Solution``: bounds of every clock against one.
Method: difference constraints (algorithms section 1, N vantages): at any instant ``offset(b) - offset(a) <= hi(a, b)``
is an edge from a to b; a shortest path from the reference bounds a clock from above, one to it from below, so
AC = AB + BC and branches need no rule of their own. The cones within a pair's curve are the edges along time.
Instants are the samples of all curves; between two of them every edge is at most its chord, and one path serves the
whole interval, so interpolation keeps the bounds. A cycle of negative length is a contradiction: there the hull of
all short ways stands, and the vantage whose removal cures every cycle is named.
Not here: the curves (``hop.py``), words and grades (``compose.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from correlate.clocks.curves import Curve, Reading, estimate_at, jump_times, read_span, steepness
from correlate.model.arrays import F64, I64, Bool

TOLERANCE_NS = 2.0
"""Rounding of curves: a cycle is negative beyond it."""

Curves = Mapping[tuple[int, int], Curve]
"""(a, b) -> clock of place b minus clock of place a, over a's clock; both orders of each pair that shares packets."""


class Branch(NamedTuple):
    """How a place is reached from the home place: over ``near``, which is reached before it."""

    near: int
    place: int


class Solution(NamedTuple):
    """Clocks of all places minus the home place's, over the home clock; row = place, column = instant."""

    at_ns: I64
    """Ascending instants on the home clock; empty if nothing is known."""
    base_ns: I64
    """Per place, added to all figures."""
    lo: F64
    hi: F64
    estimate: F64
    is_contradictory: Bool
    """Per interval between two instants: the curves cannot all be right."""


def spanning_tree(home: int, count: int, curves: Curves) -> list[Branch]:
    """Return how to reach the places from ``home``, each over the nearest place that is two-way with it.

    Places that share packets one way only come last; those that share none with any reached place are left out.
    """
    reached: list[int] = [home]
    tree: list[Branch] = []
    while True:
        open_places = [place for place in range(count) if place not in reached]
        known = [(a, b) for a in reached for b in open_places if (a, b) in curves]
        if not known:
            return tree
        near, place = min(known, key=lambda pair: (not _is_two_way(curves[pair]), abs(pair[0] - pair[1]), pair))
        tree.append(Branch(near, place))
        reached.append(place)


def solve(home: int, count: int, curves: Curves) -> Solution:
    """Return the bounds of every clock against the one at ``home``; places without any tie to it are unbounded."""
    tree = spanning_tree(home, count, curves)
    nothing = np.zeros((count, 0))
    if not tree:
        no_times = np.zeros(0, np.int64)
        return Solution(no_times, np.zeros(count, np.int64), nothing, nothing, nothing, np.zeros(0, np.bool_))
    at = _instants(home, tree, curves)
    rough = _walk(home, count, tree, curves, at)
    weights = _weights(rough, curves, at)
    closed, is_contradictory = _close(weights)
    # A sample belongs to the intervals on both sides of it: the wider bound of the two keeps both.
    hi = np.maximum(_left(closed[0][home]), _right(closed[1][home]))
    lo = -np.maximum(_left(closed[0][:, home]), _right(closed[1][:, home]))
    estimate = np.clip(rough.estimate, np.minimum(lo, hi), np.maximum(lo, hi))
    return Solution(at, rough.base_ns, lo, hi, estimate, is_contradictory)


def culprit(home: int, count: int, curves: Curves) -> int | None:
    """Return the one place without which no curves contradict one another; None if none or several would do."""
    healing = [
        place
        for place in range(count)
        if not solve(
            _other(home, place), count, {pair: curve for pair, curve in curves.items() if place not in pair}
        ).is_contradictory.any()
    ]
    return healing[0] if len(healing) == 1 else None


def _other(home: int, place: int) -> int:
    """Return a place to solve from when ``place`` is left out."""
    return home if place != home else int(home == 0)


class _Rough(NamedTuple):
    """First bounds along the tree, and where on its own clock each place is at every instant."""

    base_ns: I64
    estimate: F64
    first: I64
    """Earliest reading of the place's clock at the instant."""
    last: I64
    is_reached: Bool


def _instants(home: int, tree: list[Branch], curves: Curves) -> I64:
    """Return every time on the home clock at which some curve bends; around jumps also the times nearby."""
    at = np.unique(np.concatenate([curves[home, b].samples.at_ns for a, b in tree if a == home]))
    count = max(max(branch) for branch in tree) + 1
    rough = _walk(home, count, tree, curves, at)
    found = [at]
    for (a, b), curve in curves.items():
        if home in (a, b) or a > b or a >= count or not rough.is_reached[a]:
            continue
        jumps = jump_times(curve)
        bends = np.concatenate((curve.samples.at_ns, jumps, jumps))
        found += [_inverse(at, edge, curve.samples.at_ns) for edge in (rough.first[a], rough.last[a])]
        found.append(_inverse(at, (rough.first[a] + rough.last[a]) // 2, bends))
    found.append(at[-1:] + 1)  # two instants at least
    return np.unique(np.clip(np.concatenate(found), at[0], at[-1] + 1))


def _inverse(at: I64, shown: I64, wanted: I64) -> I64:
    """Return when a clock that shows ``shown`` at times ``at`` shows ``wanted``."""
    rising = np.maximum.accumulate(shown)
    x: F64 = np.interp((wanted - rising[0]).astype(np.float64), (rising - rising[0]).astype(np.float64), at - at[0])
    return np.rint(x).astype(np.int64) + int(at[0])


def _walk(home: int, count: int, tree: list[Branch], curves: Curves, at: I64) -> _Rough:
    """Add the curves along the tree."""
    base = np.zeros(count, np.int64)
    estimate = np.zeros((count, len(at)))
    lo, hi = np.full((count, len(at)), -np.inf), np.full((count, len(at)), np.inf)
    lo[home] = hi[home] = 0.0
    first, last = np.tile(at, (count, 1)), np.tile(at, (count, 1))
    is_reached = np.zeros(count, np.bool_)
    is_reached[home] = True
    for near, place in tree:
        curve = curves[near, place]
        base[place] = base[near] + curve.base_ns
        there = at + base[near] + np.rint(estimate[near]).astype(np.int64)
        estimate[place] = estimate[near] + estimate_at(curve, there)
        reading = _read_blurred(curve, first[near], last[near])
        lo[place], hi[place] = lo[near] + reading.lo, hi[near] + reading.hi
        middle = at + base[place] + np.rint(estimate[place]).astype(np.int64)
        first[place] = middle - _whole(estimate[place] - lo[place])
        last[place] = middle + _whole(hi[place] - estimate[place])
        is_reached[place] = True
    return _Rough(base, estimate, first, last, is_reached)


WIDEST = 1e18
"""Width, ns (32 years), beyond which a time is as good as unknown: a step of hours may ask more."""


def _whole(width: F64) -> I64:
    """Return a width as integer ns; where nothing bounds it the estimate has to do."""
    return np.rint(np.where(np.isfinite(width), np.clip(width, 0.0, WIDEST), 0.0)).astype(np.int64)


def _read_blurred(curve: Curve, first: I64, last: I64) -> Reading:
    """Return the curve's bounds at a time known within ``[first, last]``, and how it may bend between two instants."""
    reading = read_span(curve, first, last)
    blur = steepness(curve) * (last - first)
    return Reading(reading.lo - blur, reading.hi + blur)


def _weights(rough: _Rough, curves: Curves, at: I64) -> F64:
    """Return ``[a, b, instant]``: the greatest offset of b against a, above the difference of their bases."""
    count = len(rough.base_ns)
    weights = np.full((count, count, len(at)), np.inf)
    weights[np.arange(count), np.arange(count)] = 0.0
    for a, b in sorted(curves):
        if not (rough.is_reached[a] and rough.is_reached[b]) or _blur(rough, a) > _blur(rough, b):
            continue  # the pair is read on the clock that is known better
        curve = curves[a, b]
        reading = _read_blurred(curve, rough.first[a], rough.last[a])
        above = float(curve.base_ns - (rough.base_ns[b] - rough.base_ns[a]))
        weights[a, b] = np.minimum(weights[a, b], reading.hi + above)
        weights[b, a] = np.minimum(weights[b, a], -(reading.lo + above))
    return weights


def _blur(rough: _Rough, place: int) -> int:
    return int((rough.last[place] - rough.first[place]).sum())


def _close(weights: F64) -> tuple[tuple[F64, F64], Bool]:
    """Return the shortest ways at both ends of every interval, and where they contradict one another."""
    left, right = weights[..., :-1].copy(), weights[..., 1:].copy()
    direct = left.copy(), right.copy()
    middle = left + right
    for via in range(len(weights)):
        way = middle[:, via, None] + middle[None, via]
        is_shorter = way < middle
        left = np.where(is_shorter, left[:, via, None] + left[None, via], left)
        right = np.where(is_shorter, right[:, via, None] + right[None, via], right)
        middle = np.where(is_shorter, way, middle)
    own = np.arange(len(weights))
    is_bad = np.asarray((middle[own, own] < -2 * TOLERANCE_NS).any(axis=0), np.bool_)
    if is_bad.any():
        for closed, plain in zip((left, right), direct, strict=True):
            closed[..., is_bad] = _hull(plain[..., is_bad])
    return (left, right), is_bad


def _hull(weights: F64) -> F64:
    """Return the longest of all bounded ways over at most one other place."""
    ways = np.stack([weights[:, via, None] + weights[None, via] for via in range(len(weights))])
    longest = np.where(np.isfinite(ways), ways, -np.inf).max(axis=0)
    longest = np.where(np.isfinite(longest), longest, np.inf)
    own = np.arange(len(weights))
    longest[own, own] = 0.0
    return np.asarray(longest, np.float64)


def _left(values: F64) -> F64:
    """Return per instant the value at the left end of the interval after it; the last instant begins none."""
    return np.concatenate((values, np.full((*values.shape[:-1], 1), -np.inf)), axis=-1)


def _right(values: F64) -> F64:
    """Return per instant the value at the right end of the interval before it."""
    return np.concatenate((np.full((*values.shape[:-1], 1), -np.inf), values), axis=-1)


def _is_two_way(curve: Curve) -> bool:
    lo, hi = curve.samples.lo, curve.samples.hi
    return bool((np.isfinite(lo) & np.isfinite(hi)).any())
