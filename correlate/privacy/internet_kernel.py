"""What must be rewritten in an IP header.

In: where a sound header starts and its carrier ends. Out: rows of the table of ``sites.py``; what the packet carries.
Method: RFC 791, RFC 8200; what lies behind the packet's own end (padding) becomes zeros.
Not here: what it carries (``upper_kernel.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.bytes_kernel import be16
from correlate.jit import kernel
from correlate.privacy.rows_kernel import put, put_ip_sum
from correlate.privacy.sites import V4, V6, ZERO

MAX_EXTENSIONS = 8


@kernel
def _ipv4_options(data: Any, at: Any, end: Any, sites: Any, count: Any) -> Any:
    """Blank the addresses and times that routers write into options (RFC 791 section 3.1)."""
    while at + 3 <= end and data[at] != 0:
        if data[at] == 1:
            at += 1
            continue
        size = np.int64(data[at + 1])
        if size < 3 or at + size > end:
            break
        if data[at] in (7, 68, 131, 137):
            count = put(sites, count, ZERO, at + 3, at + size)
        at += size
    return count


@kernel
def _extensions(data: Any, at: Any, end: Any, sites: Any, count: Any) -> Any:
    """Return ``(protocol, position, is later fragment, is fragment, count)`` behind an IPv6 header; -1 = cut."""
    following = np.int64(data[at + 6])
    at += 40
    is_fragment = False
    for _ in range(MAX_EXTENSIONS):
        if following not in (0, 43, 44, 51, 60):
            return following, at, False, is_fragment, count
        if at + 8 > end:
            return np.int64(-1), at, False, is_fragment, count
        size = np.int64(data[at + 1]) * 8 + 8
        if following == 51:
            size = np.int64(data[at + 1]) * 4 + 8
        elif following == 44:
            size, is_fragment = np.int64(8), is_fragment or be16(data, at + 2) & 0xFFF9 != 0
            if be16(data, at + 2) & 0xFFF8:
                return np.int64(data[at]), at + 8, True, True, count
        if at + size > end:
            # Its own length says that it is cut: who reads it next must find that again.
            return np.int64(-1), at + 2, False, is_fragment, count
        if following == 43:
            here = at + 8
            while here + 16 <= at + size:
                count = put(sites, count, V6, here, here + 16)
                here += 16
        following = np.int64(data[at])
        at += size
    return np.int64(-1), at, False, is_fragment, count


@kernel
def _four(data: Any, at: Any, end: Any, wire_end: Any, sites: Any, count: Any) -> Any:
    header, total = np.int64(data[at] & 15) * 4, be16(data, at + 2)
    stop = min(at + total, wire_end) if total else wire_end
    held = min(stop, end)
    count = put(sites, count, V4, at + 12, at + 16)
    count = put(sites, count, V4, at + 16, at + 20)
    count = put_ip_sum(sites, count, at + 10, at + header, at)
    count = _ipv4_options(data, at + 20, at + header, sites, count)
    fragment = be16(data, at + 6)
    protocol, l4 = np.int64(data[at + 9]), at + header
    is_later, is_part = fragment & 0x1FFF != 0, fragment & 0x3FFF != 0
    if protocol == 51 and not is_later and l4 + 8 <= held:
        protocol, l4 = np.int64(data[l4]), min(held, l4 + np.int64(data[l4 + 1]) * 4 + 8)
    return protocol, l4, held, stop, is_later, is_part, count


@kernel
def _six(data: Any, at: Any, end: Any, wire_end: Any, sites: Any, count: Any) -> Any:
    length = be16(data, at + 4)
    stop = min(at + 40 + length, wire_end) if length else wire_end
    held = min(stop, end)
    count = put(sites, count, V6, at + 8, at + 24)
    count = put(sites, count, V6, at + 24, at + 40)
    protocol, l4, is_later, is_part, count = _extensions(data, at, held, sites, count)
    return protocol, l4, held, stop, is_later, is_part, count


@kernel
def internet(data: Any, version: Any, at: Any, end: Any, wire_end: Any, sites: Any, count: Any) -> Any:
    """Return ``(protocol, position, captured end, end on the wire, is later, is part, count)`` of a sound packet.

    ``is later``: a fragment but the first; ``is part``: any fragment. Protocol -1 = a header is cut.
    """
    if version == 4:
        protocol, l4, held, stop, is_later, is_part, count = _four(data, at, end, wire_end, sites, count)
    else:
        protocol, l4, held, stop, is_later, is_part, count = _six(data, at, end, wire_end, sites, count)
    if held < end:
        count = put(sites, count, ZERO, held, end)
    return protocol, l4, held, stop, is_later, is_part, count
