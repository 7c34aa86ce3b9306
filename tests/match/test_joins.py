"""Joins against sets."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.match.joins import are_there, shared_groups, unique_pairs

KEYS = st.lists(st.integers(0, 9), max_size=20).map(lambda keys: np.array(keys, np.int64))


@settings(deadline=None)
@given(KEYS, KEYS)
def test_unique_pairs_are_keys_that_occur_once_on_each_side(a, b):
    """By definition."""
    once = {key for key, n in Counter(a.tolist()).items() if n == 1} & {
        key for key, n in Counter(b.tolist()).items() if n == 1
    }
    at_a, at_b = unique_pairs(a, b)
    assert a[at_a].tolist() == b[at_b].tolist()
    assert set(a[at_a].tolist()) == once
    assert len(at_a) == len(once)
    assert at_a.tolist() == sorted(at_a.tolist())


@settings(deadline=None)
@given(KEYS, KEYS)
def test_shared_groups_hold_every_member_in_order(a, b):
    """By definition."""
    groups = shared_groups(a, b)
    shared = sorted(set(a.tolist()) & set(b.tolist()))
    for k, key in enumerate(shared):
        assert groups.a[groups.a_start[k] : groups.a_start[k + 1]].tolist() == np.flatnonzero(a == key).tolist()
        assert groups.b[groups.b_start[k] : groups.b_start[k + 1]].tolist() == np.flatnonzero(b == key).tolist()
    assert len(groups.a_start) == len(groups.b_start) == len(shared) + 1


@settings(deadline=None)
@given(KEYS, KEYS)
def test_keys_are_there_or_not(a, b):
    """By definition."""
    assert are_there(a, b).tolist() == [key in b.tolist() for key in a.tolist()]
