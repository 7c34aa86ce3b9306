"""Durations as people read them (experience: three significant digits, an interval on every clock-dependent time)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.report.durations import SIZES, duration, interval, rounded


@settings(max_examples=200)
@given(st.integers(-(10**15), 10**15).filter(bool))
def test_a_duration_is_off_by_less_than_half_of_its_third_digit(ns):
    figure, unit = duration(ns).split()
    assert abs(float(figure) * SIZES[unit] - ns) <= abs(ns) * 0.0051


@settings(max_examples=200)
@given(st.integers(1, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_told_interval_never_claims_more_than_is_known(ns, below, above):
    """A range is rounded outwards: a narrower one would be a claim without proof."""
    text = interval(ns, ns - below, ns + above, plus_minus="+-")
    if ".." in text:
        ends, unit = text.split()
        lo, hi = (float(end) for end in ends.split(".."))
        assert lo * SIZES[unit] <= ns - below + 1e-6 * SIZES[unit]
        assert hi * SIZES[unit] >= ns + above - 1e-6 * SIZES[unit]
    elif "+-" in text:
        _figure, unit, uncertainty = text.split()
        assert float(uncertainty[2:]) * SIZES[unit] >= max(below, above) - 1e-6 * SIZES[unit]


def test_missing_bounds_are_said():
    assert interval(5_000_000, 4_000_000, None, plus_minus="±") == "at least 4.00 ms"
    assert interval(5_000_000, None, None, plus_minus="±") == "5.00 ms (no bounds)"


def test_bounds_round_outwards():
    assert (rounded(0.0411, up=True), rounded(0.0419, up=False)) == ("0.042", "0.041")
