"""Packets as growing bundles."""

import numpy as np

from correlate.match.bundle import Bundles
from correlate.match.ladder import Pairs
from correlate.model.matches import Tier


def pairs(*rows, tier=Tier.EXACT):
    a, b = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return Pairs(a, b, np.full(len(a), int(tier), np.int8), np.zeros(len(a), bool))


def fresh(*sizes):
    return Bundles([np.zeros(size, bool) for size in sizes], [np.zeros(size, bool) for size in sizes])


def matrix(bundles):
    return bundles.matrix([np.zeros(len(own), np.int32) for own in bundles.of_row], range(len(bundles.of_row)))


def test_pairs_over_a_common_vantage_become_one_packet():
    """A-B and B-C make A-B-C; the weakest tier holds it together."""
    bundles = fresh(2, 2, 2)
    bundles.merge(0, 1, pairs((0, 1), (1, 0)))
    bundles.merge(1, 2, pairs((1, 1), tier=Tier.ORDER))
    assert sorted(matrix(bundles).rows.tolist()) == [[-1, -1, 0], [0, 1, 1], [1, 0, -1]]
    assert sorted(bundles.tier[matrix(bundles).is_used].tolist()) == [Tier.ALONE, Tier.EXACT, Tier.ORDER]


def test_bundles_that_both_hold_a_third_vantage_stay_apart():
    """One row per vantage."""
    bundles = fresh(1, 1, 2)
    bundles.merge(0, 2, pairs((0, 0)))
    bundles.merge(1, 2, pairs((0, 1)))
    bundles.merge(0, 1, pairs((0, 0)))
    assert sorted(matrix(bundles).rows.tolist()) == [[-1, 0, 1], [0, -1, 0]]


def test_open_rows_are_those_whose_packet_the_other_vantage_lacks():
    """Only these are compared again."""
    bundles = fresh(2, 2)
    bundles.merge(0, 1, pairs((0, 1)))
    assert bundles.open_rows(0, 1, with_repeats=True).tolist() == [1]
    assert bundles.open_rows(1, 0, with_repeats=True).tolist() == [0]


def test_rows_brought_together_by_others_are_known():
    """A and C know each other by way of B."""
    bundles = fresh(2, 2, 2)
    bundles.merge(0, 1, pairs((0, 0), (1, 1)))
    bundles.merge(1, 2, pairs((0, 1), (1, 0)))
    a, c = bundles.sure_rows(0, 2)
    assert sorted(zip(a.tolist(), c.tolist(), strict=True)) == [(0, 1), (1, 0)]


def test_copies_and_repeats_wait():
    """Copies belong to no packet of their own; repeats take part later."""
    bundles = Bundles([np.array([False, True, False])], [np.array([False, False, True])])
    assert bundles.open_rows(0, 1, with_repeats=False).tolist() == [0]
    assert bundles.open_rows(0, 1, with_repeats=True).tolist() == [0, 2]
    assert matrix(bundles).rows.ravel().tolist() == [0, 2]
