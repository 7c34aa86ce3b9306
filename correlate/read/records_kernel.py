"""Walk record headers in a buffer of capture file bytes.

In: bytes, where to start, how the file is laid out. Out: one row per record, where the walk stopped, and why.
Method: one pass over headers only; frame bytes are never touched. A record counts once all of it is in the buffer.
Not here: reading the file (``window.py``) and blocks that describe interfaces or sections (``pcapng.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel

MORE = 0
"""The record at the position is not complete in the buffer; ``detail`` = bytes it needs, so far as known."""
FULL = 1
"""The row arrays are full."""
SPECIAL = 2
"""A complete pcapng block that changes what follows; ``detail`` = its type."""
TOO_LONG = 3
"""A captured length above the limit; ``detail`` = the length."""
BAD_BLOCK_LENGTH = 4
"""A pcapng block length that cannot be; ``detail`` = the length."""
BAD_TRAILER = 5
"""The length after a pcapng block differs from the one before it; ``detail`` = the length after it."""
BEYOND_BLOCK = 6
"""A captured length that does not fit its pcapng block; ``detail`` = the length."""
NO_INTERFACE = 7
"""A pcapng block names an interface that its section does not describe; ``detail`` = its number."""

LEAP = 8
"""A stamp far from the one before it (only where a file is repaired); ``detail`` = its second."""

POSITION, STATUS, DETAIL, ODD_STAMPS = 0, 1, 2, 3
"""Elements of ``state``, which every walk sets; the last one counts pcap fractions of a second above a second."""

SECTION, INTERFACE, OBSOLETE_PACKET, SIMPLE_PACKET, STATISTICS, ENHANCED_PACKET = 0x0A0D0D0A, 1, 2, 3, 5, 6
"""pcapng block types (draft-ietf-opsawg-pcapng section 4)."""

_1, _2, _3 = np.uint64(1), np.uint64(2), np.uint64(3)

NO_TICKS = -1
"""``high`` of a row without time stamp."""


@kernel
def read32(data: Any, at: Any, big: Any) -> Any:
    """Return the unsigned 32-bit number at ``at`` as int64."""
    i = np.uint64(at)  # signed indices cost a test for negative ones each
    first, second = np.int64(data[i]), np.int64(data[i + _1])
    third, fourth = np.int64(data[i + _2]), np.int64(data[i + _3])
    if big:
        return (first << 24) | (second << 16) | (third << 8) | fourth
    return (fourth << 24) | (third << 16) | (second << 8) | first


@kernel
def walk_pcap(
    data: Any,
    start: Any,
    end: Any,
    big: Any,
    header: Any,
    lengths: Any,
    limit: Any,
    unit_ns: Any,
    offset: Any,
    cap_len: Any,
    wire_len: Any,
    ts_ns: Any,
    state: Any,
) -> Any:
    """Fill the rows of the pcap records between ``start`` and ``end``; return their count.

    ``header`` is the bytes of a record header; ``lengths`` 0 = captured then original, 1 = the other way round,
    2 = the smaller is the captured one; ``limit`` the greatest captured length believed; ``unit_ns`` the unit of the
    fraction of a second.
    """
    position, row, status, detail, odd_stamps = start, 0, FULL, 0, 0
    while row < len(offset):
        if position + header > end:
            status, detail = MORE, header
            break
        captured = read32(data, position + 8, big)
        original = read32(data, position + 12, big)
        if lengths == 1 or (lengths == 2 and captured > original):
            captured, original = original, captured
        if captured > limit:
            status, detail = TOO_LONG, captured
            break
        if position + header + captured > end:
            status, detail = MORE, header + captured
            break
        offset[row] = position + header
        cap_len[row] = captured
        # int32 columns: a lying original length is cut to the greatest one.
        wire_len[row] = min(max(original, captured), 0x7FFFFFFF)
        seconds = read32(data, position, big)
        fraction_ns = read32(data, position + 4, big) * unit_ns
        odd_stamps += fraction_ns >= 1_000_000_000
        ts_ns[row] = seconds * 1_000_000_000 + fraction_ns
        position += header + captured
        row += 1
    state[0], state[1], state[2], state[3] = position, status, detail, odd_stamps
    return row


@kernel
def walk_pcapng(
    data: Any,
    start: Any,
    end: Any,
    big: Any,
    interfaces: Any,
    places: Any,
    limits: Any,
    snaplens: Any,
    no_packet: Any,
    max_block: Any,
    row: Any,
    offset: Any,
    cap_len: Any,
    wire_len: Any,
    high: Any,
    low: Any,
    interface: Any,
    state: Any,
) -> Any:
    """Fill rows from ``row`` on with the packet blocks between ``start`` and ``end``; return the count of all rows.

    Blocks without packets are passed over; a section header, an interface description or statistics stop the walk
    (``SPECIAL``). ``places`` (index in the file), ``limits`` and ``snaplens`` (0 = none) have one element for each of
    the section's ``interfaces``. Blocks that Wireshark numbers although they are no packets become empty rows of
    interface ``no_packet``; they stop the walk while that is negative.
    """
    position, status, detail = start, FULL, 0
    while row < len(offset):
        if position + 12 > end:
            status, detail = MORE, 12
            break
        kind = read32(data, position, big)
        total = read32(data, position + 4, big)
        if kind == 0x0A0D0D0A:
            # The type reads the same in both byte orders; the block's own order rules its length.
            total = read32(data, position + 4, 1 if data[position + 8] == 0x1A else 0)
        if total < 12 or total % 4 != 0 or total > max_block:
            status, detail = BAD_BLOCK_LENGTH, total
            break
        if position + total > end:
            status, detail = MORE, total
            break
        # Custom blocks, systemd journal entries, and six types of system events.
        is_numbered = kind in (0x0BAD, 0x40000BAD, 9, 0x204, 0x208, 0x216, 0x217, 0x221, 0x222)
        if kind in (0x0A0D0D0A, 1, 5) or (is_numbered and no_packet < 0):
            status, detail = SPECIAL, kind
            break
        trailer = read32(data, position + total - 4, big)
        if trailer != total:
            status, detail = BAD_TRAILER, trailer
            break
        if is_numbered:
            offset[row], cap_len[row], wire_len[row] = position + 8, 0, 0
            high[row], low[row], interface[row] = -1, 0, no_packet
            row += 1
        elif kind in (2, 3, 6):
            fixed = 16 if kind == 3 else 32
            if total < fixed:
                status, detail = BAD_BLOCK_LENGTH, total
                break
            index = 0 if kind == 3 else read32(data, position + 8, big)
            if kind == 2:
                # Obsolete packet block: 16 bits of interface, then 16 bits of drop counter.
                index = index >> 16 if big else index & 0xFFFF
            if index >= interfaces:
                status, detail = NO_INTERFACE, index
                break
            if kind == 3:
                original = read32(data, position + 8, big)
                captured = min(original, total - 16)
                if snaplens[index] > 0:
                    captured = min(captured, snaplens[index])
                high[row], low[row] = -1, 0
                offset[row] = position + 12
            else:
                captured = read32(data, position + 20, big)
                original = read32(data, position + 24, big)
                high[row] = read32(data, position + 12, big)
                low[row] = read32(data, position + 16, big)
                offset[row] = position + 28
            if captured > limits[index]:
                status, detail = TOO_LONG, captured
                break
            if captured > total - fixed:
                status, detail = BEYOND_BLOCK, captured
                break
            cap_len[row] = captured
            wire_len[row] = min(max(original, captured), 0x7FFFFFFF)
            interface[row] = places[index]
            row += 1
        position += total
    state[0], state[1], state[2] = position, status, detail
    return row
