"""Bounds inside a segment that do not trust a clock further than the evidence shows it standing still.

In: ``Segment``. Out: times, lo and hi.
Method: a bound made at one time is carried to another at the segment's rate. But the clock may have moved in between
by less than the corridor is wide, so that every line still fits. Delays move the floors of the two directions apart,
or one of them alone; only a clock moves both the same way. So a bound that is carried over is raised by as much as
*both* floors have risen since, noise added: nothing where one floor stayed, all of a step where both show it.
Where one direction is silent the other decides alone. Nothing is cut, no threshold is passed or missed.
Not here: proven breaks (``breaks.py``).
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from correlate.clocks.evidence import Evidence
from correlate.clocks.guard_kernel import guard_side
from correlate.clocks.segments import Segment
from correlate.clocks.shifts import common_shifts, longest_flight
from correlate.model.arrays import F64

FAR = 1e18
"""Stands for no bound (ns): finite, so that interpolation needs no special case."""

SHORT, LONG = 3, 24
"""Bounds that make a floor: few where too few only widen, many where too few would hide a movement."""

STRETCH = 8
"""A floor is of a stretch of the capture, not of all of it: of one in so many of its bounds, or of ``SHORT``."""

DOUBT = 1.0
"""A floor of one bound may lie above the true one by this many times the usual excess; of n bounds, by 1/n of it."""

WALL = 4.0
"""A jump of both floors at one time stands as a wall, whatever lies beyond it, above this many times the usual jump."""

COARSE = 250
"""Bounds per side that are compared, pair by pair."""


def guarded(segment: Segment) -> tuple[F64, F64, F64]:
    """Return times, s, and lo and hi, ns, over the whole time that a segment may cover; unknown sides are infinite."""
    line = segment.line
    upper_x, upper = _coarse(segment.evidence.upper_x, segment.evidence.upper - line.skew * segment.evidence.upper_x)
    lower_x, lower = _coarse(segment.evidence.lower_x, -segment.evidence.lower + line.skew * segment.evidence.lower_x)
    flat = Evidence(upper_x, upper - line.offset, lower_x, -(lower + line.offset))
    at = np.unique(np.concatenate((flat.upper_x, flat.lower_x, [segment.first, segment.last])))
    at = at[(at >= segment.first) & (at <= segment.last)]
    flight = longest_flight(flat)
    long = min(LONG, max(SHORT, flat.total // STRETCH))
    shift, score = common_shifts(flat, at[1:], flight, 0.0)
    walls = np.append(np.where(score > WALL, shift, 0.0), 0.0)
    corners, hi = _side(flat, at, segment.rate, long, walls, (0.0, flight))
    negated = Evidence(flat.lower_x, -flat.lower, flat.upper_x, -flat.upper)
    other, lo = _side(negated, at, segment.rate, long, -walls, (flight, 0.0))
    times = np.unique(np.concatenate((corners, other)))
    middle = line.offset + line.skew * times
    return times, middle - np.interp(times, other, lo), middle + np.interp(times, corners, hi)


def _coarse(x: F64, upper: F64) -> tuple[F64, F64]:
    """Return the tightest bound of each group of neighbours."""
    if len(x) <= COARSE:
        return x, upper
    first = np.linspace(0, len(x), COARSE + 1).astype(np.int64)[:-1]
    group = np.searchsorted(first, np.arange(len(x)), side="right") - 1
    order = np.lexsort((upper, group))
    chosen = np.sort(order[first])
    return x[chosen], upper[chosen]


def _side(flat: Evidence, at: F64, rate: float, long: int, walls: F64, flights: tuple[float, float]) -> tuple[F64, F64]:
    """Return the corners of the guarded upper bound: one at each time, one where the cones of a gap's ends meet.

    ``long`` bounds make a floor at most. ``walls`` tells by how much the clock jumped between each time and the next,
    ``flights`` how old, s, an upper and a lower bound may be at its time.
    """
    noise = _excess(flat.upper, long), _excess(-flat.lower, long)
    ahead, back = np.empty(len(at)), np.empty(len(at))
    guard_side(*flat, at, walls, rate, SHORT, long, *noise, *flights, ahead)
    mirrored = np.append(-walls[:-1][::-1], 0.0)
    guard_side(*flat.reversed(), -at[::-1].copy(), mirrored, rate, SHORT, long, *noise, *flights[::-1], back)
    left, right = np.minimum(ahead[:-1], FAR), np.minimum(back[::-1][1:], FAR)
    length = np.diff(at)
    begin, end = np.minimum(left, right + rate * length), np.minimum(right, left + rate * length)
    edge = np.maximum(np.concatenate((begin[:1], end)), np.concatenate((begin, end[-1:])))
    meeting = np.clip(length / 2 + (end - begin) / (2 * rate), 0, length)
    times = np.concatenate((at, at[:-1] + meeting))
    values = np.concatenate((edge, np.maximum(begin + rate * meeting, np.minimum(begin, end))))
    order = np.lexsort((-values, times))
    return times[order], np.minimum(values[order], FAR)


def _excess(upper: F64, long: int) -> float:
    """Return by how much a bound usually lies above the lowest of the bounds about it."""
    if len(upper) < 2:
        return 0.0
    reach = min(long, len(upper))
    floors = sliding_window_view(upper, reach).min(axis=1)
    near = np.clip(np.arange(len(upper)) - reach // 2, 0, len(floors) - 1)
    return float(np.median(upper - floors[near])) * DOUBT
