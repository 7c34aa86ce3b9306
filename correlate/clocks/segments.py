"""Stretches of a clock curve without a step, and how fast the curve may leave its line there.

In: ``Evidence``. Out: ``Segment`` list in order of time.
Method: one line if it fits. Else a slow drift if a curve within 3 ppm of the best line fits (crystals wander). Else,
with few bounds that contradict the line by less than the corridor is wide, the line with every bound relaxed by that
much: noise or a change of rate, nobody can tell. Else cut: between cuts only bounds that surely lie there count.
Extra cuts only widen, missing cuts lie.
Not here: the bounds as a function of time (``envelope.py``).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from correlate.clocks.breaks import Bracket, find_brackets
from correlate.clocks.evidence import MAX_SKEW, Evidence
from correlate.clocks.line import Line, line_at, skew_range, widest_line
from correlate.clocks.shifts import suspect_brackets
from correlate.clocks.slews import corridors, eased
from correlate.model.arrays import F64

WANDER = 1e3
"""Change of skew within a stretch that a line fits, ns per s (1 ppm: temperature of a crystal)."""

DRIFT = 3e3
"""Departure from the best line, ns per s, up to which a misfit is a drift and not a step (3 ppm)."""

TOLD_DRIFT = 200.0
"""Where both floors jump at one time, so little (0.2 ppm) that no line explains is told as a movement."""

IN_FLIGHT = 0.5
"""Packets under way while a clock steps back contradict both sides: breaks closer than this, s, are one."""

FEW = 40
"""With fewer anchors a small misfit is relaxed, not cut."""

BRIEF = 60.0
"""And within this time, s: over longer ones a misfit has room to be a step."""

UNIDENTIFIED = 20e3
LEVEL_SHARE = 0.8
"""Where the skews that fit span more than this (20 ppm) and 0 has nearly as much room as the best, 0 is taken."""

LEANING = 500e3
"""Where every skew that fits is above 500 ppm, which no oscillator is, lines lean into a slew that the corridor hides;
beside it the clock keeps another rate."""

SUPPORTED = 3
"""A piece of fewer bounds may be no more than wrong matches."""

SUPPORTED_ONE_WAY = 12
"""The same for a piece with bounds of one direction only."""

BOUNDS_PER_BREAK = 20
"""More proven breaks than one in so many bounds (and more than two) speak against the matches, not the clock."""

ANCHORS_PER_BREAK, FEWEST_PER_BREAK = 40, 8
"""Where bounds stand for many anchors each: one break in so many anchors, and in so many bounds, is still believed."""

Kind = Literal["line", "drift", "relaxed", "contradictory", "one-way", "bridge"]


class Segment(NamedTuple):
    """A stretch of the clock curve. Its line may be left at ``rate`` at most."""

    evidence: Evidence
    """Bounds that surely lie in it; may hold one side only, or none."""
    line: Line
    rate: float
    """ns per s."""
    skew_lo: float
    skew_hi: float
    first: float
    """Earliest time the stretch may cover (end of the previous stretch's sure part), s."""
    last: float
    kind: Kind

    @property
    def is_supported(self) -> bool:
        """Whether a few wrong matches cannot be all there is to it."""
        return self.evidence.total >= (SUPPORTED if self.evidence.is_two_way else SUPPORTED_ONE_WAY)


class Split(NamedTuple):
    """A curve taken apart."""

    segments: list[Segment]
    is_proven: list[bool]
    """Between any two neighbours: no line fits both; else the cut was made for safety."""
    believed: Evidence


def split(evidence: Evidence, length: float, anchors: int) -> Split:
    """Return the segments of a curve whose ``anchors`` anchors lie in ``[0, length]``; there is at least one bound.

    The outer segments reach a little beyond: as far as the evidence there may still be called fresh.
    """
    fresh = max(1.0, 0.03 * length)
    span = (-fresh, length + fresh)
    if not evidence.is_two_way:
        return Split([_fit(evidence, *span)], [], evidence)
    line = widest_line(evidence)
    if line.room >= 0:
        return _cut(evidence, [], suspect_brackets(evidence, line, *span), span)
    is_small = -2 * line.room <= corridors(evidence).min() and abs(line.skew) < 0.9 * MAX_SKEW
    if anchors < FEW and length < BRIEF and is_small and departure(evidence, line) > DRIFT:
        return Split([_relax(evidence, line, *span)], [], evidence)
    kept, brackets = find_brackets(evidence)
    cuts = _merge([b for i, b in enumerate(brackets) if _departure_about(kept, brackets, i) > DRIFT])
    if _are_mad(kept, cuts, anchors):
        nothing = evidence.between(np.inf, np.inf)
        mad = Segment(nothing, line, MAX_SKEW, -MAX_SKEW, MAX_SKEW, *span, "contradictory")
        return Split([mad], [], nothing)
    cuts = _merge([eased(kept, cuts, i) for i in range(len(cuts))], 0.0)
    return _cut(kept, cuts, _suspects(kept, cuts, span), span)


def _suspects(evidence: Evidence, cuts: list[Bracket], span: tuple[float, float]) -> list[Bracket]:
    """Return suspected steps within the stretches between proven breaks."""
    found = []
    for first, last in zip([span[0], *(b.after for b in cuts)], [*(b.before for b in cuts), span[1]], strict=True):
        part = evidence.between(first, last)
        if part.is_two_way:
            found += suspect_brackets(part, widest_line(part), first, last)
    return found


def departure(evidence: Evidence, line: Line) -> float:
    """Return the least rate, ns per s, at which a curve has to leave ``line`` to keep all bounds."""
    slow, fast = 0.0, 2.0 * MAX_SKEW
    if is_feasible(evidence, line, slow):
        return slow
    if not is_feasible(evidence, line, fast):
        return np.inf
    for _ in range(24):
        middle = (slow + fast) / 2
        if is_feasible(evidence, line, middle):
            fast = middle
        else:
            slow = middle
    return fast


def is_feasible(evidence: Evidence, line: Line, rate: float) -> bool:
    """Return whether the upper cones stay above every lower bound."""
    lower = evidence.lower - line.offset - line.skew * evidence.lower_x
    return bool((lowest_cone(evidence, line, rate, evidence.lower_x) >= lower - 1e-6).all())


def lowest_cone(evidence: Evidence, line: Line, rate: float, at: F64) -> F64:
    """Return ``min(U + rate |x - at|)`` above ``line`` at times ``at``; infinite without upper bounds."""
    if len(evidence.upper) == 0:
        return np.full(len(at), np.inf)
    x = evidence.upper_x
    above = evidence.upper - line.offset - line.skew * x
    before = np.concatenate(([np.inf], np.minimum.accumulate(above - rate * x)))
    after = np.concatenate((np.minimum.accumulate((above + rate * x)[::-1])[::-1], [np.inf]))
    left = np.searchsorted(x, at, side="right")
    return np.minimum(before[left] + rate * at, after[left] - rate * at)


def mirrored(segment: Segment) -> Segment:
    """Return the segment of the negated curve: its upper bounds are the lower ones here."""
    e, line = segment.evidence, segment.line
    evidence = Evidence(e.lower_x, -e.lower, e.upper_x, -e.upper)
    return segment._replace(evidence=evidence, line=line._replace(offset=-line.offset, skew=-line.skew))


def _departure_about(evidence: Evidence, brackets: list[Bracket], index: int) -> float:
    """Return how fast a curve through the pieces on both sides of a bracket departs from one line, ns per s."""
    first = brackets[index - 1].after if index else -np.inf
    last = brackets[index + 1].before if index + 1 < len(brackets) else np.inf
    both = evidence.between(first, max(last, brackets[index].after))
    return departure(both, widest_line(both)) if both.is_two_way else np.inf


def _merge(brackets: list[Bracket], apart: float = IN_FLIGHT) -> list[Bracket]:
    """Return brackets without those that begin less than ``apart``, s, behind the one before.

    Packets of the one before may still be under way.
    """
    merged: list[Bracket] = []
    for bracket in brackets:
        if merged and bracket.before - merged[-1].after < apart:
            merged[-1] = Bracket(merged[-1].before, max(merged[-1].after, bracket.after))
        else:
            merged.append(bracket)
    return merged


def _are_mad(evidence: Evidence, cuts: list[Bracket], anchors: int) -> bool:
    """Return whether there are more breaks than any clock makes: the matches are wrong.

    Each bound of a large capture stands for several anchors, so it takes fewer bounds to believe a break.
    """
    many = min(anchors // ANCHORS_PER_BREAK, evidence.total // FEWEST_PER_BREAK)
    most = max(2, evidence.total // BOUNDS_PER_BREAK, many)
    return len(cuts) > most


def _cut(evidence: Evidence, proven: list[Bracket], suspected: list[Bracket], span: tuple[float, float]) -> Split:
    """Return one segment between any two cuts."""
    times = evidence.times()
    cuts = sorted([*proven, *suspected])
    segments = []
    for left, right in zip([None, *cuts], [*cuts, None], strict=True):
        sure_first = left.after if left else span[0]
        sure_last = right.before if right else span[1]
        if sure_last < sure_first and right:  # brackets overlap: nothing is sure, take what the left pass took
            sure_last = float(times[np.searchsorted(times, right.after) - 1])
        first, last = (left.before if left else span[0]), (right.after if right else span[1])
        segments.append(_fit(evidence.between(sure_first, sure_last), first, last))
    is_proven = [cut in proven or _departure_about(evidence, cuts, i) > TOLD_DRIFT for i, cut in enumerate(cuts)]
    return Split(_distrust(segments), is_proven, evidence)


def _distrust(segments: list[Segment]) -> list[Segment]:
    """Let the neighbours of a segment that hangs on a few bounds reach over it: those may be wrong matches."""
    trusted = list(segments)
    for i, weak in enumerate(segments):
        if weak.is_supported:
            continue
        if i > 0:
            trusted[i - 1] = trusted[i - 1]._replace(last=max(trusted[i - 1].last, weak.last))
        if i + 1 < len(segments):
            trusted[i + 1] = trusted[i + 1]._replace(first=min(trusted[i + 1].first, weak.first))
    return trusted


def _fit(evidence: Evidence, first: float, last: float) -> Segment:
    """Return the segment whose line has most room, with the rate that its kind asks for."""
    if not evidence.is_two_way:
        return Segment(evidence, _one_way_line(evidence), MAX_SKEW, -MAX_SKEW, MAX_SKEW, first, last, "one-way")
    line = widest_line(evidence)
    if line.room < 0:
        rate = min(1.5 * departure(evidence, line) + 1e3, 2 * MAX_SKEW)
        return Segment(evidence, line, rate, line.skew - rate, line.skew + rate, first, last, "drift")
    lo, hi = skew_range(evidence, line)
    level = line_at(evidence, 0.0)
    if lo <= 0 <= hi and hi - lo > UNIDENTIFIED and level.room > LEVEL_SHARE * line.room:
        line = level
    rate = max(hi - line.skew, line.skew - lo) + WANDER
    if max(lo, -hi) > LEANING:
        rate = max(rate, 2 * MAX_SKEW)
    return Segment(evidence, line, rate, lo, hi, first, last, "line")


def _one_way_line(evidence: Evidence) -> Line:
    """Return the level of the tightest bound; there is nothing to be in the middle of."""
    level = float(evidence.upper.min()) if len(evidence.upper) else 0.0
    level = float(evidence.lower.max()) if len(evidence.lower) else level
    return Line(level, 0.0, np.inf)


def _relax(evidence: Evidence, line: Line, first: float, last: float) -> Segment:
    """Return a segment that holds under noise in the stamps as well as under a change of rate."""
    room = -line.room
    relaxed = evidence._replace(upper=evidence.upper + room, lower=evidence.lower - room)
    return Segment(relaxed, line, MAX_SKEW + abs(line.skew), -MAX_SKEW, MAX_SKEW, first, last, "relaxed")
