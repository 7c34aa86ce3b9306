"""Directions of flows without votes of their own."""

from __future__ import annotations

import numpy as np

from correlate.paths.directions import by_addresses, by_stamps
from tests.trajectories.build import Seen, build


def test_a_flow_follows_the_sides_of_its_addresses() -> None:
    """Host 1 initiates a known forward flow, so a flow from 2 to 1 runs in reverse; strangers stay unknown."""
    seen = [Seen(at=(0, 1), flow=0), Seen(at=(2, None), flow=1), Seen(at=(None, 3), flow=2)]
    world = build(seen, 2, hosts={0: (1, 2), 1: (2, 1), 2: (8, 9)})
    lone = np.zeros(3, np.bool_)
    found = by_addresses(np.array([1, 0, 0], np.int8), lone, world.packets, world.flows, world.joined, (0, 1))
    assert found.tolist() == [1, -1, 0]


def test_a_flow_of_one_round_trip_is_outvoted_by_the_other_flows_of_its_host() -> None:
    """A clock that steps between a question and its answer turns that round trip inside out."""
    seen = [Seen(at=(at, at + 1), flow=at) for at in range(3)]
    world = build(seen, 2, hosts={0: (1, 2), 1: (1, 3), 2: (1, 4)})
    signs, lone = np.array([1, 1, -1], np.int8), np.array([False, True, True])
    found = by_addresses(signs, lone, world.packets, world.flows, world.joined, (0, 1))
    assert found.tolist() == [1, 1, 1]
    assert by_addresses(signs, ~lone, world.packets, world.flows, world.joined, (0, 1)).tolist() == [1, 1, -1]


def test_a_one_way_flow_resembles_the_stamps_of_its_direction() -> None:
    """Forward z = theta + d and reverse z = theta - d' differ by the two-way transit (algorithms section 1)."""
    seen = [Seen(at=(0, 5)), Seen(at=(30, 20), out=False)]
    seen += [Seen(at=(12, 17), flow=1), Seen(at=(29, 19), flow=2), Seen(at=(15, 12.5), flow=3)]
    world = build(seen, 2, offsets_ns=[0, -(10**12)])
    found = by_stamps(np.array([1, 0, 0, 0], np.int8), world.packets, world.match, (0, 1))
    assert found.tolist() == [1, 1, -1, 0]


def test_stamps_say_nothing_without_both_directions() -> None:
    """With one known direction there is no corridor to compare with."""
    world = build([Seen(at=(0, 5)), Seen(at=(9, 4), flow=1)], 2)
    assert by_stamps(np.array([1, 0], np.int8), world.packets, world.match, (0, 1)).tolist() == [1, 0]
