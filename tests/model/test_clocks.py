"""Reading an offset curve: between samples linear, outside them wider, nothing known is unbounded."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.model.clocks import UNBOUNDED, HopClock, OffsetCurve, VantageClock, read_curve

EPOCH = 1_700_000_000 * 10**9


def curve(at, lo, hi, estimate=None):
    middle = estimate if estimate is not None else [(a + b) / 2 for a, b in zip(lo, hi, strict=True)]
    return OffsetCurve(np.array(at, np.int64), *(np.array(column, np.float64) for column in (lo, hi, middle)))


WIDE = curve([EPOCH, EPOCH + 1000], [-10.0, -20.0], [10.0, 40.0])


def read(known, base_ns, *times):
    return [column.tolist() for column in read_curve(known, base_ns, np.array(times, np.int64))]


def test_samples_are_given_back_with_the_base_added():
    assert read(WIDE, 7, EPOCH, EPOCH + 1000) == [[7, 17], [-3, -13], [17, 47]]


def test_between_samples_bounds_are_linear():
    assert read(WIDE, 0, EPOCH + 500) == [[5], [-15], [25]]


@pytest.mark.parametrize(("away", "widening"), [(1_000_000, 1_000), (3_600 * 10**9, 3_600 * 10**6)])
def test_outside_the_samples_bounds_widen_at_1000_ppm(away, widening):
    """The widest skew that is believed (algorithms section 1)."""
    assert read(WIDE, 0, EPOCH - away) == [[0], [-10 - widening], [10 + widening]]
    assert read(WIDE, 0, EPOCH + 1000 + away) == [[10], [-20 - widening], [40 + widening]]


def test_one_sample_without_width_is_exact_for_ever():
    """The reference against itself."""
    exact = curve([EPOCH], [0.0], [0.0])
    assert read(exact, 0, 0, EPOCH, 2 * EPOCH) == [[0, 0, 0]] * 3


def test_one_sample_with_width_is_not():
    wide = curve([EPOCH], [-1.0], [1.0])
    assert read(wide, 0, EPOCH + 10_000) == [[0], [-11], [11]]


def test_no_sample_is_no_knowledge():
    nothing = curve([], [], [])
    assert read(nothing, 5, 0, EPOCH) == [[5, 5], [-UNBOUNDED] * 2, [UNBOUNDED] * 2]


def test_an_infinite_bound_is_none_and_the_other_one_stays():
    """Traffic in one direction only bounds a clock from one side."""
    half = curve([EPOCH, EPOCH + 10], [-np.inf, -np.inf], [3.0, 3.0], estimate=[0.0, 0.0])
    assert read(half, 100, EPOCH + 5) == [[100], [-UNBOUNDED], [103]]


def test_no_times_is_no_offsets():
    assert read(WIDE, 0) == [[], [], []]


@given(
    base_ns=st.integers(-(10**18), 10**18),
    steps=st.lists(st.integers(1, 10**12), min_size=1, max_size=6),
    half=st.integers(0, 10**9),
    ask=st.integers(-(10**13), 10**13),
)
def test_the_estimate_stays_inside_and_the_base_costs_no_precision(base_ns, steps, half, ask):
    """Curves are float64 near zero; offsets of decades are in the base (float epoch seconds step by 238 ns)."""
    at = EPOCH + np.cumsum([0, *steps])
    known = curve(at, [-half] * len(at), [half] * len(at))
    ((estimate,), (lo,), (hi,)) = read(known, base_ns, EPOCH + ask)
    assert lo <= estimate <= hi
    assert estimate == base_ns
    if at[0] <= EPOCH + ask <= at[-1]:
        assert (lo, hi) == (base_ns - half, base_ns + half)


def test_hop_and_vantage_read_their_own_curve():
    shared = {"base_ns": 7, "curve": WIDE, "skew_ppb": None, "skew_lo_ppb": None, "skew_hi_ppb": None}
    shared |= {"steps": (), "pieces": (), "samples_forward": 1, "samples_reverse": 1, "grade": "proven"}
    hop = HopClock(**shared, min_two_way_ns=None, violation_ns=0, constant_violation_ns=0)
    mine = VantageClock(**shared, vantage=0, evidence_age_ns=None, extrapolated=False, tier="causal")
    times = np.array([EPOCH, EPOCH + 500])
    for clock in (hop, mine):
        assert [column.tolist() for column in clock.offset_at(times)] == [[7, 12], [-3, -8], [17, 32]]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        hop.base_ns = 0
