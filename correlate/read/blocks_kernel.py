"""Find the blocks of a pcapng buffer that go with a capture without being packets of it.

In: bytes of a file. Out: where blocks of two kinds begin, and where the walk stopped.
Method: one pass over block headers only; what is between them is never touched.
Not here: what the blocks hold (``blocks.py``), packets (``records_kernel.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel
from correlate.read.records_kernel import read32

POSITION, ORDER, NEEDS, COUNT = 0, 1, 2, 3
"""Elements of ``state``: where the walk stopped, whether big-endian, bytes the next block needs (0 = the rest is
damaged or the places are full), how many places were filled."""


@kernel
def find_blocks(data: Any, start: Any, end: Any, kinds: Any, max_block: Any, places: Any, state: Any) -> None:
    """Fill ``places``, shape (n, 2), with (offset, big-endian) of whole blocks whose type is in ``kinds``."""
    position, big, count, needs = start, state[1], 0, 0
    while count < len(places):
        if position + 12 > end:
            needs = 12
            break
        kind = read32(data, position, big)
        if kind == 0x0A0D0D0A:
            big = 1 if data[position + 8] == 0x1A else 0
        total = read32(data, position + 4, big)
        if total < 12 or total % 4 != 0 or total > max_block:
            break
        if position + total > end:
            needs = total
            break
        for wanted in kinds:
            if kind == wanted:
                places[count, 0], places[count, 1] = position, big
                count += 1
        position += total
    state[0], state[1], state[2], state[3] = position, big, needs, count
