"""Laws that any clock fit keeps, over drawn worlds (algorithms, section 7)."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.clocks.hop import fit_hop
from correlate.model.arrays import frozen
from correlate.model.clocks import UNBOUNDED, AnchorTable, read_curve
from tests.clocks.worlds import draw_world

SEEDS = st.integers(40_000, 49_999)
few = settings(max_examples=15, deadline=None)


def swapped(anchors: AnchorTable) -> AnchorTable:
    """Return the anchors with the vantages the other way round."""
    return AnchorTable(anchors.down_ns, anchors.up_ns, frozen(-anchors.direction), anchors.packet)


def chosen(anchors: AnchorTable, rows) -> AnchorTable:
    return AnchorTable(*(frozen(column[rows]) for column in anchors))


@few
@given(seed=SEEDS, constant=st.integers(-(10**15), 10**15))
def test_a_constant_added_to_a_captures_stamps_shifts_its_curve_by_exactly_that(seed, constant):
    anchors = draw_world(seed, count=400).anchors
    plain = fit_hop(anchors, 1_000).clock
    moved = fit_hop(anchors._replace(down_ns=frozen(anchors.down_ns + constant)), 1_000).clock
    assert moved.base_ns - plain.base_ns == constant
    assert all(np.array_equal(a, b) for a, b in zip(moved.curve, plain.curve, strict=True))
    assert [s.delta_ns for s in moved.steps] == [s.delta_ns for s in plain.steps]


@few
@given(seed=SEEDS, shuffle=st.integers(0, 1_000))
def test_the_order_of_records_changes_nothing(seed, shuffle):
    world = draw_world(seed, count=3_000)
    rows = np.random.default_rng(shuffle).permutation(len(world.anchors.packet))
    plain, other = fit_hop(world.anchors, *world.ticks_ns), fit_hop(chosen(world.anchors, rows), *world.ticks_ns)
    for one, two in ((plain.clock.curve, other.clock.curve), (plain.over_down, other.over_down)):
        assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert (other.clock.base_ns, other.clock.steps, other.clock.notes) == (
        plain.clock.base_ns, plain.clock.steps, plain.clock.notes,
    )  # fmt: skip


@few
@given(seed=SEEDS)
def test_swapping_the_vantages_never_contradicts(seed):
    """The same offset, negated, bounded from either side: at every stamp both intervals have something in common."""
    world = draw_world(seed, count=600)
    plain = fit_hop(world.anchors, *world.ticks_ns)
    other = fit_hop(swapped(world.anchors), *world.ticks_ns[::-1]).clock
    at = np.unique(world.anchors.down_ns)
    _, lo, hi = read_curve(plain.over_down, plain.clock.base_ns, at)
    _, other_lo, other_hi = other.offset_at(at)
    assert (np.minimum(hi, -other_lo) >= np.maximum(lo, -other_hi)).all()


@few
@given(seed=SEEDS)
def test_swapping_the_vantages_negates_the_bounds(seed):
    """Clocks that do not move, matches that are right: to 10 % of the width, since either clock's time groups bounds."""
    world = draw_world(seed, steps=False, mismatches=False, count=600)
    plain = fit_hop(world.anchors, *world.ticks_ns)
    other = fit_hop(swapped(world.anchors), *world.ticks_ns[::-1]).clock
    at = np.unique(world.anchors.down_ns)
    _, lo, hi = read_curve(plain.over_down, plain.clock.base_ns, at)
    _, other_lo, other_hi = other.offset_at(at)
    is_known = (lo > -UNBOUNDED) & (hi < UNBOUNDED)
    assert np.array_equal(is_known, (other_lo > -UNBOUNDED) & (other_hi < UNBOUNDED))
    width = np.median((hi - lo)[is_known]) if is_known.any() else 0
    assert np.median(np.abs(hi + other_lo)[is_known]) <= 0.1 * width + 2 if is_known.any() else True
    assert np.median(np.abs(lo + other_hi)[is_known]) <= 0.1 * width + 2 if is_known.any() else True
