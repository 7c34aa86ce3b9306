"""Brackets made as short as all anchors allow.

In: segments found on thinned bounds, and all bounds. Out: the same segments with shorter brackets between them.
Method: inside a bracket every bound that the new line forbids was made before the step, and every one that the old
line forbids after it. One of each kind may be a wrong match, and a few of very many: so the second counts, or one
further in. Bounds that both lines forbid tell of more than one break: such a bracket stays as it is.
Not here: finding breaks.
"""

from __future__ import annotations

import numpy as np

from correlate.clocks.evidence import Evidence
from correlate.clocks.segments import Segment, lowest_cone, mirrored
from correlate.model.arrays import F64

STRAY_SHARE = 0.003
"""Share of wrong matches among a bracket's bounds, at most."""


def sharpen(segments: list[Segment], everything: Evidence) -> list[Segment]:
    """Return the segments with the overlap of each pair of neighbours shortened."""
    sharp = list(segments)
    for i in range(1, len(sharp)):
        old, new = sharp[i - 1], sharp[i]
        if not (old.evidence.is_two_way and new.evidence.is_two_way and old.is_supported and new.is_supported):
            continue
        inside = everything.between(np.nextafter(new.first, np.inf), np.nextafter(old.last, -np.inf))
        before, after = _forbidden(inside, new), _forbidden(inside, old)
        stray = 1 + round(STRAY_SHARE * inside.total)
        if len(np.intersect1d(before, after)) > stray:
            continue
        first = before[-1 - stray] if len(before) > stray else new.first
        last = after[stray] if len(after) > stray else old.last
        if first < last:
            sharp[i - 1], sharp[i] = old._replace(last=float(last)), new._replace(first=float(first))
    return sharp


def _forbidden(evidence: Evidence, segment: Segment) -> F64:
    """Return when bounds were made that contradict all offsets of a segment, ascending."""
    against_lower = _above(evidence.lower_x, evidence.lower, segment)
    negated = Evidence(evidence.lower_x, -evidence.lower, evidence.upper_x, -evidence.upper)
    against_upper = _above(negated.lower_x, negated.lower, mirrored(segment))
    return np.sort(np.concatenate((against_lower, against_upper)))


def _above(x: F64, lower: F64, segment: Segment) -> F64:
    """Return the times of lower bounds above everything the segment allows there."""
    line = segment.line.offset + segment.line.skew * x
    return x[lower > line + lowest_cone(segment.evidence, segment.line, segment.rate, x)]
