"""Votes of single flows."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.model.matches import RelayedColumns
from correlate.paths.votes import find_lone, shared_packets, tick_of, vote
from tests.trajectories.build import MS, Seen, build

HOURS = 3 * 3600 * 1000 * MS


def _world(**changes: object):
    seen = [Seen(at=(0.000001, 1.000003)), Seen(at=(12, 11), out=False), Seen(at=(20, 21))]
    return build(seen, 2, **changes)


@pytest.mark.parametrize("offset", [0, HOURS, -HOURS])
def test_nesting_needs_no_clock(offset: int) -> None:
    """The outer round trip encloses the inner one whatever the clocks say (algorithms section 6)."""
    world = _world(offsets_ns=[0, offset])
    (pair,) = vote(world.packets, world.match, 1)
    assert (pair.first, pair.second) == (0, 1)
    assert pair.nesting.tolist() == [2]
    assert pair.nearness.tolist() == [1]


def test_a_difference_within_skew_over_the_gap_does_not_vote() -> None:
    """1000 ppm of 10 s are 10 ms: a two-way transit of 2 ms is no evidence across such a gap (algorithms section 1)."""
    world = build([Seen(at=(0.000001, 1.000003)), Seen(at=(10_002, 10_001), out=False)], 2)
    assert vote(world.packets, world.match, 1)[0].nesting.tolist() == [0]


def test_ttl_votes_where_one_direction_is_seen_and_a_tie_orders_nothing() -> None:
    """A packet has the larger TTL nearer its source; some firewalls do not decrement (algorithms section 6)."""
    falls = build([Seen(at=(0, 1), ttl=(63, 64))], 2)
    assert vote(falls.packets, falls.match, 1)[0].nearness.tolist() == [-1]
    tie = build([Seen(at=(0, 1), ttl=(64, 64))], 2)
    assert vote(tie.packets, tie.match, 1)[0].nearness.tolist() == [0]


def test_one_round_trip_against_the_ttl_orders_nothing() -> None:
    """A clock of a transformed real capture stepped by 50 ms within it: flow turned round, bounds 0.7 us too narrow."""
    seen = [Seen(at=(0, 1), ttl=(64, 63)), Seen(at=(12, 61), ttl=(63, 64), out=False)]
    world = build(seen, 2)
    votes = vote(world.packets, world.match, 1)
    assert (votes[0].nesting.tolist(), votes[0].hop_limit.tolist()) == ([-1], [2])
    assert votes[0].nearness.tolist() == [0]
    more = build([*seen, Seen(at=(70, 121), ttl=(64, 63)), Seen(at=(182, 181), ttl=(63, 64), out=False)], 2)
    assert vote(more.packets, more.match, 1)[0].nearness.tolist() == [1]


def test_only_flows_of_single_round_trips_are_lone() -> None:
    """Two round trips, or one that TTL agrees with, stand for themselves."""
    one = [Seen(at=(0, 1)), Seen(at=(12, 11), out=False)]
    two = [Seen(at=(20, 21), flow=1), Seen(at=(32, 31), flow=1, out=False), Seen(at=(40, 41), flow=1)]
    agreed = [Seen(at=(50, 51), ttl=(64, 63), flow=2), Seen(at=(62, 61), flow=2, out=False)]
    world = build([*one, *two, *agreed], 2)
    assert find_lone(vote(world.packets, world.match, 4), 4).tolist() == [True, False, False, False]


def test_ambiguous_copies_vote_by_ttl() -> None:
    """All copies of a packet have the TTL of its way."""
    world = build([Seen(at=(0, 1), ttl=(64, 56), ambiguous=True)], 2)
    assert vote(world.packets, world.match, 1)[0].hop_limit.tolist() == [1]


def test_ttl_of_what_a_proxy_sends_anew_orders_nothing() -> None:
    """A proxy's own packets start at its own TTL; seen in the lab, where many of them outvoted the true order."""
    world = build([Seen(at=(0, 1), ttl=(63, 64)), Seen(at=(2, 3), ttl=(63, 62))], 2)
    one = np.zeros(1, np.int64)
    sides = {"first": one.astype(np.int16), "second": one.astype(np.int16) + 1, "first_row": one, "second_row": one}
    relayed = RelayedColumns(**sides, flow=one.astype(np.int32), is_outbound=np.ones(1, np.bool_))
    assert vote(world.packets, world.match, 1)[0].hop_limit.tolist() == [0]
    assert vote(world.packets, attrs.evolve(world.match, relayed=relayed), 1)[0].hop_limit.tolist() == [1]


def test_stamps_of_ambiguous_and_unstamped_packets_do_not_vote() -> None:
    """``is_ambiguous`` never feeds a clock; ``NO_TIME`` packets carry no stamp (model)."""
    world = build([Seen(at=(0, 1), ambiguous=True), Seen(at=(3, 2), out=False, no_time=True), Seen(at=(4, 5))], 2)
    shared = shared_packets(world.packets, world.match, 0, 1)
    assert shared.index.tolist() == [1, 2]
    assert vote(world.packets, world.match, 1)[0].nesting.tolist() == [0]


def test_tick_is_the_step_all_stamps_are_multiples_of() -> None:
    """A coarse clock blurs every difference by its quantum."""
    world = build([Seen(at=(15.625 * n, 15.625 * n)) for n in (0, 3, 4, 9, 10, 20, 21, 30)], 2)
    assert tick_of(world.packets[0]) == 15_625_000
    few = build([Seen(at=(0, 0)), Seen(at=(5, 5))], 2)
    assert tick_of(few.packets[0]) == 1
