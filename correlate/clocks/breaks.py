"""Where one straight line cannot go on.

In: ``Evidence``. Out: brackets, each of which holds at least one break of the clock curve.
Method: grow a piece from the left until no line with |skew| <= 1000 ppm fits; start the next one there. The same from
the right gives as many pieces and the other end of each bracket (fewest pieces = proof, O'Rourke 1981). A single
bound that stops the growth while those after it agree with those before is a wrong match, not a break.
Not here: what a break is, a step or a slow drift (``segments.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.clocks.evidence import Evidence
from correlate.clocks.line import has_line
from correlate.model.arrays import F64

LOOKAHEAD = 12
"""Bounds after a suspicious one that must agree with those before it for it to be called a wrong match."""

ENOUGH_TO_DROP = 40
"""With fewer bounds in all, none is called wrong for standing alone."""


class Bracket(NamedTuple):
    """A break lies after ``before`` and not after ``after``, both times of bounds."""

    before: float
    after: float


def find_brackets(evidence: Evidence) -> tuple[Evidence, list[Bracket]]:
    """Return the bounds without lone wrong ones, and the brackets in order; none if one line fits all."""
    kept, starts = _grow(evidence, may_drop=evidence.total >= ENOUGH_TO_DROP)
    if not starts:
        return kept, []
    _, backward = _grow(kept.reversed(), may_drop=False)
    ends = [-x for x in reversed(backward)]
    return kept, [Bracket(min(b, a), a) for b, a in zip(ends, starts, strict=True)]


def _grow(evidence: Evidence, *, may_drop: bool) -> tuple[Evidence, list[float]]:
    """Return the times at which a new piece has to begin at the latest."""
    starts: list[float] = []
    times = np.unique(evidence.times())
    first, next_drop = 0, 0
    while (stop := _reach(evidence, times, first)) < len(times):
        if may_drop and stop >= next_drop and _is_lone(evidence, times, first, stop):
            evidence = evidence.without(times[stop])
            times = np.delete(times, stop)
            next_drop = stop + LOOKAHEAD  # several in a row are no accident
            continue
        starts.append(float(times[stop]))
        first = stop
    return evidence, starts


def _reach(evidence: Evidence, times: F64, first: int) -> int:
    """Return the first index at which the piece that starts at ``first`` has no line any more."""
    good, step = first, 1
    while good + step < len(times) and has_line(evidence.between(times[first], times[good + step])):
        good += step
        step *= 2
    bad = min(good + step, len(times))
    if bad == len(times) and has_line(evidence.between(times[first], times[-1])):
        return len(times)
    while bad - good > 1:
        middle = (good + bad) // 2
        if has_line(evidence.between(times[first], times[middle])):
            good = middle
        else:
            bad = middle
    return bad


def _is_lone(evidence: Evidence, times: F64, first: int, stop: int) -> bool:
    """Return whether a line goes on well beyond ``stop`` once the bound there is gone."""
    last = stop + LOOKAHEAD
    if last >= len(times):
        return False
    return has_line(evidence.between(times[first], times[last]).without(times[stop]))
