"""What a hop's clock rests on: the bounds that its fit believes.

In: made by ``clocks`` for every hop. Out: used where hops are solved together, and for plots of residuals.
Method: a packet seen at both vantages bounds ``offset = down clock - up clock`` from one side (algorithms section 1).
What is kept here is thinned and free of matches that the fit found wrong.
Not here: the bounds over time (``OffsetCurve`` in ``clocks.py``).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import F64, I8, I32, I64, frozen

SegmentKind = Literal["line", "drift", "relaxed", "contradictory", "one-way", "bridge"]
"""``bridge``: what fills a bracket while bounds are worked out; never among ``HopEvidence.segments``."""
BreakKind = Literal["step", "moved", "suspected"]


class BoundTable(NamedTuple):
    """One row per packet that the fit believes, ascending in ``up_ns``."""

    up_ns: I64
    """When the packet passed the hop's first vantage, on its own clock."""
    down_ns: I64
    """When it passed the second, on its own clock."""
    direction: I8
    """1: ``offset <= bound_ns``; -1: ``offset >= bound_ns``."""
    bound_ns: I64
    """``down_ns - up_ns``, moved outwards by a tick (``HopEvidence.ticks_ns``) and by what a segment gives way."""
    segment: I32
    """Index into ``HopEvidence.segments`` of the one that the row surely lies in."""


@attrs.frozen(kw_only=True)
class ClockSegment:
    """A stretch of the up clock without a known break. Neighbours overlap where the break between them may lie."""

    from_ns: int
    to_ns: int
    skew_ppb: int
    """Of its best line."""
    rate_ppb: int
    """Within the segment the offset moves by ``skew_ppb`` plus or minus this per second, at most."""
    kind: SegmentKind


@attrs.frozen(kw_only=True)
class ClockBreak:
    """What lies between two neighbouring segments, somewhere in ``from_ns .. to_ns`` on the up clock."""

    from_ns: int
    to_ns: int
    delta_ns: int
    """New minus old offset, estimated."""
    kind: BreakKind
    """``step``: proven, too fast for any slew; ``moved``: proven, perhaps a slew; ``suspected``: cut for safety."""


@attrs.frozen(kw_only=True)
class HopEvidence:
    """Everything that ties one clock to its neighbour."""

    ticks_ns: tuple[int, int]
    """Stamp quanta of the up and the down clock; ``bounds.bound_ns`` is relaxed upwards by the second, downwards by
    the first, since stamps are cut and not rounded up."""
    bounds: BoundTable
    segments: tuple[ClockSegment, ...]
    """In order of time; empty when no packet was seen at both ends."""
    breaks: tuple[ClockBreak, ...]
    """Between segment i and i + 1; rows of ``bounds`` never lie inside one."""


class Residuals(NamedTuple):
    """What is left of the bounds when the estimate is taken away: a plot of how good a clock is known."""

    up_ns: I64
    residual_ns: F64
    """Apparent delay, tick included: above 0 for forward packets, below 0 for reverse ones, unless the fit gave way."""
    direction: I8
    """1 forward, -1 reverse."""


NO_BOUNDS = BoundTable(*(frozen(np.zeros(0, kind)) for kind in (np.int64, np.int64, np.int8, np.int64, np.int32)))
NO_EVIDENCE = HopEvidence(ticks_ns=(1, 1), bounds=NO_BOUNDS, segments=(), breaks=())
