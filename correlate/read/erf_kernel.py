"""Walk Endace ERF records in a buffer.

In: bytes, where to start. Out: one row per record, its type, where the walk stopped and why.
Method: Endace "ERF types"; extension headers (top bit of the type) and the bytes before the frame are stepped over.
Not here: what a type means (``erf.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel
from correlate.read.records_kernel import BAD_BLOCK_LENGTH, BEYOND_BLOCK, FULL, MORE, read32

HEADER = 16
PAD = 48
"""Type of records that only fill."""
NANOSECONDS = 1_000_000_000


@kernel
def bytes_before(kind: Any) -> Any:
    """Return how many bytes stand between the headers of a record and its frame, by type."""
    if kind in (2, 11, 16, 20):  # Ethernet: offset and padding
        return 2
    if kind in (5, 6, 7, 8, 9, 12, 17, 18):  # multi-channel types: a channel header
        return 4
    return 0


@kernel
def walk_erf(
    data: Any,
    start: Any,
    end: Any,
    offset: Any,
    cap_len: Any,
    wire_len: Any,
    ts_ns: Any,
    kinds: Any,
    lost: Any,
    state: Any,
) -> Any:
    """Fill the rows of the records between ``start`` and ``end``; return their count.

    ``kinds`` int32: type << 2 | port. ``lost`` int32: the record's loss counter (a colour for some types).
    """
    position: Any = start
    row, status = 0, FULL
    detail: Any = 0
    while row < len(offset):
        if position + HEADER > end:
            status, detail = MORE, HEADER
            break
        total = (np.int64(data[position + 10]) << 8) | np.int64(data[position + 11])
        kind = np.int64(data[position + 8])
        if total < HEADER or (total == HEADER and kind != PAD):
            status, detail = BAD_BLOCK_LENGTH, total
            break
        if position + total > end:
            status, detail = MORE, total
            break
        frame, more = position + HEADER, kind & 0x80
        while more and frame + 8 <= position + total:
            more = np.int64(data[frame]) & 0x80
            frame += 8
        frame += bytes_before(kind & 0x7F)
        if more or frame > position + total:
            status, detail = BEYOND_BLOCK, total
            break
        if kind != PAD:
            original = (np.int64(data[position + 14]) << 8) | np.int64(data[position + 15])
            offset[row] = frame
            cap_len[row] = min(original, position + total - frame)
            wire_len[row] = original
            # Seconds and 2**-32 of them; the product of 32 bits and 10**9 fits 62 bits.
            fraction = read32(data, position, 0) * NANOSECONDS
            ts_ns[row] = read32(data, position + 4, 0) * NANOSECONDS + ((fraction + 0x80000000) >> 32)
            kinds[row] = ((kind & 0x7F) << 2) | (np.int64(data[position + 9]) & 3)
            lost[row] = (np.int64(data[position + 12]) << 8) | np.int64(data[position + 13])
            row += 1
        position += total
    state[0], state[1], state[2] = position, status, detail
    return row
