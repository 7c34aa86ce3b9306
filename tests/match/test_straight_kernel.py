"""Groups whose order is plain, by way of the alignment."""

import numpy as np
import pytest

from correlate.match.straight_kernel import GAP, SURE, pair_straight
from tests.match.test_alignment_kernel import run


def straight(expected, real, scale=1.0, marks=None, band=None):
    """Pair straight, if it goes."""
    rows, width = len(expected), len(real)
    partner, margin = np.full(rows, -1, np.int64), np.zeros(rows)
    marks = marks or (np.zeros((rows, 8), np.int64), np.zeros((width, 8), np.int64))
    band = np.tile(np.array([0, width]), (rows + 1, 1)) if band is None else band
    is_plain = pair_straight(
        0, rows, 0, width, np.array(expected, float), np.array(real, float), np.full(rows, scale), *marks, band,
        partner, margin,
    )  # fmt: skip
    return is_plain, partner.tolist(), margin.tolist()


def test_members_due_in_order_are_paired_without_search():
    assert straight([0, 10, 20], [1, 10, 21]) == (True, [0, 1, 2], [2 * GAP - 1] * 3)
    assert straight([0, 10, 20], [70, 80, 90], scale=-1.0) == (True, [0, 1, 2], [2 * GAP] * 3)


def test_whatever_is_not_plain_is_left_to_the_search_untouched():
    """Other numbers, a neighbour that is nearer, a contradiction, unsorted times, beyond the band."""
    marks = np.zeros((2, 8), np.int64), np.zeros((2, 8), np.int64)
    marks[0][1, 1], marks[1][1, 1] = 5, 6
    narrow = np.array([[0, 3], [0, 3], [0, 1], [0, 3]])
    for found in (
        straight([0, 10], [0, 10, 20]),
        straight([0, 3, 6], [2, 5, 8]),
        straight([0, 10], [0, 10], marks=marks),
        straight([10, 10], [11, 10]),
        straight([0, 10, 20], [0, 10, 20], band=narrow),
    ):
        assert not found[0]
        assert set(found[1]) == {-1}
        assert not any(found[2])


def test_behind_a_neighbour_of_the_same_time_somebody_may_be_nearer():
    """Coarse stamps, and a member that is due when the last but one came: neighbours alone would not show it."""
    assert not straight([20, 0, 20], [0, 0, 20], scale=4.0)[0]
    assert straight([20, 0, 20], [0, 0, 20], scale=-1.0)[0]


@pytest.mark.parametrize("late", [0.0, 6.0, 6.5, 9.0])
def test_members_one_to_one_in_order_are_as_sure_as_their_dearest_pair(late):
    """A pair that costs nearly two gaps might be two absences; one that costs less leaves no doubt."""
    expected = [100.0 * k for k in range(200)]
    real = [t + (late if k == 70 else 0.5) for k, t in enumerate(expected)]
    partner, margin = run(expected, real)
    assert partner == list(range(200))
    assert (margin[70] < SURE) == (2 * GAP - late < SURE)
    assert min(margin[:70] + margin[71:]) >= SURE


def test_as_many_members_that_do_not_correspond_are_no_straight_line():
    """One is absent on either side: the others go to their own time, not to their own number."""
    times = [100.0 * k for k in range(200)]
    partner, _ = run(times[:-1], times[1:])
    assert partner == [-1, *range(198)]
