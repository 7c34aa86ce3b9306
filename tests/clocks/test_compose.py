"""Clocks added along a path (whole paths: ``test_fit.py``)."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.clocks.compose import downstream_edge, extend, reference_clock, upstream_edge
from correlate.clocks.hop import fit_hop
from tests.clocks.worlds import draw_world


@pytest.mark.parametrize("seed", [70_001, 70_002, 70_003])
def test_upstream_and_downstream_views_of_a_hop_are_one_curve_negated(seed):
    """Law: offset(down against up) at one instant is the negative of offset(up against down)."""
    world = draw_world(seed, steps=False, mismatches=False, count=400)
    fit = fit_hop(world.anchors, world.tick_ns)
    down = extend(reference_clock(0), downstream_edge(fit, 0, 1), 1)
    up = extend(reference_clock(1), upstream_edge(fit, 0, 1), 0)
    at = world.anchors.up_ns
    estimate, lo, hi = up.offset_at(at)
    there = at - estimate
    other, other_lo, other_hi = down.offset_at(there)
    slack = 0.01 * (hi - lo) + 5
    assert (np.abs(other + estimate) <= slack).all()
    assert (np.abs(other_lo + hi) <= slack).all()
    assert (np.abs(other_hi + lo) <= slack).all()
    assert down.steps == up.steps == ()
    assert down.base_ns == -up.base_ns


def test_the_reference_is_exactly_zero_at_all_times():
    times = np.array([-5, 0, 1_700_000_000_000_000_000])
    estimate, lo, hi = reference_clock(3).offset_at(times)
    assert not estimate.any()
    assert not lo.any()
    assert not hi.any()
