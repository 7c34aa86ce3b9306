"""The evidence of a fit, put down for others.

In: ``Segment`` list of a fit. Out: ``HopEvidence``: the same in int64 ns on the captures' own clocks.
Method: thinned bounds of the segments, wrong matches gone. Those inside a bracket, which may lie before or after the
break, are left out: dropping evidence is always safe.
Not here: any judgement; that is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from correlate.clocks.evidence import Origin
from correlate.clocks.segments import Segment
from correlate.model.arrays import I64, frozen
from correlate.model.bounds import BoundTable, BreakKind, ClockBreak, ClockSegment, HopEvidence
from correlate.model.ordering import stable_order


def keep_evidence(
    segments: Sequence[Segment], breaks: Sequence[tuple[float, BreakKind]], origin: Origin, ticks_ns: tuple[int, int]
) -> HopEvidence:
    """Return what a fit rests on.

    Parameters
    ----------
    segments
        Of the fit, in order; their evidence is relaxed as the fit relaxed it.
    breaks
        Change of the offset, ns, and kind of what lies between any two neighbours.
    origin
        What all figures are relative to.
    ticks_ns
        Stamp quanta of the up and the down clock, by which the evidence was relaxed.
    """
    return HopEvidence(
        ticks_ns=ticks_ns,
        bounds=_bounds(segments, origin, ticks_ns),
        segments=tuple(_segment(s, origin) for s in segments),
        breaks=tuple(
            ClockBreak(
                from_ns=_instant(new.first, origin), to_ns=_instant(old.last, origin), delta_ns=round(delta), kind=kind
            )
            for (old, new), (delta, kind) in zip(pairwise(segments), breaks, strict=True)
        ),
    )


def _bounds(segments: Sequence[Segment], origin: Origin, ticks_ns: tuple[int, int]) -> BoundTable:
    """Return the bounds of all segments in order of time; x and ns are whole numbers in float64, so nothing is lost."""
    columns: list[tuple[I64, I64, I64, I64, I64]] = []
    for index, segment in enumerate(segments):
        relaxed = round(-segment.line.room) if segment.kind == "relaxed" else 0
        e = segment.evidence
        for sign, x, bound, tick_ns in ((1, e.upper_x, e.upper, ticks_ns[1]), (-1, e.lower_x, e.lower, ticks_ns[0])):
            slack = tick_ns + relaxed
            up = origin.at_ns + np.rint(x * 1e9).astype(np.int64)
            offset = origin.base_ns + np.rint(bound).astype(np.int64)
            here = np.full(len(up), sign), np.full(len(up), index)
            columns.append((up, up + offset - sign * slack, here[0], offset, here[1]))
    up_ns, down_ns, direction, bound_ns, part = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    order = stable_order(up_ns)
    return BoundTable(
        up_ns=frozen(up_ns[order]),
        down_ns=frozen(down_ns[order]),
        direction=frozen(direction[order], np.int8),
        bound_ns=frozen(bound_ns[order]),
        segment=frozen(part[order], np.int32),
    )


def _segment(segment: Segment, origin: Origin) -> ClockSegment:
    return ClockSegment(
        from_ns=_instant(segment.first, origin),
        to_ns=_instant(segment.last, origin),
        skew_ppb=round(segment.line.skew),
        rate_ppb=round(segment.rate) + 1,
        kind=segment.kind,
    )


def _instant(x: float, origin: Origin) -> int:
    return origin.at_ns + round(x * 1e9)
