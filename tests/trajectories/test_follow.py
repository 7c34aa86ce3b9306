"""Packets on one clock."""

from __future__ import annotations

import attrs
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.model.clocks import UNBOUNDED
from correlate.model.matches import CopyColumns
from correlate.trajectories import follow_packets
from tests.trajectories.build import MS, START_NS, Seen, build, make_clocks


def _follow(world):
    return follow_packets(world.packets, world.match, world.path, world.clocks)


@given(st.integers(-(10**16), 10**16))
@settings(max_examples=20, deadline=None)
def test_shifting_one_clock_moves_no_time(offset: int) -> None:
    """``time = ts - offset`` with the bounds of the offset (style: laws)."""
    seen = [Seen(at=(0, 1)), Seen(at=(5, 4), out=False)]
    table = _follow(build(seen, 2, offsets_ns=[0, offset]))
    assert (table.time_ns - START_NS).tolist() == [[0, MS], [5 * MS, 4 * MS]]
    assert (table.hi_ns[:] - table.lo_ns[:]).tolist() == [[0, 200_000]] * 2
    assert table.direction.tolist() == [1, -1]


def test_packets_are_numbered_by_first_time_then_place() -> None:
    """Ids count from the first sighting on the reference clock (contract)."""
    table = _follow(build([Seen(at=(9, 9)), Seen(at=(None, 3)), Seen(at=(3, None))], 2))
    assert table.match_packet.tolist() == [2, 1, 0]


def test_what_was_not_observed_is_unbounded() -> None:
    """-1 rows have time 0 and no bounds (model)."""
    table = _follow(build([Seen(at=(9, None))], 2))
    assert table.rows.tolist() == [[0, -1]]
    assert (table.time_ns[0, 1], table.lo_ns[0, 1], table.hi_ns[0, 1]) == (0, -UNBOUNDED, UNBOUNDED)


def test_an_unknown_clock_gives_unbounded_times() -> None:
    """A vantage about which nothing is known stays unbounded (model)."""
    world = build([Seen(at=(9, 9))], 2)
    table = _follow(attrs.evolve(world, clocks=make_clocks([0, 0], (0, 1), None)))
    assert table.hi_ns[0, 1] == UNBOUNDED
    assert table.lo_ns[0, 1] == -UNBOUNDED


def test_packets_of_unplaced_vantages_are_left_out_and_places_follow_the_path() -> None:
    """Places are path order; a vantage without a place has no column."""
    world = build([Seen(at=(0, None, 1)), Seen(at=(None, 5, None))], 3, order=(2, 0))
    table = _follow(world)
    assert table.match_packet.tolist() == [0]
    assert (table.time_ns - START_NS).tolist() == [[MS, 0]]


def test_copies_and_duplicates_point_to_the_new_numbers() -> None:
    """Copies name places; a network duplicate names its original's new number."""
    world = build([Seen(at=(9, 9)), Seen(at=(1, 1)), Seen(at=(None, 10), duplicate_of=0)], 2)
    copies = CopyColumns(np.array([0], np.int64), np.array([1], np.int16), np.array([7], np.int64))
    table = _follow(attrs.evolve(world, match=attrs.evolve(world.match, copies=copies)))
    assert [column.tolist() for column in table.copies] == [[1], [1], [7]]
    assert table.duplicate_of.tolist() == [-1, -1, 1]


def test_a_copy_of_no_packet_is_nobodys_copy() -> None:
    """-1 is no row: it once stood for the last packet."""
    world = build([Seen(at=(0, 1)), Seen(at=(5, 6))], 2)
    copies = CopyColumns(np.array([-1, 0]), np.array([0, 1], np.int16), np.array([1, 1]))
    table = _follow(attrs.evolve(world, match=attrs.evolve(world.match, copies=copies)))
    assert [part.tolist() for part in table.copies] == [[0], [1], [1]]
