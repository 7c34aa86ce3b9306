"""Stamps that lie out of order inside a file."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from correlate.clocks import fit_clocks
from correlate.clocks.jitter import measure_jitter, stamp_slacks, together
from correlate.clocks.pairs import fit_pairs
from correlate.clocks.setbacks import read_record
from tests.clocks.tables import match_table, packet_table, path_of

START = 1_700_000_000_000_000_000
LATEST = 300e3


def jittering(seed: int, places=(0, 1), step_ns: int = 0):
    """Return two captures of 4,000 packets in 4 s, recorded in order; and the offset.

    ``places`` stamp late by up to 0.3 ms. ``step_ns``: the second clock steps by so much in the middle.
    """
    rng = np.random.default_rng(seed)
    passed = np.sort(rng.uniform(0, 4e9, 4000))
    outbound = rng.random(4000) < 0.5
    delay = 200e3 + rng.exponential(1e4, 4000)
    there = passed + np.where(outbound, delay, -delay)
    offset = float(rng.integers(-(10**9), 10**9))
    packets, rows = [], np.zeros((4000, 2), np.int64)
    for place, (true, above) in enumerate(((passed, 0.0), (there, offset + np.where(there > 2e9, step_ns, 0)))):
        late = np.minimum(rng.exponential(1e5, 4000), LATEST) * (place in places)
        order = np.argsort(true, kind="stable")
        rows[order, place] = np.arange(4000)
        packets.append(packet_table((START + np.rint(true + above + late).astype(np.int64))[order]))
    return packets, match_table(rows, outbound), offset


def bounds(clock):
    _, lo, hi = clock.offset_at(START + np.arange(0, 4 * 10**9, 10**8))
    return lo, hi


@pytest.mark.parametrize("places", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("seed", range(4))
def test_the_truth_lies_inside_where_stamps_jitter(seed, places):
    packets, match, offset = jittering(seed, places)
    clocks = fit_clocks(packets, match, path_of(0, 1), [1, 1], reference=None)
    lo, hi = bounds(clocks.hops[0])
    assert (lo <= offset).all()
    assert (hi >= offset).all()
    assert (hi - lo).max() < 3e6
    assert {note.vantages[0] for note in clocks.notes if "fall back again" in note.text} == set(places)
    assert min(clocks.hops[0].slack_ns) > 0, "delays give way by it as well"


@pytest.mark.parametrize("places", [(0,), (1,)])
def test_without_that_slack_it_does_not(places):
    """Late stamps at the sender make upper bounds too low, late ones at the other end lower bounds too high."""
    packets, match, offset = jittering(1, places)
    lo, hi = bounds(fit_pairs(packets, match, path_of(0, 1), [1, 1], {})[0, 1].plain.clock)
    assert not ((lo <= offset).all() and (hi >= offset).all())


def test_the_jitter_is_the_largest_fall_that_others_repeat():
    """Twin: for each fall, count those of at least a quarter of it."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        stamps = np.arange(200) * 1_000 + rng.integers(0, 3_000, 200) * (rng.random(200) < rng.random())
        stamps[100:] -= int(rng.choice((0, 10**6)))
        falls = [a - b for a, b in pairwise(stamps) if a > b]
        naive = max((f for f in falls if sum(4 * g >= f for g in falls) >= 8), default=0)
        assert measure_jitter(read_record(packet_table(stamps))) == naive


def test_a_clock_that_is_set_back_does_not_jitter():
    packets, match, _ = jittering(1, step_ns=-5_000_000)
    [_, there] = stamp_slacks(packets)
    assert there[0] <= LATEST
    clocks = fit_clocks(packets, match, path_of(0, 1), [1, 1], reference=None)
    assert [round(step.delta_ns, -6) for step in clocks.hops[0].steps] == [-5_000_000]
    ordered = np.sort(packets[0].columns.ts_ns)
    ordered[2000:] -= 5_000_000
    assert measure_jitter(read_record(packet_table(ordered))) == 0


def test_packets_that_only_one_capture_holds_do_not_change_its_jitter():
    """Law: unrelated traffic changes nothing. Between two records it halves their fall, and seemed to halve the jitter."""
    late = np.arange(60) * 1_000
    late[::4] += 3_500
    between = np.arange(1, 60)
    mixed = np.insert(late, between, (late[between - 1] + late[between]) // 2)
    packets = [packet_table(START + np.arange(60) * 1_000), packet_table(START + mixed)]
    match = match_table(np.stack([np.arange(60), 2 * np.arange(60)], axis=1), np.ones(60, np.bool_))
    assert stamp_slacks(packets, match=match)[1] == (2_500, 2_500)
    assert stamp_slacks(packets)[1] != (2_500, 2_500)


def test_slacks_of_a_pair_add_up():
    assert together([(1, 2), (10, 20), (100, 200)], 0, 2) == (101, 202)
    assert together([], 0, 1) == (0, 0)
