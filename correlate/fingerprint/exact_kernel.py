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
        mark, protocol = int(flags[row]), int(proto[row])
        has_transport = mark & TRANSPORT != 0
        is_error = mark & ICMP_ERROR != 0
        is_tcp = protocol == TCP and has_transport
        is_numbered = mark & NUMBERED != 0
        is_v6 = protocol == ICMPV6
        is_icmp = protocol == ICMP or is_v6
        number = zero
        if is_tcp or is_numbered or (is_icmp and not is_error and has_transport):
            number = np.uint64(seq[row])
        answer = zero
        if is_numbered or (is_tcp and int(tcp_flags[row]) & 16 != 0):
            answer = np.uint64(ack[row])
        detail = zero
        if is_tcp:
            detail = stir(stir(zero, np.uint64(window[row])), np.uint64(urgent[row]))
            detail ^= detail >> _31
        while quote < len(quote_row) and quote_row[quote] == row:
            number, answer = np.uint64(max(0, quote_seq[quote])), np.uint64(max(0, quote_sum[quote]))
            detail = stir(zero, np.uint64(quote_id[quote]) if quote_id[quote] >= 0 else NO_IDENT)
            detail ^= detail >> _31
            quote += 1
        counted[row], acked[row] = number, answer
        kind = 0
        if is_icmp and has_transport:
            kind = (int(twin[icmp_type[row]]) if is_v6 else int(icmp_type[row])) * 256
            if not is_error:
                kind += int(icmp_code[row])
        if is_tcp:
            kind = int(tcp_flags[row]) & TCP_FLAGS
        if is_numbered:
            kind = int(icmp_type[row])
        cut = int(frag_offset[row]) * 2 + (1 if mark & MF != 0 else 0)
        shape = stir(stir(stir(zero, np.uint64(ICMP if is_v6 else protocol)), np.uint64(kind)), np.uint64(cut))
        shape ^= shape >> _31
        length = zero if is_error else np.uint64(payload_len[row])
        first = zero if is_error else np.uint64(head_digest[row])
        if is_tcp or length == zero:
            first = zero
        elif first == zero:
            first = np.uint64(CUT_AWAY)
        body = stir(stir(zero, length), first)
        body ^= body >> _31
        stamp = zero
        if mark & HAS_TS != 0:
            stamp = stir(stir(zero, np.uint64(tsval[row])), np.uint64(tsecr[row]))
            stamp = (stamp ^ (stamp >> _31)) | bit
        sack = zero
        if is_tcp and mark & HAS_SACK != 0:
            sack = stir(stir(zero, np.uint64(sack_left[row])), np.uint64(sack_right[row]))
            sack = (sack ^ (sack >> _31)) | bit
        key = stir(zero, np.uint64(int(ip_id[row]) & 0xFFFF) if mark & HAS_IP_ID != 0 else NO_IDENT)
        key = stir(stir(stir(stir(key, number), answer), shape), body)
        key = stir(stir(stir(key, stamp), detail), sack)
        exact[row] = key ^ (key >> _31)
    return quote
