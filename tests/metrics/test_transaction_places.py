"""``metrics.transaction_places``: where and when the packets of a transaction were seen."""

import numpy as np

from correlate.metrics.stamps import own_stamps
from correlate.metrics.transaction_places import Times, reach_of, times_of
from correlate.model.transactions import UNKNOWN_NS
from tests.metrics.conversation import HANDSHAKE, REQUEST, talk
from tests.metrics.scenes import MS


def times(world, five) -> Times:
    own = own_stamps(world.packets, world.path, world.trajectories)
    return times_of(own, world.trajectories, [np.array([one]) for one in five])


def test_near_and_far_follow_the_request() -> None:
    """A request that runs against the path begins at its last place."""
    world = talk(HANDSHAKE + REQUEST, delays_ms=(5, 2, 0))
    there = times(world, (3, 3, 3, 5, 5))
    assert (there.near.tolist(), there.far.tolist()) == ([0], [2])
    back = times(world, (1, 1, 1, 2, 2))
    assert (back.near.tolist(), back.far.tolist()) == ([2], [0])


def test_a_stamp_of_another_packet_does_not_count() -> None:
    world = talk(HANDSHAKE + REQUEST, delays_ms=(5, 0))
    world.trajectories.is_paired_stamp[5, 0] = False
    found = times(world, (3, 3, 3, 5, 5))
    assert found.near.tolist() == [1]
    assert (found.rtt_ns != UNKNOWN_NS).tolist() == [[False, True]]


def test_nobody_saw_all_of_it() -> None:
    world = talk(HANDSHAKE + REQUEST, delays_ms=(5, 0))
    world.trajectories.rows[3, 0] = -1
    world.trajectories.rows[5, 1] = -1
    assert times(world, (3, 3, 3, 5, 5)).is_told.tolist() == [False]


def test_the_answer_is_measured_at_every_place_that_saw_its_ends() -> None:
    world = talk(HANDSHAKE + REQUEST, delays_ms=(5, 0))
    world.trajectories.rows[6, 1] = -1
    found = times(world, (3, 3, 3, 5, 6))
    assert found.answer_at_ns.tolist() == [[0, UNKNOWN_NS]]
    assert found.rtt_ns.tolist() == [[60 * MS, 50 * MS]]


def test_reach_counts_places_along_the_travel() -> None:
    world = talk(HANDSHAKE, delays_ms=(5, 2, 0))
    world.trajectories.rows[0, 2] = -1
    world.trajectories.rows[1, 0] = -1
    assert reach_of(world.trajectories, np.array([0, 1, 2])).tolist() == [2, 2, 3]
