"""Bounds of sightings, read when they are asked for."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from correlate.model.clocks import UNBOUNDED
from correlate.trajectories.bounds import LazyBound, Stamps, place_stamps
from correlate.trajectories.follow import follow_packets
from correlate.trajectories.stamps import pair_stamps
from tests.trajectories.build import MS, START_NS, Seen, World, build
from tests.trajectories.random_worlds import random_worlds


def _follow(world: World):
    return follow_packets(world.packets, world.match, world.path, world.clocks)


@given(random_worlds)
@settings(max_examples=40, deadline=None)
def test_a_matrix_is_read_however_it_is_asked(world: World) -> None:
    """Numbers, arrays and slices of packets; a place, several, one for each packet, all."""
    table = _follow(world)
    for bound in (table.lo_ns, table.hi_ns):
        whole = bound[:]
        assert whole.shape == table.rows.shape
        assert whole.dtype == np.int64
        every, places = np.arange(len(table)), np.arange(table.rows.shape[1])
        assert [[int(bound[p, place]) for place in places] for p in every] == whole.tolist()
        assert bound[int(every[-1])].tolist() == whole[-1].tolist()
        assert bound[every[::-1]].tolist() == whole[::-1].tolist()
        assert bound[every, 0].tolist() == whole[:, 0].tolist()
        assert bound[every[:0], 0].tolist() == []
        last = np.argmax(table.rows >= 0, axis=1)
        assert bound[every, last].tolist() == whole[every, last].tolist()


@given(random_worlds)
@settings(max_examples=40, deadline=None)
def test_each_bound_is_that_of_its_stamp(world: World) -> None:
    """``local - reference = offset``; unbounded where nothing was observed, or at no known time."""
    table = _follow(world)
    for packet in range(len(table)):
        for place, row in enumerate(table.rows[packet].tolist()):
            seen = world.packets[place].columns
            expected = (-UNBOUNDED, UNBOUNDED)
            if row >= 0 and not seen.flags[row] & 1 << 21:
                _, lo, hi = place_stamps(seen.ts_ns[row : row + 1], world.clocks.vantages[place])
                expected = (int(lo[0]), int(hi[0]))
            assert (table.lo_ns[packet, place], table.hi_ns[packet, place]) == expected


def _shared(place: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which stamps pair, and both bounds, where ``place`` holds three segments in its first frame."""
    world = build([Seen(at=(1, 1), seq=2**32 - 5), Seen(at=(2, 2), seq=5), Seen(at=(3, 3), seq=15)], 2)
    rows, direction = world.match.rows.copy(), np.ones(3, np.int8)
    rows[:, place] = 0
    pairing = pair_stamps(rows, world.packets, direction, [place == 0, place == 1])
    clocks = world.clocks.vantages
    stamps = Stamps(rows=rows, tables=world.packets, clocks=clocks, direction=direction, pairing=pairing)
    lo, hi = (LazyBound(stamps, is_latest=is_latest)[:, place] - START_NS for is_latest in (False, True))
    return pairing.is_paired[:, place], lo, hi


def test_what_an_early_stamp_carries_may_be_as_late_as_it_was_seen_elsewhere() -> None:
    """TSO: inner constituents lie anywhere between the frame's stamp and their own frames (contract)."""
    is_paired, lo, hi = _shared(0)
    assert is_paired.tolist() == [True, False, False]
    assert lo.tolist() == [MS] * 3
    assert hi.tolist() == [MS, 2 * MS + 100_000, 3 * MS + 100_000]


def test_what_a_late_stamp_carries_may_be_as_early_as_it_was_seen_elsewhere() -> None:
    """GRO: the frame's stamp is that of the last constituent, so the others came before it."""
    is_paired, lo, hi = _shared(1)
    assert is_paired.tolist() == [False, False, True]
    assert lo.tolist() == [MS - 100_000] * 3
    assert hi.tolist() == [MS + 100_000] * 3
