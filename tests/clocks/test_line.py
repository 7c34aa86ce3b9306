"""The widest line and the range of skews, against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.clocks.evidence import MAX_SKEW, Evidence
from correlate.clocks.line import has_line, line_at, skew_range, widest_line

level = st.floats(-1e6, 1e6)
point = st.tuples(st.floats(0, 50), level)


def evidence_of(upper, lower) -> Evidence:
    upper, lower = sorted(upper), sorted(lower)
    return Evidence(*(np.array(column, float) for side in (upper, lower) for column in zip(*side, strict=True)))


@given(st.lists(point, min_size=1, max_size=8), st.lists(point, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_no_skew_on_a_fine_grid_has_more_room(upper, lower):
    evidence = evidence_of(upper, lower)
    line = widest_line(evidence)
    rooms = [line_at(evidence, skew).room for skew in np.linspace(-MAX_SKEW, MAX_SKEW, 801)]
    assert line.room >= max(rooms) - 1e-3
    assert has_line(evidence) == (line.room >= 0) or abs(line.room) < 1e-3


@given(st.lists(point, min_size=1, max_size=8), st.lists(point, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_exactly_the_skews_in_the_range_fit(upper, lower):
    evidence = evidence_of(upper, lower)
    line = widest_line(evidence)
    if line.room < 1:
        return
    lo, hi = skew_range(evidence, line)
    assert lo <= line.skew <= hi
    for skew in np.linspace(-MAX_SKEW, MAX_SKEW, 401):
        if lo + 1 <= skew <= hi - 1:
            assert line_at(evidence, skew).room >= -1e-3
        elif skew < lo - 1 or skew > hi + 1:
            assert line_at(evidence, skew).room <= 1e-3


def test_one_direction_alone_always_has_a_line():
    assert has_line(Evidence(np.array([1.0]), np.array([5.0]), np.zeros(0), np.zeros(0)))


def test_crossed_bounds_have_negative_room():
    line = widest_line(evidence_of([(0, 0.0), (1, 0.0)], [(0, 10.0), (1, 10.0)]))
    assert line.room == pytest.approx(-5)
