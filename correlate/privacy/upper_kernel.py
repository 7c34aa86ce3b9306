"""What must be rewritten in what an IP packet carries.

In: the packet's protocol and ends. Out: rows of the table of ``sites.py``.
Method: RFC 9293, 768, 792, 4443, 9260; numbers by which packets are told apart stay (ESP, AH, GRE, SCTP), what names
people or machines does not.
Not here: the IP header (``internet_kernel.py``), packets inside (``sites_kernel.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.bytes_kernel import be16
from correlate.jit import kernel
from correlate.privacy.rows_kernel import put, put_payload, put_sum
from correlate.privacy.sites import PORT, V4, V6, ZERO

NO_QUOTE = -1


@kernel
def _tcp_options(data: Any, at: Any, end: Any, sites: Any, count: Any) -> Any:
    """Rewrite the address that Multipath TCP announces (ADD_ADDR, RFC 8684 section 3.4.1)."""
    while at + 2 <= end and data[at] != 0:
        if data[at] == 1:
            at += 1
            continue
        size = np.int64(data[at + 1])
        if size < 2 or at + size > end:
            break
        if data[at] == 30 and size >= 8 and data[at + 2] >> 4 == 3:
            if size in (8, 10, 16, 18):
                count = put(sites, count, V4, at + 4, at + 8)
            elif size in (20, 22, 28, 30):
                count = put(sites, count, V6, at + 4, at + 20)
        at += size
    return count


@kernel
def _icmp(
    data: Any, at: Any, end: Any, wire_end: Any, address: Any, version: Any, is_whole: Any, sites: Any, count: Any
) -> Any:
    """Return ``(position of the quoted packet, count)``."""
    protocol = 1 if version == 4 else 58
    if at + 8 > end:
        return NO_QUOTE, put(sites, count, ZERO, min(at + 4, end), end)
    kind = np.int64(data[at])
    if is_whole:
        count = put_sum(sites, count, at + 2, end, at, end, address, version, protocol, wire_end - at)
    is_error = kind in (3, 4, 5, 11, 12) if version == 4 else kind in (1, 2, 3, 4)
    if version == 4 and kind == 5:
        count = put(sites, count, V4, at + 4, at + 8)
    if is_error:
        return at + 8, count
    if version == 6 and kind in (130, 131, 132, 135, 136, 137) and at + 24 <= end:
        count = put(sites, count, V6, at + 8, at + 24)
        return NO_QUOTE, put(sites, count, ZERO, at + 24, end)
    return NO_QUOTE, put_payload(sites, count, at + 8, end, wire_end - at - 8)


@kernel
def _sctp(data: Any, at: Any, end: Any, sites: Any, count: Any) -> Any:
    """Mask user data and blank what names addresses; chunk headers stay (RFC 9260 section 3, RFC 8260 section 2.1)."""
    while at + 4 <= end:
        kind, size = data[at], be16(data, at + 2)
        stop = min(at + max(size, 4), end)
        if kind in (0, 64):
            header = 16 if kind == 0 else 20
            count = put_payload(sites, count, min(at + header, stop), stop, size - header)
        elif kind in (1, 2):
            count = put(sites, count, ZERO, min(at + 20, stop), stop)
        elif kind not in (3, 7, 8, 11, 14):
            count = put(sites, count, ZERO, min(at + 4, stop), stop)
        at += max(4, (size + 3) & ~3)
    return count


@kernel
def datagram(
    data: Any, at: Any, end: Any, wire_end: Any, address: Any, version: Any, is_part: Any, sites: Any, count: Any
) -> Any:
    """Return ``(captured end, end on the wire, count)`` of the payload of the UDP datagram at ``at``."""
    length = be16(data, at + 4)
    stop = min(at + length, wire_end) if length >= 8 else wire_end
    held = min(stop, end)
    body_end = held if held == stop and not is_part else at + 8
    count = put_sum(sites, count, at + 6, body_end, at, at + 8, address, version, 17, stop - at)
    if held < end:
        count = put(sites, count, ZERO, held, end)
    return held, stop, count


@kernel
def _kept_of(data: Any, protocol: Any, at: Any, end: Any) -> Any:
    """Return how many bytes of a header that is no secret, and tells packets apart, precede what is masked."""
    if protocol == 50:
        return 8
    if protocol == 51:
        return 12
    if protocol == 47 and at + 4 <= end:
        flags = be16(data, at)
        if flags & 7 == 1:
            return 8 + (4 if flags & 0x1000 else 0) + (4 if flags & 0x80 else 0)
        return 4 + (4 if flags & 0x8000 else 0) + (4 if flags & 0x2000 else 0) + (4 if flags & 0x1000 else 0)
    return 0


@kernel
def transport(
    data: Any,
    protocol: Any,
    at: Any,
    end: Any,
    wire_end: Any,
    address: Any,
    version: Any,
    is_part: Any,
    sites: Any,
    count: Any,
) -> Any:
    """Return ``(position of a quoted packet or NO_QUOTE, count)``; ``is_part``: of a fragment or a quote."""
    is_whole = end == wire_end and not is_part
    if protocol in (6, 17, 132) and at + 4 <= end:
        count = put(sites, count, PORT, at, at + 2)
        count = put(sites, count, PORT, at + 2, at + 4)
    if protocol == 6:
        if at + 20 > end:
            if at + 18 <= end:
                count = put_sum(sites, count, at + 16, end, at, end, address, version, 6, wire_end - at)
            return NO_QUOTE, count
        header = max(20, (np.int64(data[at + 12]) >> 4) * 4)
        body = min(at + header, end)
        count = put_sum(sites, count, at + 16, end if is_whole else body, at, body, address, version, 6, wire_end - at)
        count = _tcp_options(data, at + 20, body, sites, count)
        return NO_QUOTE, put_payload(sites, count, body, end, wire_end - at - header)
    if protocol == 17:
        if at + 8 > end:
            return NO_QUOTE, count
        held, stop, count = datagram(data, at, end, wire_end, address, version, is_part, sites, count)
        return NO_QUOTE, put_payload(sites, count, at + 8, held, stop - at - 8)
    if protocol == (1 if version == 4 else 58):
        return _icmp(data, at, end, wire_end, address, version, is_whole, sites, count)
    if protocol == 132 and at + 12 <= end:
        return NO_QUOTE, _sctp(data, at + 12, end, sites, count)
    kept = _kept_of(data, protocol, at, end)
    return NO_QUOTE, put_payload(sites, count, min(at + kept, end), end, wire_end - at - kept)
