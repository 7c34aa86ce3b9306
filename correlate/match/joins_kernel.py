"""Keys of two sides joined, by one pass over either.

In: int64 keys. Out: a table of one side's keys, and which it has more than once; where keys of one stand on the other.
Method: open addressing. Where the keys of both sides have tables, keys that occur once are told without looking at
others, so that any part of B can be looked up by itself, and two parts at a time. Keys that a hostile capture made fall
together are given up after ``FARTHEST`` steps: the caller sorts instead.
Not here: what a key is made of (``climbing.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.jit import kernel
from correlate.model.arrays import I32, I64, Bool

FREE = -1
"""Of a slot: no key. Of a partner: none."""
SEVERAL = -2
"""Of a partner: the key occurs more than once on a side."""
FARTHEST = 256
"""Steps from a key's own slot; at most half of the slots are taken, so chance needs a few dozen."""

_FACTOR = 0x9E3779B97F4A7C15 - (1 << 64)
"""Knuth's multiplicative hashing; as a signed number, whose bits wrap alike."""


@kernel
def fill_table(keys: I64, bits: int, slots: I32, is_twin: Bool, before: I32) -> int:
    """Write the position of each key into ``slots``, of equal keys that of the last, and mark all of these.

    ``slots`` int32 (2 ** bits,), all ``FREE``, at least twice as many as keys; ``is_twin`` all False. ``before``, where
    it is not empty, gets for every key but the first of equal ones the position of the one before it.
    Return 0, or 1 if keys fall together: then none of them means anything.
    """
    tells_before = len(before) > 0
    low, shift, factor = np.int64(len(slots) - 1), 64 - bits, np.int64(_FACTOR)
    for i in range(len(keys)):
        key = keys[i]
        at = ((key * factor) >> shift) & low
        for step in range(FARTHEST + 1):
            if step == FARTHEST:
                return 1
            first = slots[at]
            if first == FREE:
                slots[at] = i
                break
            if keys[first] == key:
                is_twin[first] = True
                is_twin[i] = True
                slots[at] = i
                if tells_before:
                    before[i] = first
                break
            at = (at + 1) & low
    return 0


@kernel
def look_up(
    keys_a: I64,
    keys_b: I64,
    begin: int,
    end: int,
    bits: int,
    slots: I32,
    is_twin_b: Bool,
    partner: I32,
    is_several: Bool,
) -> int:
    """Write into ``partner[i]`` where on B the key of A's ``i`` stands, for B's positions ``begin`` to ``end``.

    ``slots`` is the table of A. ``partner`` is ``FREE`` before, or ``SEVERAL`` at A's twins; where B's key is a twin it
    becomes ``SEVERAL``. ``is_several``, all False, tells of the positions of B whether their key stands on A and is not
    once on each side. Parts of B may be done at one time: what two of them write to one place is the same. With
    ``is_twin_b`` empty B's twins are not known: they show where all of B is done at once.
    Return how many keys were found.
    """
    knows_twins = len(is_twin_b) > 0
    low, shift, factor = np.int64(len(slots) - 1), 64 - bits, np.int64(_FACTOR)
    found = 0
    for j in range(begin, end):
        key = keys_b[j]
        at = ((key * factor) >> shift) & low
        # No key of A stands farther from its own slot, or it would have been given up.
        for _ in range(FARTHEST):
            first = slots[at]
            if first == FREE:
                break
            if keys_a[first] == key:
                found += 1
                before = partner[first]
                if before == FREE and not (knows_twins and is_twin_b[j]):
                    partner[first] = j
                    break
                is_several[j] = True
                partner[first] = SEVERAL
                if before >= 0:
                    is_several[before] = True
                break
            at = (at + 1) & low
    return found
