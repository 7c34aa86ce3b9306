"""Bounds over time: sampling, union, thinning."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.clocks.envelope import FAR, MARGIN, MAX_SAMPLES, Samples, thin_out, trace, unite
from correlate.clocks.evidence import Evidence
from correlate.clocks.line import Line
from correlate.clocks.segments import Segment


def segment_of(upper, lower, rate=1e3, first=-1.0, last=11.0, skew=0.0) -> Segment:
    columns = [
        np.array(column, float) for side in (upper, lower) for column in (zip(*side, strict=True) if side else ([], []))
    ]
    return Segment(Evidence(*columns), Line(0.0, skew, 1.0), rate, 0.0, 0.0, first, last, "line")


def test_interpolation_never_leaves_the_cones():
    """Brief: linear interpolation between samples keeps the true bounds."""
    rng = np.random.default_rng(1)
    x = np.sort(rng.uniform(0, 10, 60))
    upper, lower = 1e6 + rng.exponential(5e3, 30), -1e6 - rng.exponential(5e3, 30)
    segment = segment_of(list(zip(x[::2], upper, strict=True)), list(zip(x[1::2], lower, strict=True)), skew=700.0)
    samples = trace(segment)
    at = np.linspace(-1, 11, 5_000)
    cone_hi = np.array(
        [min(u + 700 * (t - k) + 1e3 * abs(t - k) for k, u in zip(x[::2], upper, strict=True)) for t in at]
    )
    cone_lo = np.array(
        [max(w + 700 * (t - k) - 1e3 * abs(t - k) for k, w in zip(x[1::2], lower, strict=True)) for t in at]
    )
    hi, lo = np.interp(at, samples.at, samples.hi), np.interp(at, samples.at, samples.lo)
    assert (hi >= cone_hi - 1e-3).all()
    assert (lo <= cone_lo + 1e-3).all()
    assert (hi - lo <= (cone_hi - cone_lo).max() * (1 + 3 * MARGIN) + 4 * 5e3).all(), "no wider than the usual queue"
    assert (samples.lo <= samples.estimate).all()
    assert (samples.estimate <= samples.hi).all()


def test_a_missing_side_is_far_away():
    samples = trace(segment_of([(1.0, 5.0)], []))
    assert (samples.lo <= -FAR).all()
    assert (samples.hi < 1e6).all()


def test_the_union_holds_both_parts_where_both_may_apply():
    flat = np.array([0.0, 4.0])
    old = Samples(flat, np.full(2, -1.0), np.full(2, 1.0), np.zeros(2), np.ones(2, bool))
    new = Samples(flat + 3, np.full(2, 99.0), np.full(2, 101.0), np.full(2, 100.0), np.ones(2, bool))
    both = unite([old, new])
    for at, lo, hi in ((2.9, -1, 1), (3.5, -1, 101), (4.1, 99, 101)):
        assert np.interp(at, both.at, both.lo) == pytest.approx(lo)
        assert np.interp(at, both.at, both.hi) == pytest.approx(hi)


def test_thinning_keeps_the_number_low_and_only_widens():
    rng = np.random.default_rng(2)
    at = np.sort(rng.uniform(0, 100, 5_000))
    hi = np.abs(rng.normal(10, 3, 5_000))
    samples = Samples(at, -hi, hi, np.zeros(5_000), np.zeros(5_000, bool))
    thin = thin_out(samples)
    assert len(thin.at) <= MAX_SAMPLES
    assert (np.interp(at, thin.at, thin.hi) >= hi - 1e-9).all()
    assert (np.interp(at, thin.at, thin.lo) <= -hi + 1e-9).all()
