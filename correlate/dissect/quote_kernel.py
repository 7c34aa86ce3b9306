"""The packet that an ICMP error quotes.

In: where the quotes start and what is captured of them. Out: the quoted addresses, ports and the few fields that
identify the packet.
Method: RFC 792 (IP header and at least 8 bytes more), RFC 4443 section 3, RFC 4884 (where extensions follow, the
header says where the quote ends). Lengths in a quote describe a packet that is not here, so they do not bound the
reading. Eight bytes of a datagram hold its checksum, and with it the sum of its payload (RFC 1624).
Not here: whose packet it was.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.dissect.transport_kernel import is_echo, pseudo_sum
from correlate.headers.bytes_kernel import be16, be32
from correlate.headers.carried_kernel import MAX_EXTENSIONS, checked_version
from correlate.jit import kernel
from correlate.wire.checksum import words_sum


@kernel
def skip_extensions(data: Any, at: Any, end: Any) -> Any:
    """Return ``(position, protocol, is first)`` behind the IPv6 header at ``at``; position ``end`` = cut."""
    following = np.int64(data[at + 6])
    at += 40
    for _ in range(MAX_EXTENSIONS):
        if following not in (0, 43, 44, 60):
            return at, following, True
        if at + 8 > end:
            return end, following, False
        size = 8 if following == 44 else np.int64(data[at + 1]) * 8 + 8
        is_later = following == 44 and (be16(data, at + 2) & 0xFFF8) != 0
        following = np.int64(data[at])
        at += size
        if at > end:
            return end, following, False
        if is_later:
            return at, following, False
    return end, following, False


@kernel
def sum_behind(total: Any) -> Any:
    """Return the payload's sum from that of all else a right checksum covers, 1..65535 (0 is stored as 65535)."""
    return 0xFFFF - total % 0xFFFF


@kernel
def read_quotes(
    data: Any,
    start: Any,
    end: Any,
    kept: Any,
    l3: Any,
    version: Any,
    proto: Any,
    sport: Any,
    dport: Any,
    out: Any,
) -> Any:
    """Read the quoted packets; return how many were readable.

    In: ``start``, ``end`` int64 (n,) captured bounds of each quote. Out, one row per readable quote: ``kept`` int64
    (index of the quote), ``l3`` int64 (position), ``version``, ``proto`` uint8, ports int32, ``out`` (QuoteColumns).
    """
    ip_id, ip_len, ttl, seq, l4_csum = out.ip_id, out.ip_len, out.ttl, out.seq, out.l4_csum
    payload_sum = out.payload_sum
    row = 0
    for i in range(len(start)):
        at, stop = start[i], end[i]
        found = checked_version(data, at, stop, 0)
        if found == 0:
            continue
        kept[row], l3[row], version[row] = i, at, found
        if found == 4:
            here, protocol = at + np.int64(data[at] & 15) * 4, np.int64(data[at + 9])
            is_first = (be16(data, at + 6) & 0x1FFF) == 0
            ip_id[row], ip_len[row], ttl[row] = be16(data, at + 4), be16(data, at + 2), data[at + 8]
        else:
            here, protocol, is_first = skip_extensions(data, at, stop)
            ip_id[row], ip_len[row], ttl[row] = -1, be16(data, at + 4) + 40, data[at + 7]
        proto[row] = protocol
        sport[row], dport[row], seq[row], l4_csum[row], payload_sum[row] = -1, -1, -1, -1, -1
        have = stop - here if is_first else 0
        if protocol in (6, 17) and have >= 4:
            sport[row], dport[row] = be16(data, here), be16(data, here + 2)
            if protocol == 6 and have >= 8:
                seq[row] = be32(data, here + 4)
            if protocol == 6 and have >= 18:
                l4_csum[row] = be16(data, here + 16)
            if protocol == 17 and have >= 8:
                l4_csum[row] = be16(data, here + 6)
                if l4_csum[row] != 0:
                    total = pseudo_sum(data, at, found, 17) + be16(data, here + 4)
                    payload_sum[row] = sum_behind(total + words_sum(data, here, here + 8))
        if protocol == (1 if found == 4 else 58) and have >= 4:
            l4_csum[row] = be16(data, here + 2)
            if have >= 8 and is_echo(found, np.int64(data[here])):
                sport[row] = dport[row] = be16(data, here + 4)
                seq[row] = be16(data, here + 6)
                total = words_sum(data, here, here + 8)
                if found == 6:
                    total += pseudo_sum(data, at, 6, 58) + np.int64(ip_len[row]) - (here - at)
                payload_sum[row] = sum_behind(total)
        row += 1
    return row
