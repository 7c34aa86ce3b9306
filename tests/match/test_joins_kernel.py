"""The hash join against its definition, and against keys that were made to fall together."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.match.joins import join, tabulate, unique_pairs
from correlate.match.joins_kernel import FARTHEST, FREE, SEVERAL, fill_table, look_up
from correlate.model.arrays import frozen

KEYS = st.lists(st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1), max_size=40)


def tabled(keys: list[int]) -> tuple[int, np.ndarray, np.ndarray, int]:
    """Run the kernel; return its status, the table, which keys are twins, and the bits of the table."""
    bits = max(1, len(keys)).bit_length() + 1
    slots, is_twin = np.full(1 << bits, FREE, np.int32), np.zeros(len(keys), np.bool_)
    with np.errstate(over="ignore"):
        before = np.full(len(keys), FREE, np.int32)
        status = fill_table(frozen(keys, np.int64), bits, slots, is_twin, before)
        assert (
            fill_table(frozen(keys, np.int64), bits, np.full_like(slots, FREE), np.zeros_like(is_twin), before[:0])
            == status
        )
    assert status or before.tolist() == [
        max((k for k in range(at) if keys[k] == key), default=FREE) for at, key in enumerate(keys)
    ]
    return status, frozen(slots), frozen(is_twin), bits


def joined(a: list[int], b: list[int], middle: int) -> tuple[list[int], list[bool]]:
    """Run the kernels, in two parts from ``middle`` of B on; return partners of A and which of B have several."""
    (status, slots, is_twin_a, bits), (_, _, is_twin_b, _) = tabled(a), tabled(b)
    assert status == 0
    assert is_twin_a.tolist() == [a.count(key) > 1 for key in a]
    partner, is_several = np.where(is_twin_a, SEVERAL, FREE).astype(np.int32), np.zeros(len(b), np.bool_)
    keys = frozen(a, np.int64), frozen(b, np.int64)
    at_once = partner.copy(), is_several.copy()
    with np.errstate(over="ignore"):
        look_up(*keys, 0, len(b), bits, slots, is_twin_b[:0], *at_once)
        for begin, end in ((min(middle, len(b)), len(b)), (0, min(middle, len(b)))):
            found = look_up(*keys, begin, end, bits, slots, is_twin_b, partner, is_several)
            assert found == sum(key in a for key in b[begin:end])
    assert [part.tolist() for part in at_once] == [partner.tolist(), is_several.tolist()]
    return partner.tolist(), is_several.tolist()


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
@given(KEYS, KEYS, st.integers(0, 40))
def test_pairs_are_keys_that_occur_once_on_each_side(a, b, middle):
    assert joined(a, b, middle) == naive(a, b)


def test_keys_that_fall_together_are_sorted_instead():
    """A hostile capture may choose its keys: the inverse of the factor brings them all to one slot."""
    inverse = pow(0x9E3779B97F4A7C15, -1, 1 << 64)
    keys = (np.arange(1, 2 * FARTHEST, dtype=np.uint64) * np.uint64(inverse)).view(np.int64)
    assert tabled(keys.tolist())[0] == 1
    table = tabulate(np.append(keys, keys[3]), tells_before=True)
    assert np.flatnonzero(table.is_twin).tolist() == [3, len(keys)]
    assert np.flatnonzero(table.before >= 0).tolist() == [len(keys)]
    assert table.before[-1] == 3
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
