"""The same bounds over the other clock.

In: ``Segment`` over the up clock. Out: ``Samples`` over the down clock, of the same offset.
Method: where a reading of the up clock lies on the down clock is known as well as the offset itself. Where it is known
on one side only, or inside a bracket, bounds are put at the stamps that the down clock gave their packets: a bound
holds from the moment its packet was sent until it arrived. Where the down clock stepped back, one reading stands for
two moments, so all that holds in the bracket holds at once. Set back, it shows after its last bound what it had shown
before, and before its first one what it shows again: first and last piece reach as far as any.
Not here: segments (``segments.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.clocks.envelope import Samples, trace
from correlate.clocks.evidence import MAX_SKEW, Evidence
from correlate.clocks.guard import FAR
from correlate.clocks.segments import Segment
from correlate.model.arrays import F64

STEEPEST = 2e-3
"""Change of the offset per change of time that a segment with a line allows (1000 ppm skew, 1000 ppm about it)."""

VAGUE = 1e9
"""Of an offset known no better than this, ns, it is not said how it changes with time."""

OVERTAKING = 0.02
"""Packets that overtake one another may make stamps fall back by this, s."""


def trace_all_down(segments: list[Segment], inside: list[Segment]) -> list[Samples]:
    """Return the bounds over the down clock of all segments in order, and of those ``inside`` brackets."""
    parts = [trace_down(segment) for segment in segments]
    begin, end = min(part.at[0] for part in parts), max(part.at[-1] for part in parts)
    parts[0], parts[-1] = _reaching(parts[0], begin, parts[0].at[-1]), _reaching(parts[-1], parts[-1].at[0], end)
    return [*map(trace_down, inside), *parts]


def _reaching(part: Samples, begin: float, end: float) -> Samples:
    """Return samples that reach to both times at least, widening beyond their ends as far as skews do."""
    early, late = max(0.0, part.at[0] - begin), max(0.0, end - part.at[-1])
    before, after = (np.array([reach > 0]) for reach in (early, late))
    ends = [(before, 0, begin, early), (after, -1, end, late)]
    added = [
        Samples(
            np.full(1, at)[has],
            part.lo[[i]][has] - MAX_SKEW * reach,
            part.hi[[i]][has] + MAX_SKEW * reach,
            part.estimate[[i]][has],
            has[has],
        )
        for has, i, at, reach in ends
    ]
    return Samples(*(np.concatenate(columns) for columns in zip(added[0], part, added[1], strict=True)))


def trace_down(segment: Segment) -> Samples:
    """Return the bounds of one segment over the down clock."""
    part = trace(segment)
    if segment.kind in ("one-way", "bridge"):
        return _all_at_once(part) if _steps_back(segment.evidence) else trace(_moved(segment))
    is_known = (part.hi < FAR / 2) & (part.lo > -FAR / 2)
    is_vague = np.any(is_known & (part.hi - part.lo > VAGUE))
    return _all_at_once(part) if is_vague else _shifted(part)


def _shifted(part: Samples) -> Samples:
    """Return the samples at their readings of the down clock.

    The ends reach further by the width there, and all bounds give way by what the curve can change within the width.
    """
    width = np.where((part.hi < FAR / 2) & (part.lo > -FAR / 2), part.hi - part.lo, 0.0)
    at = part.at + part.estimate / 1e9
    lo, hi = part.lo - STEEPEST * width, part.hi + STEEPEST * width
    reach = width[[0, -1]] / 1e9
    return Samples(
        np.concatenate(([at[0] - reach[0]], at, [at[-1] + reach[1]])),
        np.concatenate((lo[:1], lo, lo[-1:])),
        np.concatenate((hi[:1], hi, hi[-1:])),
        np.concatenate((part.estimate[:1], part.estimate, part.estimate[-1:])),
        np.concatenate(([True], np.zeros(len(at), np.bool_), [True])),
    )


def _moved(segment: Segment) -> Segment:
    """Return a segment with its bounds at the readings of the down clock."""
    e = segment.evidence
    upper_x, upper = _sorted(e.upper_x + e.upper / 1e9, e.upper)
    lower_x, lower = _sorted(e.lower_x + e.lower / 1e9, e.lower)
    known = np.concatenate((e.upper, e.lower, [segment.line.offset]))
    first, last = segment.first + known.min() / 1e9, segment.last + known.max() / 1e9
    return segment._replace(evidence=Evidence(upper_x, upper, lower_x, lower), first=first, last=last)


def _sorted(x: F64, bound: F64) -> tuple[F64, F64]:
    order = np.argsort(x, kind="stable")
    return x[order], bound[order]


def _steps_back(evidence: Evidence) -> bool:
    """Return whether the down clock's stamps fall back, in order of the up clock, as packets that overtake cannot do.

    By however little: a clock set back by 2 s during a pause of 2 s shows hardly a time twice, but its offset falls.
    """
    sides = ((evidence.upper_x, evidence.upper), (evidence.lower_x, evidence.lower))
    return any(
        bool(((np.diff(x + bound / 1e9) < 0) & (np.diff(bound) < -OVERTAKING * 1e9)).any()) for x, bound in sides
    )


def _all_at_once(part: Samples) -> Samples:
    """Return the hull of all samples over all readings that they may stand for."""
    lo, hi = float(part.lo.min()), float(part.hi.max())
    ends = np.array([part.at[0] + max(lo, -FAR / 1e3) / 1e9, part.at[-1] + min(hi, FAR / 1e3) / 1e9])
    middle = float(np.median(part.estimate))
    return Samples(ends, np.full(2, lo), np.full(2, hi), np.full(2, middle), np.ones(2, np.bool_))
