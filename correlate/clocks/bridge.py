"""What is known inside a bracket, where a clock stepped, slewed, or did both more than once.

In: neighbouring ``Segment`` pairs and the thinned evidence. Out: a ``Segment`` per bracket.
Method: the neighbours' curves say what held before and after, not what held in between; that is left to the bounds made
there, guarded like any others (``guard.py``) and with no line to lean on.
Not here: the union with the neighbours (``envelope.py``).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from correlate.clocks.evidence import MAX_SKEW, Evidence
from correlate.clocks.guard import LONG
from correlate.clocks.line import Line
from correlate.clocks.segments import Segment

BEYOND = 8
"""Bounds on either side of a bracket that the bridge covers too: a slew that begins there still fits the line."""


def bridges(segments: list[Segment], evidence: Evidence) -> list[Segment]:
    """Return one segment per bracket between two neighbours that hold bounds."""
    return [_bridge(old, new, evidence) for old, new in pairwise(segments) if new.first < old.last]


def _bridge(old: Segment, new: Segment, evidence: Evidence) -> Segment:
    times = evidence.times()
    first, last = int(np.searchsorted(times, new.first)), int(np.searchsorted(times, old.last, side="right")) - 1
    near = evidence.between(times[max(0, first - LONG)], times[min(len(times) - 1, last + LONG)])
    reach = float(times[max(0, first - BEYOND)]), float(times[min(len(times) - 1, last + BEYOND)])
    level = Line((old.line.offset + new.line.offset) / 2, 0.0, 0.0)
    span = min(new.first, reach[0]), max(old.last, reach[1])
    return Segment(near, level, MAX_SKEW, -MAX_SKEW, MAX_SKEW, *span, "bridge")
