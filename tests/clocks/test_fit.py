"""Clocks of a whole path."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.clocks import fit_clocks
from correlate.model.clocks import UNBOUNDED
from tests.clocks.tables import match_table, packet_table, path_of

OFFSETS = np.array([0, 7_200_000_000_000, -643_000_000_000, 1_000_000])
SKEWS = np.array([0.0, 40e-6, -25e-6, 10e-6])
DELAYS = np.array([300_000, 2_000_000, 900_000])


def path_world(count=600, step=0, seen=None):
    """Return tables, matches, and the true time of each packet at each place; place 2 steps by ``step`` halfway."""
    rng = np.random.default_rng(9)
    sent = np.sort(rng.integers(0, 30 * 10**9, count))
    outbound = rng.random(count) < 0.5
    hops = np.concatenate(([0], np.cumsum(DELAYS)))
    reach = np.where(outbound[:, None], hops, hops[-1] - hops)
    queue = rng.exponential(50_000, (count, 4)).cumsum(axis=1)
    queue = np.where(outbound[:, None], queue, queue[:, ::-1])
    true = sent[:, None] + reach + queue.astype(np.int64)
    local = true + OFFSETS + np.rint(true * SKEWS).astype(np.int64)
    local[:, 2] += np.where(true[:, 2] > 15 * 10**9, step, 0)
    # A capture holds its packets in the order in which they passed.
    order = np.argsort(true, axis=0, kind="stable")
    rows = np.argsort(order, axis=0, kind="stable")
    if seen is not None:
        rows = np.where(seen, rows, -1)
    return [packet_table(local[order[:, k], k]) for k in range(4)], match_table(rows, outbound), true, local


def holds(clocks, true_reference, local, places) -> bool:
    inside = []
    for place in places:
        _, lo, hi = clocks.vantages[place].offset_at(local[:, place])
        truth = local[:, place] - true_reference[:, place]
        inside.append((lo <= truth) & (truth <= hi))
    return bool(np.all(inside))


def reference_time(true, place):
    """Return what the clock at ``place`` shows when each packet is at each vantage."""
    return true + OFFSETS[place] + np.rint(true * SKEWS[place]).astype(np.int64)


@pytest.mark.parametrize("reference", [None, 0, 1, 3])
def test_every_clock_holds_the_truth_against_any_reference(reference):
    """Law: bounds add along the path; hours of offset and skews do not matter."""
    packets, match, true, local = path_world()
    clocks = fit_clocks(packets, match, path_of(0, 1, 2, 3), [1] * 4, reference=reference)
    home = reference or 0
    assert clocks.reference == home
    assert [v.vantage for v in clocks.vantages] == [0, 1, 2, 3]
    assert holds(clocks, reference_time(true, home), local, range(4))
    _, lo, hi = clocks.vantages[home].offset_at(local[:, home])
    assert not lo.any()
    assert not hi.any()
    for place, vantage in enumerate(clocks.vantages):
        between = DELAYS[min(place, home) : max(place, home)].sum()
        _, lo, hi = vantage.offset_at(local[:, place])
        assert np.median(hi - lo) <= 2.4 * between + 1
        expected = ((1 + SKEWS[place]) / (1 + SKEWS[home]) - 1) * 1e9
        assert vantage.skew_ppb == 0 or vantage.skew_lo_ppb - 100 <= expected <= vantage.skew_hi_ppb + 100
        assert vantage.grade == "proven"
        assert not vantage.extrapolated


def test_input_order_is_free():
    """Law (style): argument order changes nothing."""
    packets, match, _, local = path_world()
    plain = fit_clocks(packets, match, path_of(0, 1, 2, 3), [1] * 4, reference=0)
    turned = match_table(match.rows[:, ::-1], match.is_outbound)
    other = fit_clocks(packets[::-1], turned, path_of(3, 2, 1, 0), [1] * 4, reference=3)
    for a, b, place in zip(plain.vantages, other.vantages, range(4), strict=True):
        assert b.vantage == 3 - a.vantage
        for x, y in zip(a.offset_at(local[:, place]), b.offset_at(local[:, place]), strict=True):
            assert np.array_equal(x, y)


@pytest.mark.parametrize("step", [400_000_000, -3_600_000_000_000])
def test_a_step_in_the_middle_is_carried_to_all_beyond_it(step):
    packets, match, true, local = path_world(step=step)
    clocks = fit_clocks(packets, match, path_of(0, 1, 2, 3), [1] * 4, reference=None)
    assert holds(clocks, true, local, range(4))
    assert [s.delta_ns for s in clocks.vantages[2].steps] == [pytest.approx(step, abs=3_000_000)]
    at = clocks.vantages[2].steps[0].at_ns
    assert abs(at - 15 * 10**9) < 200_000_000, "on the reference clock"
    assert clocks.vantages[1].steps == ()
    assert len(clocks.vantages[2].pieces) == 2
    back = fit_clocks(packets, match, path_of(0, 1, 2, 3), [1] * 4, reference=3)
    assert holds(back, reference_time(true, 3), local, range(4))


def test_a_neighbour_without_common_packets_is_bridged():
    """Brief: a vantage is tied to the nearest one with two-way evidence."""
    seen = np.ones((600, 4), bool)
    seen[::2, 1] = False
    seen[1::2, 2:] = False
    packets, match, true, local = path_world(seen=seen)
    clocks = fit_clocks(packets, match, path_of(0, 1, 2, 3), [1] * 4, reference=None)
    assert clocks.hops[1].grade == "likely"
    assert "the other vantages bound" in clocks.hops[1].notes[0]
    _, lo, hi = clocks.hops[1].offset_at(local[:, 1])
    hop_truth = OFFSETS[2] - OFFSETS[1] + true[:, 1] * (SKEWS[2] - SKEWS[1])
    assert ((lo <= hop_truth) & (hop_truth <= hi)).all()
    assert holds(clocks, true, local, range(4))
    assert clocks.vantages[2].grade == "proven"


def test_a_vantage_that_shares_nothing_stays_unknown():
    seen = np.ones((600, 4), bool)
    seen[:, 3] = False
    packets, match, _, _ = path_world(seen=seen)
    last = fit_clocks(packets, match, path_of(0, 1, 2, 3), [1] * 4, reference=None).vantages[3]
    _, lo, hi = last.offset_at(np.array([5]))
    assert (lo[0], hi[0]) == (-UNBOUNDED, UNBOUNDED)
    assert last.grade == "inconclusive"
    assert last.extrapolated


def test_a_single_vantage_is_its_own_reference():
    packets, match, _, local = path_world()
    (clock,) = fit_clocks(
        packets[:1], match_table(match.rows[:, :1], match.is_outbound), path_of(0), [1], reference=None
    ).vantages
    estimate, lo, hi = clock.offset_at(local[:, 0])
    assert not estimate.any()
    assert not lo.any()
    assert not hi.any()


def test_a_capture_that_reaches_far_beyond_its_evidence_is_extrapolated():
    """Algorithms 1, step 8: beyond max(1 s, 3 %) say so."""
    seen = np.ones((600, 4), bool)
    seen[200:, 1] = False
    packets, match, _, _ = path_world(seen=seen)
    clock = fit_clocks(packets, match, path_of(0, 1, 2, 3), [1] * 4, reference=None).vantages[1]
    assert clock.extrapolated
    assert clock.evidence_age_ns > 15 * 10**9
