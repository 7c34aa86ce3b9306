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


def apart(seed: int) -> float:
    """Return by how much a steady clock's bounds differ from those of the swapped vantages, in widths; median."""
    world = draw_world(seed, steps=False, mismatches=False, count=600)
    plain = fit_hop(world.anchors, *world.ticks_ns)
    other = fit_hop(swapped(world.anchors), *world.ticks_ns[::-1]).clock
    at = np.unique(world.anchors.down_ns)
    _, lo, hi = read_curve(plain.over_down, plain.clock.base_ns, at)
    _, other_lo, other_hi = other.offset_at(at)
    is_known, is_other = ((a > -UNBOUNDED) & (b < UNBOUNDED) for a, b in ((lo, hi), (other_lo, other_hi)))
    assert (is_known != is_other).mean() <= 0.1
    both = is_known & is_other
    if not both.any():
        return 0.0
    off = max(np.median(np.abs(hi + other_lo)[both]), np.median(np.abs(lo + other_hi)[both]))
    return float(off / np.median((hi - lo)[both]))


@few
@given(seed=SEEDS)
def test_swapping_the_vantages_negates_the_bounds(seed):
    """Either clock's time groups bounds, and different ones are given away as possible wrong matches."""
    assert apart(seed) <= 0.4


def test_swapping_the_vantages_negates_the_bounds_nearly_as_a_rule():
    assert np.median([apart(seed) for seed in range(40_000, 40_030)]) <= 0.03


def widening(seed: int, count: int) -> float:
    """Return how wide all anchors of a steady clock leave it over how wide half of them, drawn at random, do."""
    world = draw_world(seed, steps=False, mismatches=False, count=count)
    rows = np.random.default_rng(seed).random(len(world.anchors.packet)) < 0.5
    rows[:2] = True
    half = chosen(world.anchors, rows)
    at = np.unique(half.up_ns)
    whole_width, half_width = (np.median(_width(fit_hop(one, *world.ticks_ns), at)) for one in (world.anchors, half))
    return float(whole_width / half_width) if np.isfinite(half_width) else 1.0


def _width(fit, at):
    _, lo, hi = fit.clock.offset_at(at)
    return np.where((lo > -UNBOUNDED) & (hi < UNBOUNDED), (hi - lo).astype(float), np.inf)


@few
@given(seed=SEEDS, count=st.sampled_from([6, 40, 150, 600, 3_000]))
def test_more_evidence_never_widens_much(seed, count):
    """By 70 % at most: from 160 anchors a way on the tightest are given away, in case they are wrong matches."""
    assert widening(seed, count) <= 1.7


def test_more_evidence_narrows_as_a_rule():
    assert np.median([widening(seed, 3_000) for seed in range(40_000, 40_020)]) <= 1.0
    assert np.median([widening(seed, 40) for seed in range(40_000, 40_020)]) <= 0.96
