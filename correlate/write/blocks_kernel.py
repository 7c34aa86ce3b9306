"""Lay out pcapng packet blocks in a buffer.

In: frames as columns that point into a chunk. Out: their blocks, one after another.
Method: Enhanced Packet Blocks without options (draft-ietf-opsawg-pcapng section 4.3), little-endian; a frame without a
time is a Simple Packet Block (section 4.4), a numbered block without packet an empty Custom Block (section 4.8).
Not here: all other blocks (``pcapng.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel

ENHANCED, SIMPLE, CUSTOM = 6, 3, 0x40000BAD
NO_PACKET = -1
"""``interface`` of a row that is no packet."""
UNTIMED = -(2**63)
EMPTY_CUSTOM = 16


@kernel
def _put32(out: Any, at: Any, value: Any) -> None:
    out[at] = value & 0xFF
    out[at + 1] = (value >> 8) & 0xFF
    out[at + 2] = (value >> 16) & 0xFF
    out[at + 3] = (value >> 24) & 0xFF


@kernel
def sizes_of(cap_len: Any, ticks: Any, interface: Any, size: Any) -> Any:
    """Fill the bytes of each block and return their sum."""
    total = np.int64(0)
    for row in range(len(cap_len)):
        padded = (np.int64(cap_len[row]) + 3) & ~np.int64(3)
        if interface[row] == NO_PACKET:
            size[row] = EMPTY_CUSTOM
        elif ticks[row] == UNTIMED and interface[row] == 0:
            size[row] = 16 + padded
        else:
            size[row] = 32 + padded
        total += size[row]
    return total


@kernel
def put_blocks(
    data: Any, offset: Any, cap_len: Any, wire_len: Any, ticks: Any, interface: Any, size: Any, out: Any
) -> None:
    """Write the blocks of all rows into ``out``; ``ticks`` are stamps in the units of their interface."""
    at = np.int64(0)
    for row in range(len(cap_len)):
        total, length = size[row], np.int64(cap_len[row])
        _put32(out, at + 4, total)
        _put32(out, at + total - 4, total)
        if interface[row] == NO_PACKET:
            _put32(out, at, CUSTOM)
            _put32(out, at + 8, 0)
            at += total
            continue
        if ticks[row] == UNTIMED and interface[row] == 0:
            _put32(out, at, SIMPLE)
            _put32(out, at + 8, np.int64(wire_len[row]))
            body = at + 12
        else:
            stamp = np.int64(0) if ticks[row] == UNTIMED else ticks[row]
            _put32(out, at, ENHANCED)
            _put32(out, at + 8, np.int64(interface[row]))
            _put32(out, at + 12, stamp >> 32)
            _put32(out, at + 16, stamp)
            _put32(out, at + 20, length)
            _put32(out, at + 24, np.int64(wire_len[row]))
            body = at + 28
        first = offset[row]
        for index in range(length):
            out[body + index] = data[first + index]
        for index in range(body + length, at + total - 4):
            out[index] = 0
        at += total
