"""Walk Network Monitor frames in a buffer.

In: bytes, the table of frame offsets, which frame is next. Out: one row per frame, where the walk stopped and why.
Method: the frame table rules; there may be holes between frames. Without a table, frame follows frame.
Not here: the table and the meaning of times (``netmon.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel
from correlate.read.records_kernel import FULL, MORE, TOO_LONG, read32

BACK = 20
"""The next frame begins before the end of the former one; ``detail`` = its offset in the file."""
END = 21
"""The table is used up, or the place is reached where the table begins."""

ENTRY, LEAST = 3, 4
"""Elements of ``state``, in and out: the next frame's place in the table; the end of the former frame in the file."""


@kernel
def read64(data: Any, at: Any) -> Any:
    """Return the little-endian 64-bit number at ``at``, as int64 bits."""
    return read32(data, at, 0) | (read32(data, at + 4, 0) << 32)


@kernel
def walk_netmon(
    data: Any,
    base: Any,
    end: Any,
    table: Any,
    stop: Any,
    is_second: Any,
    trailer: Any,
    limit: Any,
    offset: Any,
    cap_len: Any,
    wire_len: Any,
    ticks: Any,
    network: Any,
    state: Any,
) -> Any:
    """Fill the rows of the frames that lie whole in ``data[:end]``; return their count.

    ``base`` is the offset of ``data[0]`` in the file; without a ``table`` the frames end at the offset ``stop``;
    ``is_second`` 1 = format 2.x, whose ``trailer`` bytes behind a
    frame hold its network (from 2 on) and its FILETIME (from 14 on; then ``ticks`` is that instead of the time since
    the start). Frames without a network have -1.
    """
    header = 16 if is_second else 8
    row, status, position = 0, FULL, end
    detail: Any = 0
    entry, least = state[3], state[4]
    while row < len(offset):
        if len(table) > 0 and entry >= len(table):
            status = END
            break
        begin = np.int64(table[entry]) if len(table) > 0 else least
        if len(table) == 0 and begin >= stop:
            status = END
            break
        if begin < max(least, base):
            # Before the former frame, or before what is held: the way to a damaged frame led further.
            status, detail = BACK, begin
            break
        position = begin - base
        if position + header > end:
            status, detail = MORE, header
            break
        if is_second:
            original, captured = read32(data, position + 8, 0), read32(data, position + 12, 0)
        else:
            lengths = read32(data, position + 4, 0)
            original, captured = lengths & 0xFFFF, lengths >> 16
        if captured > limit:
            status, detail = TOO_LONG, captured
            break
        total = header + captured + trailer
        if position + total > end:
            status, detail = MORE, total
            break
        offset[row] = position + header
        cap_len[row] = captured
        wire_len[row] = min(max(original, captured), 0x7FFFFFFF)
        behind = position + header + captured
        network[row] = np.int32(data[behind]) | (np.int32(data[behind + 1]) << 8) if trailer >= 2 else -1
        if trailer >= 14:
            ticks[row] = read64(data, behind + 6)
        elif is_second:
            ticks[row] = read64(data, position)
        else:
            ticks[row] = read32(data, position, 0)
        least = begin + total
        position += total
        entry += 1
        row += 1
    state[0], state[1], state[2], state[3], state[4] = position, status, detail, entry, least
    return row
