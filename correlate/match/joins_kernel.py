"""Keys that occur once on each side, by one pass over either.

In: int64 keys of two sides. Out: per position of A that of B with the same key, or none.
Method: open addressing over the keys of A. Captures of the same traffic go on alike, so a key of B is first looked for
where the one before it was found. Keys that a hostile capture made fall together are given up after
``FARTHEST`` steps: the caller sorts instead.
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
NEAR = 4
"""Positions that are tried before the table."""
FARTHEST = 256
"""Steps from a key's own slot; at most half of the slots are taken, so chance needs a few dozen."""

_FACTOR = 0x9E3779B97F4A7C15 - (1 << 64)
"""Knuth's multiplicative hashing; as a signed number, whose bits wrap alike."""


@kernel
def pair_unique(keys_a: I64, keys_b: I64, bits: int, slots: I32, partner: I32, is_several: Bool) -> int:
    """Write into ``partner[i]`` where on B the key of A's ``i`` stands, if it is once on each side.

    Else ``SEVERAL`` if either side has it more than once, ``FREE`` if B lacks it. ``slots`` int32 (2 ** bits,), all
    ``FREE``, at least twice as many as keys of A. ``is_several``, all False, tells of the positions of B whether their
    key stands on A and is not once on each side.
    Return 0, or 1 if keys fall together.
    """
    mask = len(slots) - 1
    shift = 64 - bits
    factor = np.int64(_FACTOR)
    low = np.int64(mask)
    for i in range(len(keys_a)):
        key = keys_a[i]
        partner[i] = FREE
        at = ((key * factor) >> shift) & low
        for step in range(FARTHEST + 1):
            if step == FARTHEST:
                return 1
            first = slots[at]
            if first == FREE:
                slots[at] = i
                break
            if keys_a[first] == key:
                partner[first] = SEVERAL
                partner[i] = SEVERAL
                break
            at = (at + 1) & low
    due = 0
    for j in range(len(keys_b)):
        key = keys_b[j]
        found = FREE
        for near in range(due, min(due + NEAR, len(keys_a))):
            if keys_a[near] == key:
                found = near
                break
        if found == FREE:
            at = ((key * factor) >> shift) & low
            # No key of A stands farther from its own slot, or the first loop had given up.
            for _ in range(FARTHEST):
                first = slots[at]
                if first == FREE:
                    break
                if keys_a[first] == key:
                    found = first
                    break
                at = (at + 1) & low
        if found == FREE:
            continue
        due = found + 1
        if partner[found] == FREE:
            partner[found] = j
            continue
        if partner[found] >= 0:
            is_several[partner[found]] = True
            partner[found] = SEVERAL
        is_several[j] = True
    return 0
