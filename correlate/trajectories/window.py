"""Whether the other capture was running when the packet was there.

**In:** packets and a step that does not hold them. **Out:** one ``Window`` value per packet.

**Method:** the packet is at the absent vantage between its time where it was seen and that time plus (downstream) or
minus (upstream) the longest transit observed on the path; compared with the first and last frame there, everything by
clock bounds. What a capture did before its first frame is unknown, so *outside* says nothing about the network.

**Not here:** the bounds (``clocks``).
"""

from __future__ import annotations

import enum

import numpy as np

from correlate.model.arrays import I8, I64, Bool
from correlate.model.clocks import UNBOUNDED
from correlate.trajectories.scene import Scene, Travel

LONGEST_TRANSIT_NS = 10_000_000_000
"""Cap on the transit believed possible: longer ones come from wrong pairs."""

LEAST_TRANSIT_NS = 1_000_000
"""Allowance where no transit was observed at all."""


class Window(enum.IntEnum):
    """Where a moment lies against a capture's frames."""

    INSIDE = 0
    OUTSIDE = 1
    EDGE = 2
    """Inside or outside, depending on the clock and the transit."""
    UNALIGNED = 3
    """Nothing bounds one of the clocks."""


def longest_transit(travel: Travel) -> int:
    """Return the longest time, ns, that a packet needed between its first and last sighting, within sane limits."""
    return min(max(travel.took_ns, LEAST_TRANSIT_NS), LONGEST_TRANSIT_NS)


def locate(scene: Scene, travel: Travel, index: I64, step: int, transit_ns: int) -> I8:
    """Return the ``Window`` of each packet of ``travel`` at ``step``, judged from its sighting nearest to it."""
    if len(index) == 0:
        return np.zeros(0, np.int8)
    places = np.array(travel.places, np.int64)
    is_before = travel.last[index] < step
    seen = places[np.where(is_before, travel.last[index], travel.first[index])]
    lo, hi = scene.table.lo_ns[travel.packets[index], seen], scene.table.hi_ns[travel.packets[index], seen]
    coverage = scene.places[travel.places[step]].coverage
    is_bounded = (lo > -UNBOUNDED) & (hi < UNBOUNDED) & coverage.is_aligned
    earliest = np.where(is_bounded, lo - np.where(is_before, 0, transit_ns), 0)
    latest = np.where(is_bounded, hi + np.where(is_before, transit_ns, 0), 0)
    is_inside = (earliest >= coverage.surely_from) & (latest <= coverage.surely_to)
    is_outside = (latest < coverage.possibly_from) | (earliest > coverage.possibly_to)
    for start, stop in coverage.gaps.tolist():
        is_inside &= (latest < start) | (earliest > stop)
    return np.select(
        [~is_bounded, is_inside, is_outside], [Window.UNALIGNED, Window.INSIDE, Window.OUTSIDE], Window.EDGE
    ).astype(np.int8)


def is_sandwiched(scene: Scene, travel: Travel, index: I64, step: int) -> Bool:
    """Tell which packets passed a vantage that saw one recorded before them and one recorded after them.

    Before and after by the record times of one vantage that holds all three, so no clock is compared: the capture at
    ``step`` ran meanwhile. By record order too: a clock that was set back shows times again.
    """
    time, rows = scene.table.time_ns, scene.table.rows
    found = np.zeros(len(index), np.bool_)
    if len(index) == 0:
        return found
    for other, place in enumerate(travel.places):
        both = travel.packets[travel.held[:, step] & travel.held[:, other]] if other != step else travel.packets[:0]
        if len(both) < 2:
            continue
        between = travel.held[index, other].copy()
        for order in (time, rows):
            here, seen = order[travel.packets[index], place], order[both, place]
            between &= (here > seen.min()) & (here < seen.max())
        found |= between
    return found
