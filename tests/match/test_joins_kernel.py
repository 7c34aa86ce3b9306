"""The hash join against its definition, and against keys that were made to fall together."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.match.joins import join, unique_pairs
from correlate.match.joins_kernel import FARTHEST, FREE, SEVERAL, pair_unique
from correlate.model.arrays import frozen

KEYS = st.lists(st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1), max_size=40)


def joined(a: list[int], b: list[int]) -> tuple[int, list[int], list[bool]]:
    """Run the kernel; return its status, partners of A and which of B have several."""
    bits = max(1, len(a)).bit_length() + 1
    slots, partner = np.full(1 << bits, FREE, np.int32), np.empty(len(a), np.int32)
    is_several = np.zeros(len(b), np.bool_)
    with np.errstate(over="ignore"):
        status = pair_unique(frozen(a, np.int64), frozen(b, np.int64), bits, slots, partner, is_several)
    return status, partner.tolist(), is_several.tolist()


def naive(a: list[int], b: list[int]) -> tuple[list[int], list[bool]]:
    """By definition."""
    ours, theirs = Counter(a), Counter(b)

    def partner(key: int) -> int:
        if ours[key] > 1 or theirs[key] > 1:
            return SEVERAL
        return b.index(key) if theirs[key] else FREE

    return [partner(key) for key in a], [ours[key] > 0 and (ours[key] > 1 or theirs[key] > 1) for key in b]


@pytest.mark.jit_off
@settings(deadline=None)
@given(KEYS, KEYS)
def test_pairs_are_keys_that_occur_once_on_each_side(a, b):
    assert joined(a, b) == (0, *naive(a, b))


def test_keys_that_fall_together_are_sorted_instead():
    """A hostile capture may choose its keys: the inverse of the factor brings them all to one slot."""
    inverse = pow(0x9E3779B97F4A7C15, -1, 1 << 64)
    keys = (np.arange(1, 2 * FARTHEST, dtype=np.uint64) * np.uint64(inverse)).view(np.int64)
    assert joined(keys.tolist(), keys.tolist())[0] == 1
    at_a, at_b = unique_pairs(keys, keys[::-1])
    assert at_a.tolist() == list(range(len(keys)))
    assert at_b.tolist() == list(range(len(keys)))[::-1]
    assert not join(keys, keys[::-1]).is_several.any()


def test_sorting_tells_the_same_of_keys_that_several_have():
    """As the kernel does, whatever the keys."""
    inverse = pow(0x9E3779B97F4A7C15, -1, 1 << 64)
    low = (np.arange(1, 2 * FARTHEST, dtype=np.uint64) * np.uint64(inverse)).view(np.int64)
    a, b = np.concatenate([low, low[:2], [5, 5]]), np.concatenate([[5, 6, 6], low[1:], low[-1:]])
    found = join(a, b)
    partner, is_several = naive(a.tolist(), b.tolist())
    assert found.partner.tolist() == partner
    assert found.is_several.tolist() == is_several
