"""Overlapping segments, kernels against plain twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.match.ranges_kernel import accept_overlaps, find_overlaps
from tests.match import naive_ranges

SEGMENTS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 12), st.integers(1, 6), st.booleans(), st.integers(0, 9)), max_size=8
)


def sides(left, right):
    a = sorted((block, start, start + size, whole, time, 5) for block, start, size, whole, time in left)
    b = sorted((block, start, start + size, whole, time) for block, start, size, whole, time in right)
    return a, b


def columns(rows, kinds):
    return [np.array([row[k] for row in rows], kind) for k, kind in enumerate(kinds)]


def search(a, b, room):
    kinds = (np.int64, np.int64, np.int64, bool, float)
    one, two, off = np.zeros(room, np.int64), np.zeros(room, np.int64), np.zeros(room)
    reach = max((row[2] - row[1] for row in b), default=0)
    count = find_overlaps(*columns(a, (*kinds, float)), *columns(b, kinds), reach, 100, one, two, off)
    return count, one, two, off


@pytest.mark.jit_off
@settings(deadline=None, max_examples=60)
@given(SEGMENTS, SEGMENTS)
def test_overlaps_are_those_that_exist(left, right):
    """Kernel and twin law; a small output array changes the count of none."""
    a, b = sides(left, right)
    expected = naive_ranges.overlaps(a, b)
    count, one, two, off = search(a, b, 100)
    assert set(zip(one[:count].tolist(), two[:count].tolist(), off[:count].tolist(), strict=True)) == expected
    assert count == len(expected) == search(a, b, 0)[0]


@pytest.mark.jit_off
@settings(deadline=None, max_examples=60)
@given(SEGMENTS, SEGMENTS)
def test_no_byte_is_given_away_twice(left, right):
    """Kernel and twin law."""
    a, b = sides(left, right)
    count, one, two, off = search(a, b, 100)
    one, two, off = one[:count], two[:count], off[:count]
    start = np.array([max(a[i][1], b[j][1]) for i, j in zip(one, two, strict=True)], np.int64)
    end = np.array([min(a[i][2], b[j][2]) for i, j in zip(one, two, strict=True)], np.int64)
    order = np.argsort(off, kind="stable")
    chains = [np.full(size, -1, np.int64) for size in (len(a), len(b), count, count)]
    accepted = np.zeros(count, bool)
    accept_overlaps(order, one, two, start, end, *chains, accepted)
    expected = naive_ranges.accept(*(part.tolist() for part in (order, one, two, start, end)))
    assert sorted(expected) == np.flatnonzero(accepted).tolist()
