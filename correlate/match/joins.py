"""Joins of two key columns.

**In:** int64 keys of two sides. **Out:** positions in them.
**Method:** a hash table where each key is wanted once (``joins_kernel.py``), else searches in sorted keys.
**Not here:** what a key is made of (``climbing.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.match.joins_kernel import FREE, SEVERAL, pair_unique
from correlate.model.arrays import I32, I64, Bool, frozen
from correlate.model.ordering import group_order


class Groups(NamedTuple):
    """Groups of equal keys with members on both sides; members of a group in ascending position."""

    a: I64
    """Positions on side A, group after group."""
    a_start: I64
    """First member of each group in ``a``; one more at the end."""
    b: I64
    b_start: I64


class Join(NamedTuple):
    """Keys of two sides."""

    partner: I32
    """Per key of A: its position on B, if it occurs once on each side; ``SEVERAL`` if more often, else ``FREE``."""
    is_several: Bool
    """Per key of B: it occurs on A, and on one of the sides more than once."""


NO_JOIN = Join(np.zeros(0, np.int32), np.zeros(0, np.bool_))
"""Of sides without keys."""


def unique_pairs(keys_a: I64, keys_b: I64) -> tuple[I64, I64]:
    """Return the positions of keys that occur exactly once on each side.

    >>> unique_pairs(np.array([5, 7, 7, 9]), np.array([9, 7, 5]))[0].tolist()
    [0, 3]
    """
    partner = join(keys_a, keys_b).partner
    a = np.flatnonzero(partner >= 0)
    return a, partner[a].astype(np.int64)


def join(keys_a: I64, keys_b: I64) -> Join:
    """Return where the keys of each side stand on the other."""
    bits = max(1, len(keys_a)).bit_length() + 1
    found = Join(np.empty(len(keys_a), np.int32), np.zeros(len(keys_b), np.bool_))
    slots = np.full(1 << bits, FREE, np.int32)
    with np.errstate(over="ignore"):  # products wrap on purpose; only seen when kernels run uncompiled
        fall_together = pair_unique(frozen(keys_a, np.int64), frozen(keys_b, np.int64), bits, slots, *found)
    return _by_sorting(keys_a, keys_b) if fall_together else found


def _by_sorting(keys_a: I64, keys_b: I64) -> Join:
    """Return the same, whatever the keys: one sort of both sides together; runs of equal keys are the groups."""
    count = len(keys_a)
    keys = np.concatenate([keys_a, keys_b])
    order = group_order(keys)
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    sizes = np.diff(starts, append=len(keys))
    of_a = np.add.reduceat((order < count).astype(np.int64), starts)
    is_shared = (of_a > 0) & (of_a < sizes)
    mark = np.where(is_shared, SEVERAL, FREE)
    marks = np.empty(len(keys), np.int32)
    marks[order] = np.repeat(mark, sizes)
    # A key that A alone has more than once is no pair either way.
    marks[order[np.repeat((of_a > 1), sizes)]] = SEVERAL
    at = starts[is_shared & (sizes == 2)]
    one, two = np.minimum(order[at], order[at + 1]), np.maximum(order[at], order[at + 1])
    marks[one] = two - count
    marks[two] = FREE
    return Join(marks[:count], marks[count:] == SEVERAL)


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
