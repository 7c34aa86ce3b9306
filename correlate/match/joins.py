"""Joins of two key columns.

**In:** int64 keys of two sides. **Out:** positions in them.
**Method:** a hash table where each key is wanted once (``joins_kernel.py``), else searches in sorted keys.
**Not here:** what a key is made of (``climbing.py``).
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from correlate.match.joins_kernel import FREE, SEVERAL, fill_table, look_up
from correlate.model.arrays import I32, I64, Bool, frozen
from correlate.model.ordering import distinct, group_order
from correlate.parallel import two_at_a_time


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


class KeyTable(NamedTuple):
    """Keys of one side, to be joined with those of others."""

    keys: I64
    slots: I32 | None
    """Where each key stands (``joins_kernel.py``); None = too many fall together."""
    is_twin: Bool
    """The side has the key more than once; empty = not known."""
    before: I32
    """Position of the same key before, -1 = none; empty = not asked for."""


def tabulate(keys: I64, *, tells_before: bool = False) -> KeyTable:
    """Return the table of keys. Cost O(n), and O(n log n) where a hostile capture chose them."""
    keys = frozen(keys, np.int64)
    bits = _bits(len(keys))
    slots, is_twin = np.full(1 << bits, FREE, np.int32), np.zeros(len(keys), np.bool_)
    before = np.full(len(keys) if tells_before else 0, FREE, np.int32)
    with np.errstate(over="ignore"):  # products wrap on purpose; only seen when kernels run uncompiled
        if not fill_table(keys, bits, slots, is_twin, before):
            return KeyTable(keys, slots, is_twin, before)
    order = group_order(keys)
    again = keys[order[1:]] == keys[order[:-1]]
    is_twin[:], before[:] = False, FREE
    is_twin[order[1:][again]] = True
    is_twin[order[:-1][again]] = True
    if tells_before:
        before[order[1:][again]] = order[:-1][again]
    return KeyTable(keys, None, is_twin, before)


def _bits(count: int) -> int:
    """Return the bits of slots of a table: two to four for each key."""
    return max(1, count).bit_length() + 1


def join(keys_a: I64, keys_b: I64) -> Join:
    """Return where the keys of each side stand on the other."""
    keys_b = frozen(keys_b, np.int64)
    return join_tables(tabulate(keys_a), KeyTable(keys_b, None, np.zeros(0, np.bool_), np.zeros(0, np.int32)))


def join_tables(a: KeyTable, b: KeyTable) -> Join:
    """Return where the keys of each side stand on the other; by halves of B where its twins are known."""
    slots, count = a.slots, len(b.keys)
    if slots is None:
        return _by_sorting(a.keys, b.keys)
    found = Join(np.full(len(a.keys), FREE, np.int32), np.zeros(count, np.bool_))
    found.partner[a.is_twin] = SEVERAL

    def part(begin: int, end: int) -> int:
        with np.errstate(over="ignore"):
            return look_up(a.keys, b.keys, begin, end, _bits(len(a.keys)), frozen(slots), frozen(b.is_twin), *found)

    if len(b.is_twin):
        two_at_a_time([partial(part, 0, count // 2), partial(part, count // 2, count)], packets=count)
    else:
        part(0, count)
    return found


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
    found = join(keys_a, keys_b)
    may_be_in = found.is_several.copy()
    may_be_in[found.partner[found.partner >= 0]] = True
    # Few occur on both sides: only those are sorted.
    asked = np.flatnonzero(found.partner != FREE), np.flatnonzero(may_be_in)
    shared = np.intersect1d(distinct(keys_a[asked[0]]), distinct(keys_b[asked[1]]), assume_unique=True)
    members = []
    for keys, some in zip((keys_a, keys_b), asked, strict=True):
        own = keys[some]
        slot = np.searchsorted(shared, own)
        is_in = slot < len(shared)
        is_in[is_in] = shared[slot[is_in]] == own[is_in]
        at, slot = (some, slot) if is_in.all() else (some[is_in], slot[is_in])
        starts = np.concatenate([[0], np.cumsum(np.bincount(slot, minlength=len(shared)))])
        order = np.argsort(slot, kind="stable")
        members += [at[order].astype(np.int64, copy=False), starts.astype(np.int64)]
    return Groups(*members)


def are_there(keys: I64, there: I64) -> Bool:
    """Return which keys occur in the others.

    >>> are_there(np.array([5, 7, 7]), np.array([7, 1])).tolist()
    [False, True, True]
    """
    single, of_key = np.unique(keys, return_inverse=True)
    return np.asarray(join(single, there).partner[of_key.reshape(-1)] != FREE, np.bool_)
