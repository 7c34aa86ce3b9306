"""Pairs fitted over their other clock."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.clocks.hop import fit_hop
from correlate.clocks.mirror import contradicted_share, fit_both_ways, mirrored_anchors, mirrored_fit
from tests.clocks.worlds import draw_world


@pytest.mark.parametrize("seed", [70_001, 70_002, 70_005])
def test_twice_mirrored_is_the_same(seed):
    world = draw_world(seed, count=400)
    anchors = mirrored_anchors(mirrored_anchors(world.anchors))
    assert all(np.array_equal(a, b) for a, b in zip(anchors, world.anchors, strict=True))
    fit = fit_hop(world.anchors, *world.ticks_ns)
    again = mirrored_fit(mirrored_fit(fit))
    assert np.array_equal(again.clock.curve.hi, fit.clock.curve.hi)
    assert again.clock.base_ns == fit.clock.base_ns
    assert again.clock.samples_forward == fit.clock.samples_forward
    assert [s.delta_ns for s in again.clock.steps] == [s.delta_ns for s in fit.clock.steps]
    assert again.clock.evidence.ticks_ns == fit.clock.evidence.ticks_ns == world.ticks_ns


@pytest.mark.parametrize("size", [-0.3, -2.0, -500.0])
def test_a_first_clock_set_back_is_fitted_over_the_other(size):
    """Local times of the first vantage come twice; over the second clock there is one step of known size."""
    rng = np.random.default_rng(5)
    true = np.sort(rng.uniform(0, 20e9, 2_000)).astype(np.int64)
    direction = rng.choice((1, -1), 2_000).astype(np.int8)
    delay = (1e6 + rng.exponential(1e5, 2_000)).astype(np.int64)
    up = true + np.where(true > 11 * 10**9, int(size * 1e9), 0) + 10**12
    world = draw_world(70_001, count=2_000)
    anchors = world.anchors._replace(up_ns=up, down_ns=true + direction * delay + 10**12, direction=direction)
    fit = fit_both_ways(anchors, (1, 1))
    assert contradicted_share(fit, anchors, (1, 1)) <= 0.01
    sign = -1 if -size < 20 else 1  # set back by more than all: what came after has the earlier stamps
    assert [step.delta_ns for step in fit.clock.steps] == [pytest.approx(sign * size * 1e9, abs=4e6)]
    truth = true - up + 10**12
    _, lo, hi = fit.clock.offset_at(up)
    inside = (lo <= truth) & (truth <= hi)
    judged = np.abs(true - 11 * 10**9) > 10**8  # as in the calibration: packets under way are on either side
    assert inside[judged].all()


def test_good_fits_are_left_alone():
    world = draw_world(70_003, steps=False, mismatches=False)
    fit = fit_hop(world.anchors, *world.ticks_ns)
    both = fit_both_ways(world.anchors, world.ticks_ns)
    assert contradicted_share(fit, world.anchors, world.ticks_ns) <= 0.01
    assert np.array_equal(both.clock.curve.hi, fit.clock.curve.hi)


def test_matches_that_contradict_every_fit_are_told():
    """Offsets drawn at random: no clock shows them."""
    world = draw_world(70_003, steps=False, count=300)
    rng = np.random.default_rng(1)
    noise = rng.integers(-(10**10), 10**10, 300)
    anchors = world.anchors._replace(down_ns=world.anchors.down_ns + noise)
    assert fit_both_ways(anchors, world.ticks_ns).clock.grade == "inconclusive"


def test_each_side_gives_way_by_its_own_tick_only():
    """Rule: stamps are cut, so a coarse first clock can only have made lower bounds too high."""
    world = draw_world(70_003, steps=False, mismatches=False)
    fine, coarse = (fit_both_ways(world.anchors, ticks) for ticks in ((1_000, 1_000), (1_000_000, 1_000)))
    _, lo, hi = fine.clock.offset_at(world.anchors.up_ns)
    _, wide_lo, wide_hi = coarse.clock.offset_at(world.anchors.up_ns)
    assert np.median(lo - wide_lo) > 500_000
    assert np.median(wide_hi - hi) < 500_000
