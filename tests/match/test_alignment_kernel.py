"""The alignment kernel against exhaustive search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.match.alignment_kernel import BAND, align_groups, scratch_cells
from correlate.match.straight_kernel import SURE
from tests.match.naive_alignment import GAP, best_assignments, total

TIMES = st.lists(st.integers(0, 40), min_size=1, max_size=5).map(sorted)


def run(expected, real, scale=1.0, marks=None):
    rows, width = len(expected), len(real)
    partner, margin = np.full(rows, -1, np.int64), np.zeros(rows)
    room = scratch_cells(rows, width)
    marks = marks or (np.zeros((rows, 8), np.int64), np.zeros((width, 8), np.int64))
    failed = align_groups(
        np.array([0, rows]), np.array([0, width]), np.array(expected, float), np.array(real, float), np.full(rows, scale),
        *marks, np.zeros((rows + 1, 2), np.int64), np.zeros(rows + 1, np.int64), np.zeros(room), np.zeros(room), partner, margin,
    )  # fmt: skip
    assert failed == 0
    return partner.tolist(), margin.tolist()


@pytest.mark.jit_off
@settings(deadline=None, max_examples=60)
@given(TIMES, TIMES)
def test_the_least_total_is_found_and_margins_are_those_of_the_next_best(expected, real):
    """Kernel and twin law; where the order is plain the margin is a bound, on the same side of what is sure."""
    partner, margin = run(expected, real)

    def cost(i, j):
        return abs(real[j] - expected[i])

    least, best, totals = best_assignments(len(expected), len(real), cost)
    pairs = tuple((i, j) for i, j in enumerate(partner) if j >= 0)
    if len(best) == 1:
        assert pairs == best[0]
    for i, j in pairs:
        assert any((i, j) in other for other in best)
        others = [value for other, value in totals.items() if (i, j) not in other]
        next_best = min(others) - least
        assert margin[i] == pytest.approx(next_best, abs=1e-6) or SURE <= margin[i] <= next_best
    assert [j for _, j in pairs] == sorted(j for _, j in pairs)
    if pairs in best:
        assert total(pairs, len(expected), len(real), cost) == pytest.approx(least)


def test_a_contradiction_is_never_paired():
    """Telling IP IDs that differ are two transmissions, however well timed."""
    marks = np.zeros((1, 8), np.int64), np.zeros((1, 8), np.int64)
    marks[0][0, 0], marks[1][0, 0] = 5, 6
    assert run([3], [3], marks=marks)[0] == [-1]
    marks[0][0, 0] = marks[1][0, 0] = -1
    marks[0][0, 1], marks[1][0, 1] = 5, 6
    assert run([3], [3], marks=marks)[0] == [-1]
    marks[1][0, 1] = 0
    assert run([3], [3], marks=marks)[0] == [0]


def test_without_a_known_pace_equal_numbers_pair_in_order():
    """Order is all there is; one too many makes it ambiguous."""
    partner, margin = run([0, 1, 2], [70, 80, 90], scale=-1.0)
    assert partner == [0, 1, 2]
    assert min(margin) == pytest.approx(2 * GAP)
    assert max(run([0, 1], [70, 80, 90], scale=-1.0)[1]) == 0


@pytest.mark.parametrize("missing", [0, 1, 150, 299])
def test_long_groups_are_banded_without_losing_their_way(missing):
    """A group far wider than the band, one member absent."""
    count = 300
    assert count > 2 * BAND
    real = [10.0 * k for k in range(count)]
    expected = [t + 1 for k, t in enumerate(real) if k != missing]
    partner, margin = run(expected, real)
    assert partner == [k for k in range(count) if k != missing]
    assert min(margin) > 3


def test_a_burst_on_one_side_only_stays_within_the_scratch_space():
    """Widest drift of the band: all of A before all of B."""
    partner, _ = run(list(range(100)), [10_000 + k for k in range(400)])
    assert partner == [-1] * 100
    partner, _ = run([10_000 + k for k in range(100)], list(range(400)))
    assert partner == [-1] * 100
