"""``model.ordering``: the same orders as numpy's plain functions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.model.ordering import distinct, first_of_each, group_order, stable_order

RNG = np.random.default_rng(3)
SIZES = (0, 1, 5, 513, 20_000)


def columns(size: int) -> list[np.ndarray]:
    """Keys of all kinds, with ties."""
    return [
        RNG.integers(0, 40, size),
        RNG.integers(-(2**63), 2**63 - 1, size),
        np.repeat(RNG.integers(-(2**63), 2**63 - 1, size // 2 + 1), 2)[:size],
        RNG.integers(0, 2, size).astype(np.bool_),
        RNG.choice(np.array([-1e300, -2.5, -0.0, 0.0, 1e-300, 7.0, np.inf, -np.inf]), size),
        RNG.integers(0, 2**32, size).astype(np.uint32),
        np.zeros(size, np.int16),
        1_700_000_000_000_000_000 + np.arange(size)[::-1] * 1_234_567,
    ]


@pytest.mark.parametrize("size", SIZES)
def test_orders_are_those_of_lexsort(size: int) -> None:
    """Any number of keys of any width; ties keep their order."""
    keys = columns(size)
    for key in keys:
        assert np.array_equal(stable_order(key), np.argsort(key, kind="stable"))
    for _ in range(20):
        some = [keys[at] for at in RNG.permutation(len(keys))[: RNG.integers(1, 5)]]
        assert np.array_equal(stable_order(*some), np.lexsort(some[::-1]))


@pytest.mark.parametrize("size", SIZES)
def test_equal_keys_stand_together_in_order(size: int) -> None:
    """Every group is one run, its positions ascend."""
    for keys in (RNG.integers(0, 40, size), np.repeat(RNG.integers(-(2**63), 2**63 - 1, size), 2)):
        order = group_order(keys)
        ordered = keys[order]
        starts = np.flatnonzero(np.concatenate([np.ones(min(1, len(keys)), bool), ordered[1:] != ordered[:-1]]))
        assert len(starts) == len(np.unique(keys))
        assert all((np.diff(run) > 0).all() for run in np.split(order, starts[1:]))
        assert np.array_equal(np.sort(order), np.arange(len(keys)))


def test_keys_that_share_their_upper_bits_are_told_apart() -> None:
    """A capture can be made so that hashes meet there."""
    keys = np.tile(np.arange(3), 1000)
    ordered = keys[group_order(keys)]
    assert np.count_nonzero(ordered[1:] != ordered[:-1]) == 2


def test_distinct_values_are_those_of_unique() -> None:
    """Sorted, each once."""
    for size in SIZES:
        for key in columns(size)[:4]:
            assert np.array_equal(distinct(key), np.unique(key))


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.int64])
@pytest.mark.parametrize("span", [(-100, 100), (-32768, 32768), (0, 2), (2**31 - 5, 2**31 + 60_000)])
def test_small_numbers_are_ordered_whatever_type_holds_them(dtype, span):
    """Differences of narrow types overflow; 16 bits have a sort of their own."""
    keys = np.random.default_rng(1).integers(*span, 3000).astype(dtype)
    assert stable_order(keys).tolist() == np.argsort(keys, kind="stable").tolist()


@given(st.lists(st.integers(-5, 5) | st.integers(-(2**62), 2**62), max_size=600))
def test_the_first_of_each_value_is_that_of_numpy(values):
    keys = np.array(values, np.int64)
    for ours, theirs in zip(first_of_each(keys), np.unique(keys, return_index=True, return_counts=True), strict=True):
        assert ours.tolist() == theirs.tolist()
