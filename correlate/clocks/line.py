"""Straight lines through a corridor of bounds.

In: ``Evidence``. Out: the line with most room on both sides, and the range of skews that fit at all.
Method: for a given skew the best room is ``(min(U - b x) - max(L - b x)) / 2``, concave and piecewise linear in b.
Its maximum is found by intersecting tangents (Kelley's cutting planes), its zeros by Newton from outside; both end
exactly, after about ten passes over the bounds.
Not here: more than one line (``breaks.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from correlate.clocks.evidence import MAX_SKEW, Evidence

ROUNDS = 60
"""More than any corridor met so far needed (about 10)."""


class Line(NamedTuple):
    """``offset + skew * x``, with ``room`` to the nearest bound on either side (negative: it breaks them)."""

    offset: float
    """ns at x = 0."""
    skew: float
    """ns per s."""
    room: float
    """ns."""


class _Tangent(NamedTuple):
    skew: float
    room: float
    slope: float


def widest_line(evidence: Evidence) -> Line:
    """Return the line with |skew| <= 1000 ppm and the most room; both sides of ``evidence`` hold bounds."""
    best = max((here for here, _ in _climb(evidence)), key=lambda here: here.room)
    return line_at(evidence, best.skew)


def has_line(evidence: Evidence) -> bool:
    """Return whether any line with |skew| <= 1000 ppm keeps all bounds; True where one side is empty."""
    if not evidence.is_two_way:
        return True
    for here, ceiling in _climb(evidence):
        if here.room >= 0:
            return True
        if ceiling < 0:
            return False
    return False


def _climb(evidence: Evidence) -> Iterator[tuple[_Tangent, float]]:
    """Yield ever better skews, each with the most room that any skew can still have."""
    left, right = _touch(evidence, -MAX_SKEW), _touch(evidence, MAX_SKEW)
    if left.slope <= 0:
        yield left, left.room
        return
    if right.slope >= 0:
        yield right, right.room
        return
    for _ in range(ROUNDS):
        skew = (right.room - left.room + left.slope * left.skew - right.slope * right.skew) / (left.slope - right.slope)
        skew = min(max(skew, left.skew), right.skew)
        ceiling = left.room + left.slope * (skew - left.skew)
        middle = _touch(evidence, skew)
        yield middle, ceiling
        if middle.room >= ceiling - 1e-6 or skew in (left.skew, right.skew):
            return
        if middle.slope > 0:
            left = middle
        else:
            right = middle


def line_at(evidence: Evidence, skew: float) -> Line:
    """Return the middle line of the given skew."""
    top = float((evidence.upper - skew * evidence.upper_x).min())
    bottom = float((evidence.lower - skew * evidence.lower_x).max())
    return Line((top + bottom) / 2, skew, (top - bottom) / 2)


def skew_range(evidence: Evidence, line: Line) -> tuple[float, float]:
    """Return the least and greatest skew that fit, ns per s; ``line`` has room for at least itself."""
    return _zero(evidence, -MAX_SKEW, line.skew), _zero(evidence, MAX_SKEW, line.skew)


def _zero(evidence: Evidence, outside: float, inside: float) -> float:
    """Walk from a skew that may not fit to the nearest that does: tangents of a concave curve never overshoot."""
    skew = outside
    for _ in range(ROUNDS):
        here = _touch(evidence, skew)
        if here.room >= -1e-6 or here.slope == 0:
            return skew
        skew -= here.room / here.slope
        if (skew - inside) * (outside - inside) <= 0:
            return inside
    return skew


def _touch(evidence: Evidence, skew: float) -> _Tangent:
    """Return room and its slope at one skew."""
    top = evidence.upper - skew * evidence.upper_x
    bottom = evidence.lower - skew * evidence.lower_x
    above, below = int(np.argmin(top)), int(np.argmax(bottom))
    slope = float(evidence.lower_x[below] - evidence.upper_x[above]) / 2
    return _Tangent(skew, float(top[above] - bottom[below]) / 2, slope)
