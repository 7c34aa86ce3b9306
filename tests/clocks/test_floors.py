"""Floors: tighter bounds that still hold, and refusal of what the captures refute."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.clocks import fit_clocks
from correlate.clocks.floors import PairFloors, fit_with_floors, floors_between, raise_to
from correlate.clocks.hop import fit_hop
from tests.clocks.tables import path_of
from tests.clocks.test_fit import DELAYS, path_world
from tests.clocks.worlds import draw_world


@pytest.mark.parametrize("seed", range(80_000, 80_012))
def test_true_floors_narrow_the_bounds_and_keep_the_truth(seed):
    """Law: with 80 % of both true floors the width falls to about a fifth, the truth stays inside."""
    world = draw_world(seed, steps=False, mismatches=False, count=3_000)
    plain = fit_hop(world.anchors, *world.ticks_ns)
    least = plain.clock.min_two_way_ns
    if not least or least < 20 * world.tick_ns:
        pytest.skip("ticks coarser than the delays")
    apart = world.anchors.down_ns - world.anchors.up_ns - world.base_ns - world.truth(world.anchors.up_ns)
    forward = int(0.8 * apart[world.anchors.direction > 0].min()) - world.tick_ns
    reverse = int(0.8 * (-apart[world.anchors.direction < 0]).min()) - world.tick_ns
    if forward + reverse > least:
        pytest.skip("the clock wanders: a straight line shows less than the least two-way transit (limitations)")
    fit = fit_with_floors(world.anchors, world.ticks_ns, plain, PairFloors(max(0, forward), max(0, reverse)))
    assert fit is not None
    truth = world.truth(world.anchors.up_ns)
    _, lo, hi = fit.clock.offset_at(world.anchors.up_ns)
    assert (lo - world.base_ns <= truth + 2).all()
    assert (hi - world.base_ns >= truth - 2).all()
    _, wide_lo, wide_hi = plain.clock.offset_at(world.anchors.up_ns)
    assert np.median(hi - lo) < np.median(wide_hi - wide_lo)


def test_floors_beyond_the_least_two_way_transit_are_refused():
    world = draw_world(80_001, steps=False, mismatches=False, count=2_000)
    plain = fit_hop(world.anchors, *world.ticks_ns)
    too_much = plain.clock.min_two_way_ns + sum(world.ticks_ns) + 1
    assert fit_with_floors(world.anchors, world.ticks_ns, plain, PairFloors(too_much, 0)) is None


def test_each_direction_moves_its_own_bounds():
    world = draw_world(80_002, count=50)
    raised = raise_to(world.anchors, PairFloors(300, 70))
    moved = raised.down_ns - world.anchors.down_ns
    assert set(moved[world.anchors.direction > 0].tolist()) == {-300}
    assert set(moved[world.anchors.direction < 0].tolist()) == {70}
    assert floors_between({(4, 2): 9, (2, 4): 5, (1, 2): 3}, 2, 4) == (5, 9)


def test_the_model_labels_both_tiers():
    packets, match, true, local = path_world()
    floors = {(0, 1): int(DELAYS[0]), (1, 0): int(DELAYS[0])}
    clocks = fit_clocks(packets, match, path_of(0, 1, 2, 3), [1] * 4, reference=None, floors=floors)
    assert [clock.tier for clock in clocks.vantages] == ["causal", "floors", "floors", "floors"]
    second = clocks.vantages[1]
    _, lo, hi = second.offset_at(local[:, 1])
    _, causal_lo, causal_hi = second.causal_at(local[:, 1])
    truth = local[:, 1] - true[:, 1]
    assert ((lo <= truth) & (truth <= hi)).all()
    assert (causal_lo <= lo + 5).all()
    assert (hi <= causal_hi + 5).all()
    assert np.median(hi - lo) < 0.5 * np.median(causal_hi - causal_lo)


def test_refuted_floors_are_told_and_change_nothing():
    packets, match, _, local = path_world()
    plain = fit_clocks(packets, match, path_of(0, 1, 2, 3), [1] * 4, reference=None)
    clocks = fit_clocks(packets, match, path_of(0, 1, 2, 3), [1] * 4, reference=None, floors={(0, 1): 10**8})
    assert [note.vantages for note in clocks.notes] == [(0, 1)]
    assert "refuted" in clocks.notes[0].text
    for one, other, place in zip(plain.vantages, clocks.vantages, range(4), strict=True):
        assert other.tier == "causal"
        for x, y in zip(one.offset_at(local[:, place]), other.offset_at(local[:, place]), strict=True):
            assert np.array_equal(x, y)
