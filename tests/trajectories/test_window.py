"""Whether the other capture was running."""

from __future__ import annotations

import attrs
import numpy as np

from correlate.trajectories.travel import view_travel
from correlate.trajectories.window import LEAST_TRANSIT_NS, Window, locate, longest_transit
from tests.trajectories.build import Seen, build, make_clocks
from tests.trajectories.test_scene import _scene


def _windows(world) -> list[int]:
    scene = _scene(world)
    travel = view_travel(scene, 1)
    index = np.flatnonzero(travel.last == 0)
    return locate(scene, travel, index, 1, longest_transit(travel)).tolist()


SEEN = [Seen(at=(t, None)) for t in (0, 99.9, 150, 202.05, 300)] + [Seen(at=(110, 112)), Seen(at=(190, 192))]


def test_inside_outside_and_the_edges() -> None:
    """Arrival lies between the time seen and that plus the longest transit, by clock bounds (algorithms rule 1)."""
    found = _windows(build(SEEN, 2, window_ms={1: (100, 202)}))
    assert found == [Window.OUTSIDE, Window.EDGE, Window.INSIDE, Window.EDGE, Window.OUTSIDE]


def test_without_a_clock_nothing_is_outside() -> None:
    """Unknown is not outside."""
    world = attrs.evolve(build(SEEN, 2), clocks=make_clocks([0, 0], (0, 1), None))
    assert set(_windows(world)) == {Window.UNALIGNED}


def test_the_longest_transit_ignores_ambiguous_pairs_and_has_a_floor() -> None:
    """A wrong pair must not stretch the window."""
    scene = _scene(build([Seen(at=(0, 0.1)), Seen(at=(1, 9000), ambiguous=True)], 2))
    assert longest_transit(view_travel(scene, 1)) == LEAST_TRANSIT_NS
