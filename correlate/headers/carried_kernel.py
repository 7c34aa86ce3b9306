"""Whether an IP header is one, and what its packet carries.

In: a position, and how much of the frame is captured and was there on the wire. Out: the IP version; the protocol of
the payload, where it starts and ends.
Method: RFC 791, RFC 8200. What a tunnel promises is believed only as far as the bytes agree: version, header length,
lengths within the carrier, header checksum.
Not here: the fields of the header (``ip_kernel``), what the payload is (``tunnel_kernel``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.bytes_kernel import be16
from correlate.headers.link_kernel import ANY_IP, IPV4
from correlate.jit import kernel
from correlate.wire.checksum import fold, words_sum

MAX_EXTENSIONS = 8
"""IPv6 extension headers walked; RFC 8200 section 4.1 names at most seven in a packet."""


@kernel
def checked_version(data: Any, at: Any, end: Any, version: Any) -> Any:
    """Return the IP version of a whole and consistent fixed header at ``at``, or 0.

    ``version`` is what the header before promised, 0 = nothing.
    """
    if at >= end:
        return 0
    nibble = np.int64(data[at] >> 4)
    if version not in (0, nibble):
        return 0
    if nibble == 6 and at + 40 <= end:
        return 6
    if nibble == 4 and at + 20 <= end:
        header = np.int64(data[at] & 15) * 4
        total = be16(data, at + 2)
        if header >= 20 and at + header <= end and (total == 0 or total >= header):
            return 4
    return 0


@kernel
def version_of(protocol: Any) -> Any:
    """Return the IP version that a protocol of ``link_kernel`` promises, 0 = either."""
    if protocol == ANY_IP:
        return 0
    return 4 if protocol == IPV4 else 6


@kernel
def carried_version(data: Any, at: Any, cap_end: Any, wire_end: Any, version: Any, is_guess: Any) -> Any:
    """Return the IP version of a packet inside a carrier that ends at ``wire_end``, or 0.

    ``is_guess``: only a port number or a nibble says that IP is here, so the IPv4 checksum must be right and an IPv6
    packet fill the carrier.
    """
    found = checked_version(data, at, cap_end, version)
    if found == 4:
        total = be16(data, at + 2)
        if total == 0 or at + total > wire_end:
            return 0
        if is_guess and fold(words_sum(data, at, at + np.int64(data[at] & 15) * 4)) != 0xFFFF:
            return 0
    elif found == 6:
        length = be16(data, at + 4)
        end = at + 40 + length
        # Length 0 before a real header is a jumbogram: none fits into a carrier (RFC 2675).
        if end > wire_end or (is_guess and end != wire_end) or (length == 0 and data[at + 6] != 59):
            return 0
    return found


@kernel
def declared_end(data: Any, at: Any, version: Any, wire_end: Any) -> Any:
    """Return where the packet at ``at`` ends by its own header; ``wire_end`` where that says nothing or too much."""
    total = be16(data, at + 2) if version == 4 else be16(data, at + 4)
    if total == 0 and (version == 4 or data[at + 6] != 59):
        return wire_end
    return min(at + total + (0 if version == 4 else 40), wire_end)


@kernel
def skip_extensions(data: Any, at: Any, end: Any) -> Any:
    """Return ``(protocol, position, is later, has more)`` behind the IPv6 header at ``at``; protocol -1 = cut.

    Of a fragment header: ``is later`` than the first, ``has more`` to come.
    """
    following = np.int64(data[at + 6])
    at += 40
    has_more = False
    for _ in range(MAX_EXTENSIONS):
        if following not in (0, 43, 44, 51, 60):
            return following, at, False, has_more
        if at + 8 > end:
            return -1, at, False, has_more
        size = np.int64(8)
        if following == 51:
            size = np.int64(data[at + 1]) * 4 + 8
        elif following != 44:
            size = np.int64(data[at + 1]) * 8 + 8
        else:
            has_more = has_more or (data[at + 3] & 1) == 1
            if (be16(data, at + 2) & 0xFFF8) != 0:
                return np.int64(data[at]), at + 8, True, has_more
        following = np.int64(data[at])
        at += size
        if at > end:
            return -1, at, False, has_more
    return -1, at, False, has_more


@kernel
def payload_of_ip(data: Any, at: Any, version: Any, cap_end: Any) -> Any:
    """Return ``(protocol, position, has more)`` of the payload of a checked packet; protocol -1 = nothing to read.

    ``has more``: it is a first fragment, so what it carries goes on in another frame.
    """
    if version == 4:
        fragment = be16(data, at + 6)
        if fragment & 0x1FFF:
            return -1, at, False
        return np.int64(data[at + 9]), at + np.int64(data[at] & 15) * 4, (fragment & 0x2000) != 0
    protocol, at, is_later, has_more = skip_extensions(data, at, cap_end)
    return (-1 if is_later else protocol), at, has_more
