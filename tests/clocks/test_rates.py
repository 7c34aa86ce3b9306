"""Skews over a graph."""

from __future__ import annotations

import attrs
import pytest

from correlate.clocks.hop import fit_hop
from correlate.clocks.joint import Branch
from correlate.clocks.pairs import NO_ANCHORS
from correlate.clocks.rates import Rate, solve_rates

TREE = [Branch(0, 1), Branch(1, 2)]


def hop(skew, lo, hi):
    return attrs.evolve(fit_hop(NO_ANCHORS, 1).clock, skew_ppb=skew, skew_lo_ppb=lo, skew_hi_ppb=hi)


def test_rates_multiply_along_the_way():
    found = solve_rates(0, 3, {(0, 1): hop(300_000, 290_000, 310_000), (1, 2): hop(-100_000, -110_000, -90_000)}, TREE)
    assert found[0] == Rate(0, 0, 0)
    assert found[2].skew == pytest.approx((1.0003 * 0.9999 - 1) * 1e9, abs=2)
    assert found[2].lo == pytest.approx((1.00029 * 0.99989 - 1) * 1e9, abs=2)


def test_a_third_pair_narrows_both():
    hops = {(0, 1): hop(0, -50_000, 50_000), (1, 2): hop(0, -50_000, 50_000), (0, 2): hop(20_000, 19_000, 21_000)}
    found = solve_rates(0, 3, hops, TREE)
    assert (found[2].lo, found[2].hi) == (19_000, 21_000)
    assert found[2].skew == pytest.approx(20_000, abs=100), "the narrow pair weighs most"
    assert found[1].lo >= -31_001
    assert found[1].hi <= 50_001


def test_a_contradiction_leaves_the_way_as_it_is():
    hops = {(0, 1): hop(0, -10, 10), (1, 2): hop(0, -10, 10), (0, 2): hop(9_000, 8_000, 10_000)}
    assert solve_rates(0, 3, hops, TREE)[2] == Rate(0, -20, 20)


def test_unknown_pairs_leave_it_unknown_and_the_inverse_is_exact():
    assert solve_rates(0, 3, {(0, 1): hop(5, 1, 9), (1, 2): hop(None, None, None)}, TREE)[2] == Rate(None, None, None)
    back = solve_rates(1, 2, {(0, 1): hop(1_000_000, 999_000, 1_001_000)}, [Branch(1, 0)])[0]
    assert back.skew == round((1 / 1.001 - 1) * 1e9)
