"""What happened between two segments, in figures and words.

In: neighbouring ``Segment`` pairs and their bounds. Out: a ``Jump`` per pair.
Method: where no line fits both neighbours the clock moved, if the matches are right. It stepped if no slew is fast
enough for the least movement that the bounds allow within the time in question; else it may have been either. How sure
that is depends on how many bounds would have to be wrong matches.
Not here: finding the cuts (``segments.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.clocks.envelope import Samples
from correlate.clocks.evidence import Evidence
from correlate.clocks.line import Line
from correlate.clocks.segments import Segment, lowest_cone
from correlate.model.bounds import BreakKind
from correlate.model.clocks import Grade

FASTEST_SLEW = 1e8
"""Faster changes are steps, ns per s (100,000 ppm; chrony slews at 83,333 at most)."""

PROVEN_SUPPORT = 12
LIKELY_SUPPORT = 4
"""Bounds on either side of a step: so many at least, seen in both directions, are not all wrong matches."""

SILENT = 0.9
"""A bracket of which this share, in one piece, holds no packet is a silence."""


class Jump(NamedTuple):
    """What happens between two segments."""

    at: float
    """Middle of the bracket, s."""
    length: float
    """Of the bracket, s."""
    delta: float
    """New minus old offset, ns."""
    least: float
    """Size of the movement that the bounds prove, ns; 0 if they prove none."""
    support: int
    """Bounds in the piece that has fewer; 0 if one of them is one-way."""
    is_proven: bool
    """No line fits both pieces, or their bounds are disjoint."""
    is_silent: bool
    """No packet was seen in the bracket."""
    is_sudden: bool
    """No slew does what the bounds of either side say."""

    @property
    def kind(self) -> BreakKind:
        """What is sure about it, if the matches are right."""
        if not self.is_proven:
            return "suspected"
        return "step" if self.is_sudden and self.least > FASTEST_SLEW * self.length else "moved"

    @property
    def grade(self) -> Grade:
        """How sure it is that no wrong matches only look like it."""
        if self.support < LIKELY_SUPPORT:
            return "inconclusive"
        return "proven" if self.support >= PROVEN_SUPPORT else "likely"

    @property
    def words(self) -> str:
        """The movement as a note."""
        when = f"during a silence of {self.length:.1f} s" if self.is_silent else f"within {self.length:.1f} s"
        return f"the clock moved by {self.delta / 1e6:.3f} ms {when}"


def find_jumps(
    segments: list[Segment], parts: list[Samples], is_proven: list[bool], everything: Evidence
) -> list[Jump]:
    """Return what lies between any two neighbouring segments.

    Parameters
    ----------
    segments
        In order of time.
    parts
        Their bounds.
    is_proven
        Per pair of neighbours: no line fits both.
    everything
        All bounds, also those that thinning left out.
    """
    jumps = []
    for i in range(1, len(segments)):
        old, new = segments[i - 1], segments[i]
        at = (new.first + old.last) / 2
        before, after = interval(parts[i - 1], at), interval(parts[i], at)
        least = max(0.0, after[1] - before[2], before[1] - after[2])
        is_two_way = old.evidence.is_two_way and new.evidence.is_two_way
        support = min(old.evidence.total, new.evidence.total) if is_two_way else 0
        delta = after[0] - before[0] if is_two_way else _one_sided(old, new)
        length = old.last - new.first
        gaps = np.diff(everything.between(new.first, old.last).times())
        is_silent = bool(gaps.max(initial=0.0) >= SILENT * length)
        if is_proven[i - 1] and not is_two_way:
            least = abs(delta) / 2
        is_sudden = not is_two_way or _outrun(everything, old, new, least, support)
        is_sure = is_proven[i - 1] or least > 0
        jumps.append(Jump(at, length, delta, least, support, is_sure, is_silent, is_sudden))
    return jumps


def _outrun(everything: Evidence, old: Segment, new: Segment, least: float, support: int) -> bool:
    """Return whether bounds about a bracket contradict every slew, also one that began before it and went on after it.

    A corridor hides the ends of a slew, so two lines may fail within a moment in the midst of it. One bound of each
    side may be a wrong match.
    """
    reach = least / FASTEST_SLEW
    near = everything.between(new.first - reach, old.last + reach)
    level = Line(0.0, 0.0, np.inf)
    negated = Evidence(near.lower_x, -near.lower, near.upper_x, -near.upper)
    against = [
        np.count_nonzero(lowest_cone(side, level, FASTEST_SLEW, side.lower_x) < side.lower) for side in (near, negated)
    ]
    return bool(min(against) >= (2 if support >= PROVEN_SUPPORT else 1))


def interval(part: Samples, at: float) -> tuple[float, float, float]:
    """Return estimate, lo and hi of one segment."""
    estimate, lo, hi = (float(np.interp(at, part.at, y)) for y in (part.estimate, part.lo, part.hi))
    return estimate, lo, hi


def _one_sided(old: Segment, new: Segment) -> float:
    """Return the change of the one floor that both pieces have, or of whatever they have."""
    a, b = old.evidence, new.evidence
    if len(a.upper) and len(b.upper):
        return float(b.upper.min() - a.upper.min())
    if len(a.lower) and len(b.lower):
        return float(b.lower.max() - a.lower.max())
    levels = [np.concatenate((e.upper, e.lower)) for e in (a, b)]
    return float(np.median(levels[1]) - np.median(levels[0])) if len(levels[0]) and len(levels[1]) else 0.0
