"""Write frames as pcapng Enhanced Packet Blocks.

In: rows of a chunk, where each block goes, packet ids and remarks. Out: bytes in a buffer that the caller made.
Method: draft-ietf-opsawg-pcapng section 4.3; every row is copied once. Options: opt_comment (1), epb_packetid (5).
Not here: the order of the blocks (``interleave.py``), what the remarks say (``remarks.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel

FIXED_BYTES = 32
"""Block type, two lengths, interface, time stamp, two packet lengths."""


@kernel
def put32(out: Any, at: Any, value: Any) -> Any:
    """Write an unsigned 32-bit number, little-endian; return the position behind it."""
    out[at] = value & 0xFF
    out[at + 1] = (value >> 8) & 0xFF
    out[at + 2] = (value >> 16) & 0xFF
    out[at + 3] = (value >> 24) & 0xFF
    return at + 4


@kernel
def put_padded(out: Any, at: Any, source: Any, begin: Any, length: Any) -> Any:
    """Copy bytes and pad them with zeros to a multiple of four; return the position behind them.

    Views first: their indices are known not to be negative, which lets the loop become block moves (measured: 3 x).
    """
    target, piece = out[at : at + length], source[begin : begin + length]
    for index in range(length):
        target[index] = piece[index]
    at += length
    while length % 4 != 0:
        out[at] = 0
        at += 1
        length += 1
    return at


@kernel
def block_sizes(cap_len: Any, packet: Any, first_remark: Any, last_remark: Any, text_ends: Any, sizes: Any) -> Any:
    """Fill in the bytes of each row's block and return their sum.

    ``text_ends`` has one element more than there are texts: text ``t`` is ``[text_ends[t], text_ends[t + 1])``; remark
    ``r`` is the texts ``2 r`` (for people) and ``2 r + 1`` (for programs).
    """
    total = 0
    for row in range(len(cap_len)):
        size = 32 + ((cap_len[row] + 3) & ~3)
        options = 12 if packet[row] > 0 else 0
        for text in range(2 * first_remark[row], 2 * last_remark[row]):
            options += 4 + ((text_ends[text + 1] - text_ends[text] + 3) & ~3)
        if options:
            size += options + 4
        sizes[row] = size
        total += size
    return total


@kernel
def write_blocks(
    out: Any,
    at: Any,
    sizes: Any,
    data: Any,
    offset: Any,
    cap_len: Any,
    wire_len: Any,
    time_ns: Any,
    interface: Any,
    packet: Any,
    first_remark: Any,
    last_remark: Any,
    text_ends: Any,
    texts: Any,
) -> None:
    """Write the block of each row at ``at[row]`` of ``out``; ``sizes`` as of ``block_sizes``; ``packet`` 0 = no id."""
    for row in range(len(at)):
        position = put32(out, at[row], 6)
        position = put32(out, position, sizes[row])
        position = put32(out, position, interface[row])
        position = put32(out, position, time_ns[row] >> 32)
        position = put32(out, position, time_ns[row])
        position = put32(out, position, cap_len[row])
        position = put32(out, position, wire_len[row])
        position = put_padded(out, position, data, offset[row], cap_len[row])
        is_plain = packet[row] == 0 and first_remark[row] == last_remark[row]
        for text in range(2 * first_remark[row], 2 * last_remark[row]):
            length = text_ends[text + 1] - text_ends[text]
            position = put32(out, position, 1 | length << 16)
            position = put_padded(out, position, texts, text_ends[text], length)
        if packet[row] > 0:
            position = put32(out, position, 5 | 8 << 16)
            position = put32(out, position, packet[row])
            position = put32(out, position, packet[row] >> 32)
        if not is_plain:
            position = put32(out, position, 0)
        put32(out, position, sizes[row])
