"""One component of many packets, in one pass.

In: rows and columns of a PacketTable. Out: the component, as ``components.py`` makes it.
Method: that of ``exact_kernel.py``, for rows in any order. What ICMP errors quote is not looked at.
Not here: few rows (``components.py``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from correlate.fingerprint.exact_kernel import (
    HAS_IP_ID,
    HAS_SACK,
    HAS_TS,
    ICMP,
    ICMP_ERROR,
    ICMPV6,
    NUMBERED,
    TCP,
    TRANSPORT,
    hash_body,
    hash_pair,
    hash_shape,
    stir,
)
from correlate.jit import kernel
from correlate.model.arrays import I32, I64, U8, U16, U32

PARTS = ("ident", "seq", "ack", "shape", "body", "head", "total", "stamp", "detail", "sack")
"""What the kernel makes, by number."""
IDENT, SEQ, ACK, SHAPE, BODY, HEAD, TOTAL, STAMP, DETAIL, SACK = range(10)

SUM_KNOWN = 1 << 15
"""Bit of ``PacketFlag``."""
BAD = 2
"""``ChecksumState``."""


class Columns(NamedTuple):
    """Columns of a PacketTable that components are made of."""

    flags: U32
    proto: U8
    ip_id: U32
    frag_offset: U16
    payload_len: I32
    payload_sum: U16
    l4_csum_state: U8
    head_digest: I64
    seq: U32
    ack: U32
    tcp_flags: U16
    window: U16
    urgent: U16
    tsval: U32
    tsecr: U32
    sack_left: U32
    sack_right: U32
    icmp_type: U8
    icmp_code: U8


@kernel
def fill_part(part: Any, rows: Any, columns: Any, twin: Any, found: Any) -> int:
    """Write one of ``PARTS`` of int64 ``rows`` into ``found`` uint64; return how many are not 0.

    ``twin`` int64 (256,) gives the ICMP type that an ICMPv6 type stands for.
    """
    one, known = np.uint64(1), 0
    for at in range(len(rows)):
        row = rows[at]
        mark, protocol = np.int64(columns.flags[row]), np.int64(columns.proto[row])
        has_transport = mark & TRANSPORT != 0
        is_tcp = protocol == TCP and has_transport
        is_icmp = (protocol == ICMP or protocol == ICMPV6) and has_transport  # noqa: SIM109 -- as echo_side
        value = np.uint64(0)
        if part == IDENT:
            value = ~value
            if mark & HAS_IP_ID != 0:
                value = np.uint64(np.int64(columns.ip_id[row]) & 0xFFFF)
        elif part == SEQ:
            if is_tcp or mark & NUMBERED != 0 or (is_icmp and mark & ICMP_ERROR == 0):
                value = np.uint64(columns.seq[row])
        elif part == ACK:
            if mark & NUMBERED != 0 or (is_tcp and np.int64(columns.tcp_flags[row]) & 16 != 0):
                value = np.uint64(columns.ack[row])
        elif part == SHAPE:
            tcp_flags, kind, code = (
                np.int64(columns.tcp_flags[row]),
                np.int64(columns.icmp_type[row]),
                np.int64(columns.icmp_code[row]),
            )
            value = hash_shape(protocol, mark, tcp_flags, kind, code, twin, np.int64(columns.frag_offset[row]))
        elif part == BODY:
            value = hash_body(mark, is_tcp, columns.payload_len[row], np.uint64(columns.head_digest[row]))
        elif part == HEAD:
            if mark & ICMP_ERROR == 0 and columns.payload_len[row] > 0 and columns.head_digest[row] != 0:
                side = echo_side(is_icmp, columns.icmp_type[row])
                value = stir(np.uint64(0), np.uint64(columns.payload_len[row]))
                value = stir(stir(value, np.uint64(columns.head_digest[row])), side)
                value = (value ^ (value >> np.uint64(31))) | one
        elif part == TOTAL:
            if mark & (SUM_KNOWN | ICMP_ERROR) == SUM_KNOWN and columns.l4_csum_state[row] != BAD:
                value = np.uint64(columns.payload_sum[row])
        elif part == STAMP:
            if mark & HAS_TS != 0:
                value = hash_pair(np.uint64(columns.tsval[row]), np.uint64(columns.tsecr[row])) | one
        elif part == DETAIL:
            if is_tcp:
                value = hash_pair(np.uint64(columns.window[row]), np.uint64(columns.urgent[row]))
        elif is_tcp and mark & HAS_SACK != 0:
            value = hash_pair(np.uint64(columns.sack_left[row]), np.uint64(columns.sack_right[row])) | one
        found[at] = value
        known += value != 0
    return known


@kernel
def echo_side(is_icmp: Any, kind: Any) -> Any:
    """Return 1 for an ICMP echo request, 2 for a reply, else 0; uint64."""
    # ruff: noqa: PLR1714 -- compiled, a set is built for every packet
    if is_icmp and (kind == 8 or kind == 128):
        return np.uint64(1)
    return np.uint64(2) if is_icmp and (kind == 0 or kind == 129) else np.uint64(0)
