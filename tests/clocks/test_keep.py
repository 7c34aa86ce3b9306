"""What a fit rests on, as others see it."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.clocks.hop import fit_hop
from tests.clocks.golden import golden_anchors
from tests.clocks.test_hop import anchors_of, steady
from tests.clocks.worlds import draw_world


@pytest.mark.parametrize("seed", range(8))
def test_every_bound_is_a_packet_relaxed_by_the_tick(seed):
    """Law: nothing is made up; each row is an anchor, its bound one tick outside its stamp difference."""
    world = draw_world(seed, steps=False, mismatches=False, count=3_000)
    bounds = fit_hop(world.anchors, *world.ticks_ns).clock.evidence.bounds
    anchors = world.anchors
    known = set(zip(anchors.up_ns.tolist(), anchors.down_ns.tolist(), anchors.direction.tolist(), strict=True))
    assert set(zip(bounds.up_ns.tolist(), bounds.down_ns.tolist(), bounds.direction.tolist(), strict=True)) <= known
    ticks = np.where(bounds.direction > 0, world.ticks_ns[1], -world.ticks_ns[0])
    assert np.array_equal(bounds.bound_ns, bounds.down_ns - bounds.up_ns + ticks)
    assert (np.diff(bounds.up_ns) >= 0).all()
    assert len(bounds.up_ns) > 100


def test_bounds_agree_with_the_curve():
    """Law: no believed bound lies inside the stated interval by more than its margin."""
    clock = fit_hop(steady(1_000, delta=50_000_000), 1_000).clock
    bounds = clock.evidence.bounds
    _, lo, hi = clock.offset_at(bounds.up_ns)
    forward = bounds.direction > 0
    assert (bounds.bound_ns[forward] >= lo[forward]).all()
    assert (bounds.bound_ns[~forward] <= hi[~forward]).all()


def test_a_wrong_match_is_not_among_them():
    anchors = steady(1_000)
    down = anchors.down_ns.copy()
    down[501] -= 40_500_000
    bounds = fit_hop(anchors_of(anchors.up_ns, down, anchors.direction), 1_000).clock.evidence.bounds
    assert down[501] not in bounds.down_ns


def test_a_step_stands_between_two_segments():
    evidence = fit_hop(steady(delta=50_000_000), 1_000).clock.evidence
    (step,) = evidence.breaks
    assert step.kind == "step"
    assert step.from_ns <= 2_000_000_000 <= step.to_ns
    assert step.delta_ns == pytest.approx(50_000_000, abs=2_000_000)
    old, new = evidence.segments
    assert (new.from_ns, old.to_ns) == (step.from_ns, step.to_ns)
    assert (evidence.bounds.up_ns[evidence.bounds.segment == 0] <= step.to_ns).all()
    assert (evidence.bounds.up_ns[evidence.bounds.segment == 1] >= step.from_ns).all()


def test_a_relaxed_fit_says_how_far_its_bounds_gave_way():
    """cases.md 1: each side relaxed by 86 us, beside the tick of 100 ns."""
    evidence = fit_hop(golden_anchors(with_rst=True), 100).clock.evidence
    bounds = evidence.bounds
    slack = bounds.direction.astype(np.int64) * (bounds.bound_ns - (bounds.down_ns - bounds.up_ns))
    assert slack == pytest.approx(85_600 + 100, abs=500)
    assert [s.kind for s in evidence.segments] == ["relaxed"]


def test_residuals_are_apparent_delays_above_the_estimate():
    clock = fit_hop(steady(), 1_000).clock
    left = clock.residuals()
    assert left.residual_ns[left.direction > 0] == pytest.approx(1_001_000, abs=20_000)
    assert left.residual_ns[left.direction < 0] == pytest.approx(-1_001_000, abs=20_000)


def test_nothing_is_known_of_a_hop_without_packets():
    nothing = np.zeros(0, np.int64)
    clock = fit_hop(anchors_of(nothing, nothing, nothing), 1_000).clock
    assert clock.evidence.segments == ()
    assert len(clock.residuals().up_ns) == 0
