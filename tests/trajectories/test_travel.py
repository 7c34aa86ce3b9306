"""One direction, step by step."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given, settings

from correlate.trajectories.scene import Travel
from correlate.trajectories.travel import view_by_column, view_travel
from tests.trajectories.build import Seen, World, build
from tests.trajectories.random_worlds import random_worlds, scene_of


def _many(scene, direction: int) -> Travel:
    with patch("correlate.trajectories.travel.is_worth_a_kernel", return_value=True):
        return view_travel(scene, direction)


def assert_same(found: Travel, expected: Travel) -> None:
    """Every value and every dtype."""
    for name in ("packets", "rows", "held", "first", "last", "flow"):
        mine, theirs = getattr(found, name), getattr(expected, name)
        assert (name, mine.dtype, mine.tolist()) == (name, theirs.dtype, theirs.tolist())
    for name, mine, theirs in zip(found.of_flows._fields, found.of_flows, expected.of_flows, strict=True):
        assert (name, mine.dtype, mine.tolist()) == (name, theirs.dtype, theirs.tolist())
    assert (found.took_ns, found.places) == (expected.took_ns, expected.places)


@given(random_worlds)
@settings(max_examples=60, deadline=None)
def test_many_packets_are_viewed_as_few_are(world: World) -> None:
    """Kernel = columns: missed packets, equal stamps, doubtful pairs, one place only."""
    scene = scene_of(world)
    for direction in (1, -1):
        assert_same(_many(scene, direction), view_by_column(scene, direction))


def test_a_direction_without_packets_is_empty() -> None:
    scene = scene_of(build([Seen(at=(0, 1))], 2))
    assert_same(_many(scene, -1), view_by_column(scene, -1))
    assert len(_many(scene, -1).packets) == 0


def test_flows_are_summed_up_per_step() -> None:
    """How many packets, how many of them straight from their host, under which tuple, which cross."""
    seen = [Seen(at=(0, 1), ttl=(64, 63)), Seen(at=(2, None), ttl=(64, 0)), Seen(at=(4, 5), flow=1, ttl=(60, 59))]
    travel = view_travel(scene_of(build(seen, 2)), 1)
    sums = travel.of_flows
    assert travel.held_in_flow.tolist() == [[2, 1], [1, 1]]
    assert sums.fresh.tolist() == [[2, 0], [0, 0]]
    assert sums.tuple_id[0].tolist() != sums.tuple_id[1].tolist()
    assert sums.is_one_tuple.all()
    assert (sums.crossed[:, 0].tolist(), sums.last_row[:, 0].tolist()) == ([1, 1], [1, 2])
    assert (sums.last_crossing[:, 0].tolist(), sums.largest.tolist()) == ([0, 2], [[40, 0], [40, 0]])


def test_columns_of_steps_lie_together() -> None:
    """Kernels take one step's column as it lies."""
    travel = view_travel(scene_of(build([Seen(at=(0, 1, 2))] * 3, 3)), 1)
    assert all(column[:, 1].flags.c_contiguous for column in (travel.rows, travel.held, *travel.of_flows))
    assert travel.rows.dtype == np.int32
