"""Alignment of sights: groups, pieces, ties."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.match import alignment
from correlate.match.alignment import align, common_to_exact
from correlate.match.pace import Pace, SurePairs
from tests.match.crafting import CLIENT, MS, SERVER, everything, side_of, table, talk, udp


def beacons(times):
    return everything(side_of(table([(t, udp(CLIENT, SERVER, 5, 6, b"the same beacon")) for t in times])))


def pace(*deltas):
    block, time, delta = (np.array(column) for column in zip(*deltas, strict=True))
    return Pace(SurePairs(block.astype(np.int64), time.astype(float), delta.astype(float)))


def keys(a, b):
    return a.exact, b.exact


def test_equal_packets_go_to_their_time():
    """The third was lost; its neighbours say so."""
    a, b = beacons([0, 10 * MS, 20 * MS, 30 * MS]), beacons([0, 10 * MS, 30 * MS])
    found = align(a, b, keys(a, b), pace((1, 0, 0), (1, 40 * MS, 0)))
    assert list(zip(found.a, found.b, strict=True)) == [(0, 0), (1, 1), (3, 2)]
    assert not found.is_ambiguous.any()


def test_without_pace_and_with_unequal_counts_all_is_ambiguous():
    """Another assignment explains the captures as well."""
    a, b = beacons([0, 10 * MS, 20 * MS]), beacons([0, 10 * MS])
    nothing = Pace(SurePairs(np.zeros(0, np.int64), np.zeros(0), np.zeros(0)))
    found = align(a, b, keys(a, b), nothing)
    assert len(found.a) == 2
    assert found.is_ambiguous.all()


def test_keys_on_one_side_only_are_left_alone():
    """Nothing to align with."""
    a = beacons([0, MS])
    found = align(a, a, (a.exact, a.exact + 1), pace((1, 0, 0)))
    assert len(found.a) == 0


def test_very_long_groups_are_cut_in_time_and_still_align(monkeypatch):
    """Memory stays bounded."""
    monkeypatch.setattr(alignment, "_PIECE", 50)
    times = [k * 10 * MS for k in range(300)]
    a, b = beacons(times), beacons([t for k, t in enumerate(times) if k % 7])
    found = align(a, b, keys(a, b), pace((1, 0, -10 * MS), (1, 3000 * MS, -10 * MS)))
    assert a.time[found.a].tolist() == (b.time[found.b] + 10 * MS).tolist()
    assert len(found.a) == len(b.time)


def test_very_long_groups_of_one_time_are_shared_out(monkeypatch):
    """Every cut is at that time: all of B went to the last piece."""
    monkeypatch.setattr(alignment, "_PIECE", 30)
    a = beacons([0] * 300)
    found = align(a, a, keys(a, a), pace((1, 0, 0)))
    assert len(found.a) == 300


@pytest.mark.parametrize("ppm", [0, 20, 300])
@pytest.mark.parametrize("lost", [False, True])
def test_very_long_groups_keep_their_order_when_clocks_drift(ppm, lost):
    """Jitter of a microsecond cut such groups one member too early: whole pieces went to their neighbours."""
    rng = np.random.default_rng(3)
    sent = np.arange(12_000) * 20 * MS
    seen = (sent * (1 + ppm * 1e-6) + rng.integers(0, 2000, len(sent))).astype(np.int64)
    kept = np.flatnonzero(rng.random(len(sent)) >= 0.01 * lost)
    a, b = beacons(sent.tolist()), beacons(seen[kept].tolist())
    found = align(a, b, keys(a, b), pace((1, 0, 1000), (1, 10 * MS, 1000)))
    assert kept[found.b].tolist() == found.a.tolist()
    assert len(found.a) == len(kept)
    assert not found.is_ambiguous.any()


@pytest.mark.parametrize("members", [1, 3, 7, 1000])
def test_groups_are_aligned_the_same_batch_by_batch(monkeypatch, members):
    """However many groups are taken at once; both sides of some are larger than a batch."""
    sent = [(k * MS, udp(CLIENT, SERVER, 5, 6, b"beacon %d" % (k % 5 * (k % 3)))) for k in range(60)]
    a = everything(side_of(table(sent)))
    b = everything(side_of(table([packet for k, packet in enumerate(sent) if k % 11])))
    monkeypatch.setattr(alignment, "_AT_ONCE", members)
    found = align(a, b, keys(a, b), pace((1, 0, -MS), (1, 60 * MS, -MS)), common=common_to_exact(a))
    assert sorted(found.b) == list(range(len(b.time)))
    assert a.time[found.a].tolist() == (b.time[found.b] + MS).tolist()


def test_equal_names_break_a_tie():
    """Documented: addresses and ports decide between otherwise equal candidates, and the result stays ambiguous."""
    a, b = beacons([0]), beacons([0, 2])
    found = align(a, b, keys(a, b), pace((1, 0, 0)), (np.array([7]), np.array([6, 7])))
    assert found.b.tolist() == [1]
    assert found.is_ambiguous.all()


def test_the_strictest_key_of_tcp_does_not_vouch_for_its_bytes():
    """Datagrams' it does: equal keys, equal first bytes."""
    a, tcp = beacons([0, MS]), everything(side_of(table(talk(isn=(900_000_000, 77_000_000), rounds=2))))
    assert "head" in common_to_exact(a)
    assert "head" not in common_to_exact(tcp)
    assert len(set(a.exact.tolist())) == len(set(a.head.tolist())) == 1


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), max_size=4), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_members_of_each_group_go_by_time_then_position(groups, random):
    """By definition; what is in order already is left as it is."""
    starts = np.cumsum([0, *map(len, groups)])
    time = np.array([when for group in groups for when in group], float)
    members = np.arange(len(time))
    for first, last in pairwise(starts):
        some = members[first:last].tolist()
        random.shuffle(some)
        members[first:last] = some
    expected = [
        position
        for first, last in pairwise(starts)
        for _, position in sorted((time[one], one) for one in members[first:last].tolist())
    ]
    assert alignment._in_time(members, starts, time).tolist() == expected
