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
    if proto not in {ICMP, ICMPV6} or flags & TRANSPORT == 0:
        return 0
    if kind in {8, 128}:
        return 1
    return 2 if kind in {0, 129} else 0


@kernel
def compare_rows(one: Any, two: Any, a: Any, b: Any, block: Any, counts_altered: Any, told: Any, counts: Any) -> int:
    """Write the bits of each pair into ``told`` uint8; add to ``counts`` int64 (6, blocks); return altered pairs.

    ``one`` and ``two`` are rows, ``a`` and ``b`` ``Fields``. Counted are both identifications, both stamps and both
    details, same and other in turn; of pairs whose payload differs only if ``counts_altered``.
    """
    altered = 0
    for pair in range(len(one)):
        i, j = one[pair], two[pair]
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
        if counts_altered or not is_altered:
            here = block[pair]
            counts[0, here] += bits & SAME_IDENT != 0
            counts[1, here] += bits & OTHER_IDENT != 0
            counts[2, here] += bits & SAME_STAMP != 0
            counts[3, here] += bits & OTHER_STAMP != 0
            counts[4, here] += bits & SAME_DETAIL != 0
            counts[5, here] += bits & OTHER_DETAIL != 0
        if is_altered:
            bits |= ALTERED
            altered += 1
        told[pair] = bits
    return altered
