"""Joins of two key columns.

**In:** int64 keys of two sides. **Out:** positions in them.
**Method:** a hash table where each key is wanted once (``joins_kernel.py``), else searches in sorted keys.
**Not here:** what a key is made of (``climbing.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.match.joins_kernel import FREE, pair_unique
from correlate.model.arrays import I64, frozen
from correlate.model.ordering import group_order


class Groups(NamedTuple):
    """Groups of equal keys with members on both sides; members of a group in ascending position."""

    a: I64
    """Positions on side A, group after group."""
    a_start: I64
    """First member of each group in ``a``; one more at the end."""
    b: I64
    b_start: I64


def unique_pairs(keys_a: I64, keys_b: I64) -> tuple[I64, I64]:
    """Return the positions of keys that occur exactly once on each side.

    >>> unique_pairs(np.array([5, 7, 7, 9]), np.array([9, 7, 5]))[0].tolist()
    [0, 3]
    """
    bits = max(1, len(keys_a)).bit_length() + 1
    partner = np.empty(len(keys_a), np.int64)
    slots = np.full(1 << bits, FREE, np.int32)
    with np.errstate(over="ignore"):  # products wrap on purpose; only seen when kernels run uncompiled
        fall_together = pair_unique(frozen(keys_a, np.int64), frozen(keys_b, np.int64), bits, slots, partner)
    if fall_together:
        return _by_sorting(keys_a, keys_b)
    a = np.flatnonzero(partner >= 0)
    return a, partner[a]


def _by_sorting(keys_a: I64, keys_b: I64) -> tuple[I64, I64]:
    """Return the same, whatever the keys: one sort of both sides together; runs of equal keys are the groups."""
    count = len(keys_a)
    keys = np.concatenate([keys_a, keys_b])
    order = group_order(keys)
    keys = keys[order]
    is_equal = np.concatenate([[False], keys[1:] == keys[:-1], [False]])
    at = np.flatnonzero(is_equal[1:-1] & ~is_equal[:-2] & ~is_equal[2:])
    one, two = order[at], order[at + 1]
    is_shared = (one < count) != (two < count)
    one, two = one[is_shared], two[is_shared]
    partner = np.full(count, -1, np.int64)
    partner[np.minimum(one, two)] = np.maximum(one, two) - count
    a = np.flatnonzero(partner >= 0)
    return a, partner[a]


def shared_groups(keys_a: I64, keys_b: I64) -> Groups:
    """Return all groups of keys that occur on both sides.

    >>> shared_groups(np.array([5, 7, 7, 9]), np.array([7, 1, 9])).a.tolist()
    [1, 2, 3]
    """
    shared = np.intersect1d(keys_a, keys_b)
    members = []
    for keys in (keys_a, keys_b):
        slot = np.searchsorted(shared, keys)
        is_in = np.zeros(len(keys), np.bool_)
        is_in[slot < len(shared)] = shared[slot[slot < len(shared)]] == keys[slot < len(shared)]
        positions = np.flatnonzero(is_in)
        positions = positions[np.argsort(slot[positions], kind="stable")]
        starts = np.concatenate([[0], np.cumsum(np.bincount(slot[is_in], minlength=len(shared)))])
        members += [positions.astype(np.int64), starts.astype(np.int64)]
    return Groups(*members)
