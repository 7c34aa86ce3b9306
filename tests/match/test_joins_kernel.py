"""The hash join against its definition, and against keys that were made to fall together."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.match.joins import unique_pairs
from correlate.match.joins_kernel import FARTHEST, FREE, pair_unique
from correlate.model.arrays import frozen

KEYS = st.lists(st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1), max_size=40)


def pairs_of(a: list[int], b: list[int]) -> tuple[int, dict[int, int]]:
    """Run the kernel; return its status and the pairs."""
    bits = max(1, len(a)).bit_length() + 1
    slots, partner = np.full(1 << bits, FREE, np.int32), np.empty(len(a), np.int64)
    with np.errstate(over="ignore"):
        status = pair_unique(frozen(a, np.int64), frozen(b, np.int64), bits, slots, partner)
    return status, {i: int(j) for i, j in enumerate(partner) if j >= 0}


def naive(a: list[int], b: list[int]) -> dict[int, int]:
    """By definition."""
    counts = Counter(a), Counter(b)
    return {i: b.index(key) for i, key in enumerate(a) if counts[0][key] == counts[1][key] == 1}


@pytest.mark.jit_off
@settings(deadline=None)
@given(KEYS, KEYS)
def test_pairs_are_keys_that_occur_once_on_each_side(a, b):
    assert pairs_of(a, b) == (0, naive(a, b))


def test_keys_that_fall_together_are_sorted_instead():
    """A hostile capture may choose its keys: the inverse of the factor brings them all to one slot."""
    inverse = pow(0x9E3779B97F4A7C15, -1, 1 << 64)
    keys = (np.arange(1, 2 * FARTHEST, dtype=np.uint64) * np.uint64(inverse)).view(np.int64)
    assert pairs_of(keys.tolist(), keys.tolist())[0] == 1
    at_a, at_b = unique_pairs(keys, keys[::-1])
    assert at_a.tolist() == list(range(len(keys)))
    assert at_b.tolist() == list(range(len(keys)))[::-1]
