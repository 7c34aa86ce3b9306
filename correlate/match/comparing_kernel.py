"""Pairs of packets compared in one pass over their columns.

In: rows of two vantages and the columns that tell. Out: bits per pair, and counts of them per block.
Method: the comparisons of ``comparing.py`` on raw columns: what is equal there has equal fingerprints.
Not here: what the bits mean for a pair (``ladder.py``), few pairs (``comparing.py``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from correlate.jit import kernel
from correlate.model.arrays import I32, I64, U8, U16, U32, Bool

SAME_IDENT, OTHER_IDENT, SAME_STAMP, OTHER_STAMP, ALTERED, BARE, SAME_DETAIL, OTHER_DETAIL = (1 << k for k in range(8))

TCP, ICMP, ICMPV6 = 6, 1, 58
TRANSPORT, HAS_TS, SUM_KNOWN, ICMP_ERROR = (1 << k for k in (9, 10, 15, 18))
"""Bits of ``PacketFlag``."""
BAD = 2
"""``ChecksumState``."""


class Fields(NamedTuple):
    """Columns of one vantage that are compared; one entry per row of its PacketTable."""

    flags: U32
    proto: U8
    ip_id: U32
    payload_len: I32
    payload_cap: I32
    payload_sum: U16
    l4_csum_state: U8
    digest: I64
    head_digest: I64
    tcp_flags: U16
    window: U16
    urgent: U16
    tsval: U32
    tsecr: U32
    icmp_type: U8
    is_telling: Bool


@kernel
def echo_side(proto: Any, flags: Any, kind: Any) -> int:
    """Return 1 for an ICMP echo request, 2 for a reply, else 0."""
    # ruff: noqa: PLR1714 -- compiled, a set is built for every packet: three times the time of all comparisons
    if (proto != ICMP and proto != ICMPV6) or flags & TRANSPORT == 0:
        return 0
    if kind == 8 or kind == 128:
        return 1
    return 2 if kind == 0 or kind == 129 else 0


@kernel
def compare_rows(
    begin: Any,
    end: Any,
    row_a: Any,
    row_b: Any,
    block_a: Any,
    block_b: Any,
    exact: Any,
    place: Any,
    a: Any,
    b: Any,
    counts_altered: Any,
    partner: Any,
    told: Any,
    counts: Any,
) -> int:
    """Write the bits of each pair into ``told`` uint8; add to ``counts`` int32 (blocks, 8); return altered pairs.

    Positions ``begin`` to ``end`` of A are done. ``partner`` int32 has the position on B of each, -1 = none; where
    ``exact`` is not empty, those without are given the one that the strictest key names: ``exact`` has a row of B, or
    less than 0, per row of A, and ``place`` the position of each row of B, -1 = none; empty = its own. Both must be of
    one block. ``a`` and ``b`` are ``Fields``. Counted per block are both identifications, both stamps and both details,
    same and other in turn, of pairs whose payload differs only if ``counts_altered``; and all pairs whose does not.
    """
    altered = 0
    for pair in range(begin, end):
        to = partner[pair]
        if to < 0 and len(exact) > 0:
            to = exact[row_a[pair]]
            if to >= 0 and len(place) > 0:
                to = place[to]
            if to >= 0 and block_b[to] == block_a[pair]:
                partner[pair] = to
            else:
                to = -1
        if to < 0:
            told[pair] = 0
            continue
        i, j = row_a[pair], row_b[to]
        flags_a, flags_b = int(a.flags[i]), int(b.flags[j])
        is_error_a, is_error_b = flags_a & ICMP_ERROR != 0, flags_b & ICMP_ERROR != 0
        length_a = 0 if is_error_a else int(a.payload_len[i])
        length_b = 0 if is_error_b else int(b.payload_len[j])
        bits = 0
        if a.is_telling[i] and b.is_telling[j]:
            bits |= SAME_IDENT if int(a.ip_id[i]) & 0xFFFF == int(b.ip_id[j]) & 0xFFFF else OTHER_IDENT
        if flags_a & flags_b & HAS_TS != 0:
            is_same = a.tsval[i] == b.tsval[j] and a.tsecr[i] == b.tsecr[j]
            bits |= SAME_STAMP if is_same else OTHER_STAMP
        is_altered = length_a != length_b
        if length_a > 0 and length_b > 0 and a.head_digest[i] != 0 and b.head_digest[j] != 0:
            is_altered |= a.head_digest[i] != b.head_digest[j]
            is_altered |= echo_side(a.proto[i], flags_a, a.icmp_type[i]) != echo_side(
                b.proto[j], flags_b, b.icmp_type[j]
            )
        if not is_error_a and not is_error_b:
            has_sums = flags_a & flags_b & SUM_KNOWN != 0 and a.payload_sum[i] != 0 and b.payload_sum[j] != 0
            if has_sums and a.l4_csum_state[i] != BAD and b.l4_csum_state[j] != BAD:
                is_altered |= a.payload_sum[i] != b.payload_sum[j]
            if length_a > 0 and length_b > 0 and a.payload_cap[i] == length_a and b.payload_cap[j] == length_b:
                is_altered |= (a.digest[i] | 1) != (b.digest[j] | 1)
        is_tcp_a, is_tcp_b = a.proto[i] == TCP, b.proto[j] == TCP
        if is_tcp_a and is_tcp_b and length_a > 0 and length_b > 0:
            has_detail = flags_a & TRANSPORT != 0
            is_same = has_detail == (flags_b & TRANSPORT != 0)
            if is_same and has_detail:
                is_same = a.window[i] == b.window[j] and a.urgent[i] == b.urgent[j]
            bits |= SAME_DETAIL if is_same else OTHER_DETAIL
        if is_tcp_a and flags_a & TRANSPORT != 0 and length_a == 0 and int(a.tcp_flags[i]) & 7 == 0:
            bits |= BARE
        here = block_a[pair]
        if not is_altered:
            counts[here, 6] += 1
        if counts_altered or not is_altered:
            counts[here, 0] += bits & SAME_IDENT != 0
            counts[here, 1] += bits & OTHER_IDENT != 0
            counts[here, 2] += bits & SAME_STAMP != 0
            counts[here, 3] += bits & OTHER_STAMP != 0
            counts[here, 4] += bits & SAME_DETAIL != 0
            counts[here, 5] += bits & OTHER_DETAIL != 0
        if is_altered:
            bits |= ALTERED
            altered += 1
        told[pair] = bits
    return altered
