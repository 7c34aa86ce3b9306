"""The strictest key of every packet, in one pass.

In: columns of a PacketTable and its quotes. Out: the key, and the numbers that count as evidence.
Method: the components of ``components.py``, hashed as ``model.fingerprints.mixed`` does, without writing any of them.
Not here: components of single packets, and captures so small that loading this would take longer (``components.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel

TCP, ICMP, ICMPV6 = 6, 1, 58
HAS_IP_ID, MF, TRANSPORT, HAS_TS, HAS_SACK, ICMP_ERROR, NUMBERED = (1 << k for k in (1, 3, 9, 10, 14, 18, 23))
"""Bits of ``PacketFlag``."""
TCP_FLAGS = 0x3F
CUT_AWAY = 0x5C
NO_IDENT = np.uint64((1 << 64) - 1)

_STEP = np.uint64(0x9E3779B97F4A7C15)
_ONE, _TWO = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)


@kernel
def stir(state: Any, part: Any) -> Any:
    """Return the state after one more part; all uint64, wrapping."""
    state = (state ^ part) + _STEP
    state = (state ^ (state >> _30)) * _ONE
    return (state ^ (state >> _27)) * _TWO


@kernel
def hash_pair(one: Any, two: Any) -> Any:
    """Return the hash of two uint64."""
    state = stir(stir(np.uint64(0), one), two)
    return state ^ (state >> _31)


@kernel
def hash_shape(protocol: Any, mark: Any, tcp_flags: Any, icmp_type: Any, icmp_code: Any, twin: Any, cut: Any) -> Any:
    """Return ``shape`` of a packet, uint64; all given as int64, ``twin`` as an array."""
    is_v6 = protocol == ICMPV6
    has_transport = mark & TRANSPORT != 0
    kind = 0
    if (protocol == ICMP or is_v6) and has_transport:
        kind = (twin[icmp_type] if is_v6 else icmp_type) * 256
        if mark & ICMP_ERROR == 0:
            kind += icmp_code
    if protocol == TCP and has_transport:
        kind = tcp_flags & TCP_FLAGS
    if mark & NUMBERED != 0:
        kind = icmp_type
    cut = cut * 2 + (1 if mark & MF != 0 else 0)
    shape = stir(stir(stir(np.uint64(0), np.uint64(ICMP if is_v6 else protocol)), np.uint64(kind)), np.uint64(cut))
    return shape ^ (shape >> _31)


@kernel
def hash_body(mark: Any, is_tcp: Any, length: Any, first: Any) -> Any:
    """Return ``body`` of a packet, uint64; ``first`` is the digest of the first bytes, uint64."""
    zero = np.uint64(0)
    held = zero if mark & ICMP_ERROR != 0 else np.uint64(length)
    if is_tcp or held == zero:
        first = zero
    elif first == zero:
        first = np.uint64(CUT_AWAY)
    return hash_pair(held, first)


@kernel
def exact_keys(
    flags: Any,
    proto: Any,
    ip_id: Any,
    frag_offset: Any,
    payload_len: Any,
    head_digest: Any,
    seq: Any,
    ack: Any,
    tcp_flags: Any,
    window: Any,
    urgent: Any,
    tsval: Any,
    tsecr: Any,
    sack_left: Any,
    sack_right: Any,
    icmp_type: Any,
    icmp_code: Any,
    twin: Any,
    quote_row: Any,
    quote_seq: Any,
    quote_sum: Any,
    quote_id: Any,
    exact: Any,
    counted: Any,
    acked: Any,
) -> int:
    """Write ``exact`` uint64, and ``seq`` and ``ack`` as components into ``counted`` and ``acked``; return quotes used.

    ``head_digest`` is uint64; ``twin`` int64 (256,) gives the ICMP type that an ICMPv6 type stands for.
    """
    zero, bit = np.uint64(0), np.uint64(1)
    quote = 0
    for row in range(len(flags)):
        mark, protocol = np.int64(flags[row]), np.int64(proto[row])
        has_transport = mark & TRANSPORT != 0
        is_error = mark & ICMP_ERROR != 0
        is_tcp = protocol == TCP and has_transport
        is_numbered = mark & NUMBERED != 0
        is_icmp = protocol == ICMP or protocol == ICMPV6  # noqa: PLR1714 -- a set would be built for every packet
        number = zero
        if is_tcp or is_numbered or (is_icmp and not is_error and has_transport):
            number = np.uint64(seq[row])
        answer = zero
        if is_numbered or (is_tcp and np.int64(tcp_flags[row]) & 16 != 0):
            answer = np.uint64(ack[row])
        detail = zero
        if is_tcp:
            detail = hash_pair(np.uint64(window[row]), np.uint64(urgent[row]))
        while quote < len(quote_row) and quote_row[quote] == row:
            number, answer = np.uint64(max(0, quote_seq[quote])), np.uint64(max(0, quote_sum[quote]))
            detail = stir(zero, np.uint64(quote_id[quote]) if quote_id[quote] >= 0 else NO_IDENT)
            detail ^= detail >> _31
            quote += 1
        counted[row], acked[row] = number, answer
        shape = hash_shape(
            protocol,
            mark,
            np.int64(tcp_flags[row]),
            np.int64(icmp_type[row]),
            np.int64(icmp_code[row]),
            twin,
            np.int64(frag_offset[row]),
        )
        body = hash_body(mark, is_tcp, payload_len[row], head_digest[row])
        stamp = zero
        if mark & HAS_TS != 0:
            stamp = hash_pair(np.uint64(tsval[row]), np.uint64(tsecr[row])) | bit
        sack = zero
        if is_tcp and mark & HAS_SACK != 0:
            sack = hash_pair(np.uint64(sack_left[row]), np.uint64(sack_right[row])) | bit
        key = stir(zero, np.uint64(np.int64(ip_id[row]) & 0xFFFF) if mark & HAS_IP_ID != 0 else NO_IDENT)
        key = stir(stir(stir(stir(key, number), answer), shape), body)
        key = stir(stir(stir(key, stamp), detail), sack)
        exact[row] = key ^ (key >> _31)
    return quote
