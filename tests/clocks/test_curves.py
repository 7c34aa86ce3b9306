"""Curves read over spans."""

from __future__ import annotations

import numpy as np

from correlate.clocks.curves import Curve, estimate_at, jump_times, negated, read_span, seen_from, steepness
from correlate.clocks.hop import fit_hop
from correlate.model.arrays import frozen
from correlate.model.clocks import OffsetCurve
from tests.clocks.worlds import draw_world


def curve_of(at, lo, hi, base=0):
    lo, hi = np.array(lo, float), np.array(hi, float)
    return Curve(base, OffsetCurve(frozen(at, np.int64), frozen(lo), frozen(hi), frozen((lo + hi) / 2)))


def test_a_span_gives_the_extremes_of_ends_and_samples_within():
    """Twin: a dense scan."""
    rng = np.random.default_rng(4)
    at = np.sort(rng.choice(10_000, 60, replace=False))
    lo = rng.normal(0, 50, 60)
    curve = curve_of(at, lo, lo + rng.uniform(1, 90, 60))
    first = rng.integers(-100, 10_100, 300)
    last = first + rng.integers(0, 4_000, 300)
    read = read_span(curve, first, last)
    for a, b, lo_ns, hi_ns in zip(first, last, *read, strict=True):
        dense = read_span(curve, np.arange(a, b + 1), np.arange(a, b + 1))
        assert abs(dense.lo.min() - lo_ns) < 1e-6
        assert abs(dense.hi.max() - hi_ns) < 1e-6


def test_beside_an_unbounded_sample_nothing_is_bounded():
    curve = curve_of([0, 10, 20], [-np.inf, 1, 2], [3, 4, np.inf])
    read = read_span(curve, np.array([5, 12, 15]), np.array([5, 12, 15]))
    assert np.isneginf(read.lo).tolist() == [True, False, False]
    assert np.isposinf(read.hi).tolist() == [False, True, True]


def test_outside_the_samples_bounds_widen_at_1000_ppm():
    curve = curve_of([0, 1_000_000], [0, 0], [10, 10])
    read = read_span(curve, np.array([3_000_000]), np.array([3_000_000]))
    assert (read.lo[0], read.hi[0]) == (-2_000, 2_010)


def test_jumps_are_samples_that_touch():
    curve = curve_of([0, 100, 101, 200], [0, 0, 50, 50], [9, 9, 59, 99])
    assert jump_times(curve).tolist() == [100, 101]
    assert steepness(curve) == 40 / 99


def test_both_views_of_a_pair_are_one_offset():
    fit = fit_hop(draw_world(71_000, steps=False).anchors, 1_000)
    one, other = seen_from(fit, is_downstream=False), seen_from(fit, is_downstream=True)
    assert one.base_ns == -other.base_ns
    at = one.samples.at_ns
    there = at + one.base_ns + np.rint(estimate_at(one, at)).astype(np.int64)
    width = one.samples.hi - one.samples.lo
    assert (np.abs(estimate_at(one, at) + estimate_at(other, there)) <= 0.01 * width + 5).all()
    assert np.array_equal(negated(negated(one.samples)).hi, one.samples.hi)
