"""Laws that any clock fit keeps, over drawn worlds (algorithms, section 7)."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.clocks.hop import fit_hop
from correlate.model.arrays import frozen
from tests.clocks.worlds import draw_world

SEEDS = st.integers(40_000, 49_999)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, constant=st.integers(-(10**15), 10**15))
def test_a_constant_added_to_a_captures_stamps_shifts_its_curve_by_exactly_that(seed, constant):
    anchors = draw_world(seed, count=400).anchors
    plain = fit_hop(anchors, 1_000).clock
    moved = fit_hop(anchors._replace(down_ns=frozen(anchors.down_ns + constant)), 1_000).clock
    assert moved.base_ns - plain.base_ns == constant
    assert all(np.array_equal(a, b) for a, b in zip(moved.curve, plain.curve, strict=True))
    assert [s.delta_ns for s in moved.steps] == [s.delta_ns for s in plain.steps]
