"""Walk snoop records in a buffer.

In: bytes, where to start. Out: one row per record, where the walk stopped, why, and the drop counter.
Method: RFC 1761; every number is big-endian, and a record says itself where the next one begins.
Not here: the file header (``snoop.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel
from correlate.read.records_kernel import BEYOND_BLOCK, FULL, MORE, TOO_LONG, read32

DROPS = 4
"""Element of ``state`` behind those of ``records_kernel``: the greatest drop counter seen."""
HEADER = 24


@kernel
def walk_snoop(
    data: Any,
    start: Any,
    end: Any,
    limit: Any,
    offset: Any,
    cap_len: Any,
    wire_len: Any,
    ts_ns: Any,
    state: Any,
) -> Any:
    """Fill the rows of the records between ``start`` and ``end``; return their count.

    ``limit`` is the greatest captured length believed; a record may be padded by as much again.
    """
    position, row, status, detail, odd_stamps, drops = start, 0, FULL, 0, 0, state[4]
    while row < len(offset):
        if position + HEADER > end:
            status, detail = MORE, HEADER
            break
        original = read32(data, position, 1)
        captured = read32(data, position + 4, 1)
        total = read32(data, position + 8, 1)
        if captured > limit or total > HEADER + 2 * limit:
            status, detail = TOO_LONG, max(captured, total - HEADER)
            break
        if captured > total - HEADER:
            status, detail = BEYOND_BLOCK, captured
            break
        if position + total > end:
            status, detail = MORE, total
            break
        offset[row] = position + HEADER
        cap_len[row] = captured
        wire_len[row] = min(max(original, captured), 0x7FFFFFFF)
        drops = max(drops, read32(data, position + 12, 1))
        micros = read32(data, position + 20, 1)
        odd_stamps += micros >= 1_000_000
        ts_ns[row] = read32(data, position + 16, 1) * 1_000_000_000 + micros * 1000
        position += total
        row += 1
    state[0], state[1], state[2], state[3], state[4] = position, status, detail, odd_stamps, drops
    return row
