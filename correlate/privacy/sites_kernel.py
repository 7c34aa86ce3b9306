"""Find what must be rewritten in a frame: addresses, payload, checksums, and bytes that nobody needs.

In: frames and their link types. Out: rows of the table of ``sites.py``.
Method: one loop over headers, never a recursion, at most ``MAX_STEPS`` of them. Whatever is not understood becomes
zeros: a frame can lose more than it must, never keep what it should lose. IP in IP, GRE, VXLAN, GENEVE, GTP-U and the
packets that ICMP errors quote are followed. Longer than a module should be: it mirrors the dissector's headers one by
one, in kernels that call one another.
Not here: what the new bytes are (``rewrite.py``), what a packet means (``dissect``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel
from correlate.privacy.sites import IP_SUM, L4_SUM, MAC, NIBBLE, PAYLOAD, PORT, V4, V6, ZERO

MAX_STEPS = 24
MAX_TAGS = 16
STAGED = -9
"""Link type of Ethernet frames whose addresses a firewall replaced by its stage."""
IP, ETHERNET, PPP, NOTHING, BLANK = -1, -2, -3, -4, -5
"""What comes next, where it is no EtherType: IP of either version, these headers, nothing more, bytes to blank."""


@kernel
def be16(data: Any, at: Any) -> Any:
    """Return the big-endian 16-bit number at ``at``."""
    return (np.int64(data[at]) << 8) | np.int64(data[at + 1])


@kernel
def _put(sites: Any, count: Any, kind: Any, at: Any, end: Any) -> Any:
    """Add a row, if there is room, and return the new count."""
    if count < len(sites):
        sites[count, :] = 0
        sites[count, 0], sites[count, 1], sites[count, 2] = kind, at, end
    return count + 1


@kernel
def _put_payload(sites: Any, count: Any, at: Any, end: Any, wire: Any) -> Any:
    if end <= at:
        return count
    if count < len(sites):
        sites[count, :] = 0
        sites[count, 0], sites[count, 1], sites[count, 2], sites[count, 8] = PAYLOAD, at, end, max(wire, end - at)
    return count + 1


@kernel
def _put_sum(
    sites: Any,
    count: Any,
    at: Any,
    end: Any,
    head: Any,
    body: Any,
    address: Any,
    version: Any,
    protocol: Any,
    wire: Any,
) -> Any:
    if count < len(sites):
        sites[count, 0], sites[count, 1], sites[count, 2], sites[count, 3] = L4_SUM, at, end, head
        sites[count, 4], sites[count, 5], sites[count, 6] = body, address, version
        sites[count, 7], sites[count, 8] = protocol, wire
    return count + 1


@kernel
def _enter(data: Any, at: Any, end: Any, link_type: Any, sites: Any, count: Any) -> Any:
    """Return ``(what comes next, where, count)`` behind the link's own header."""
    if link_type == 1:
        return ETHERNET, at, count
    if link_type == STAGED and at + 14 <= end:
        return be16(data, at + 12), at + 14, count
    if link_type in (12, 14, 101, 228, 229):
        return IP, at, count
    if link_type in (9, 50):
        return PPP, at, count
    if link_type in (0, 108) and at + 4 <= end:
        return IP, at + 4, count
    if link_type == 104 and at + 4 <= end:
        return be16(data, at + 2), at + 4, count
    if link_type == 113 and at + 16 <= end:
        is_mac = be16(data, at + 4) == 6
        count = _put(sites, count, MAC if is_mac else ZERO, at + 6, at + (12 if is_mac else 14))
        return be16(data, at + 14), at + 16, count
    if link_type == 276 and at + 20 <= end:
        is_mac = data[at + 11] == 6
        count = _put(sites, count, MAC if is_mac else ZERO, at + 12, at + (18 if is_mac else 20))
        return be16(data, at), at + 20, count
    return BLANK, at, count


@kernel
def _shim(data: Any, protocol: Any, at: Any, end: Any, sites: Any, count: Any) -> Any:
    """Return ``(what comes next, where, count)`` behind a service header, MACsec or a stamp, as the dissector does.

    What names a tenant, a station or a moment is blanked; what says how the header is laid out stays.
    """
    if protocol == 0x894F:
        size = (be16(data, at) & 0x3F) * 4
        following = data[at + 3]
        if size < 8 or at + size > end:
            return BLANK, at + 4, count
        count = _put(sites, count, ZERO, at + 4, at + size)
        if following == 3:
            return ETHERNET, at + size, count
        return (IP if following in (1, 2) else BLANK), at + size, count
    if protocol == 0x88E5:
        if data[at] & 0x0C:
            return BLANK, at + 1, count
        size = 14 if data[at] & 0x20 else 6
        if at + size + 2 > end:
            return BLANK, at + 1, count
        if size == 14:
            count = _put(sites, count, MAC, at + 6, at + 12)
        return be16(data, at + size), at + size + 2, count
    size = 12 if data[at + 3] == 0x10 else 10
    if be16(data, at) != 1 or data[at + 3] not in (0x10, 0x20) or at + size + 2 > end:
        return BLANK, at + 4, count
    count = _put(sites, count, ZERO, at + 4, at + size)
    return be16(data, at + size), at + size + 2, count


@kernel
def _step(data: Any, protocol: Any, at: Any, end: Any, sites: Any, count: Any) -> Any:
    """Return ``(what comes next, where, count)`` behind one header that is not IP."""
    if protocol == ETHERNET:
        if at + 14 > end:
            return BLANK, at, count
        count = _put(sites, count, MAC, at, at + 6)
        count = _put(sites, count, MAC, at + 6, at + 12)
        return be16(data, at + 12), at + 14, count
    if protocol in (0x8100, 0x88A8, 0x9100, 0x9200) and at + 4 <= end:
        return be16(data, at + 2), at + 4, count
    if protocol in (0x8847, 0x8848):
        for _ in range(MAX_TAGS):
            if at + 5 > end:
                return BLANK, at, count
            at += 4
            if data[at - 2] & 1:
                return (IP if data[at] >> 4 in (4, 6) else BLANK), at, count
        return BLANK, at, count
    if protocol == 0x8864 and at + 8 <= end:
        return PPP, at + 6, count
    if protocol in (0x894F, 0x88E5, 0xD28B) and at + 8 <= end:
        return _shim(data, protocol, at, end, sites, count)
    if protocol == PPP and at + 4 <= end:
        if data[at] in (0x0F, 0x8F) and data[at + 1] == 0:
            return be16(data, at + 2), at + 4, count
        if be16(data, at) == 0xFF03:
            at += 2
        number, size = (np.int64(data[at]), 1) if data[at] & 1 else (be16(data, at), 2)
        if number in (0x0F, 0x8F):  # a blank byte behind it would make it Cisco's HDLC
            return BLANK, at, count
        if number == 0x0281:  # labels (RFC 3032 section 4.3)
            return 0x8847, at + size, count
        return (IP if number in (0x21, 0x57) else BLANK), at + size, count
    if protocol == 0x0806 and at + 28 <= end and be16(data, at + 4) == 0x0604:
        count = _put(sites, count, MAC, at + 8, at + 14)
        count = _put(sites, count, V4, at + 14, at + 18)
        count = _put(sites, count, MAC, at + 18, at + 24)
        count = _put(sites, count, V4, at + 24, at + 28)
        return BLANK, at + 28, count
    if 0 <= protocol < 0x600 and at + 8 <= end:
        if be16(data, at) == 0x0606:
            return IP, at + 3, count
        if be16(data, at) == 0xAAAA and data[at + 2] == 3:
            return be16(data, at + 6), at + 8, count
    return BLANK, at, count


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
            count = _put(sites, count, ZERO, at + 3, at + size)
        at += size
    return count


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
                count = _put(sites, count, V4, at + 4, at + 8)
            elif size in (20, 22, 28, 30):
                count = _put(sites, count, V6, at + 4, at + 20)
        at += size
    return count


@kernel
def _skip_extensions(data: Any, at: Any, end: Any, sites: Any, count: Any) -> Any:
    """Return ``(protocol, position, is later fragment, is fragment, count)`` behind an IPv6 header; -1 = cut."""
    following = np.int64(data[at + 6])
    at += 40
    is_fragment = False
    for _ in range(8):
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
            return np.int64(-1), at, False, is_fragment, count
        if following == 43:
            here = at + 8
            while here + 16 <= at + size:
                count = _put(sites, count, V6, here, here + 16)
                here += 16
        following = np.int64(data[at])
        at += size
    return np.int64(-1), at, False, is_fragment, count


@kernel
def _tunnel_of_udp(data: Any, at: Any, end: Any) -> Any:
    """Return ``(what comes next, where)`` behind the UDP header at ``at`` - 8; NOTHING = no tunnel known here."""
    dport, sport = be16(data, at - 6), be16(data, at - 8)
    if at + 8 > end:
        return NOTHING, at
    if dport in (4789, 8472) and data[at] & 8:
        return ETHERNET, at + 8
    if dport == 6081 and data[at] >> 6 == 0:
        kind, here = be16(data, at + 2), at + 8 + np.int64(data[at] & 0x3F) * 4
        if kind == 0x6558:
            return ETHERNET, here
        return (IP if kind in (0x0800, 0x86DD) else NOTHING), here
    if 2152 in (dport, sport) and data[at] & 0xF7 == 0x30 and data[at + 1] == 255:
        return IP, at + 8
    return NOTHING, at


@kernel
def _behind_gre(data: Any, at: Any, end: Any) -> Any:
    """Return ``(what comes next, where)`` behind a GRE header (RFC 2784, 2890)."""
    if at + 4 > end or be16(data, at) & 0x4FFF:
        return NOTHING, at
    flags, kind = be16(data, at), be16(data, at + 2)
    here = at + 4 + 4 * ((flags >> 15) & 1) + 4 * ((flags >> 13) & 1) + 4 * ((flags >> 12) & 1)
    if here >= end:
        return NOTHING, at
    if kind in (0x0800, 0x86DD):
        return IP, here
    return (ETHERNET if kind == 0x6558 else NOTHING), here


@kernel
def _icmp(
    data: Any, at: Any, end: Any, wire_end: Any, address: Any, version: Any, is_whole: Any, sites: Any, count: Any
) -> Any:
    """Return ``(what comes next, where, count)``: IP where a packet is quoted."""
    protocol = 1 if version == 4 else 58
    if at + 8 > end:
        return NOTHING, at, _put(sites, count, ZERO, min(at + 4, end), end)
    kind = np.int64(data[at])
    if is_whole:
        count = _put_sum(sites, count, at + 2, end, at, end, address, version, protocol, wire_end - at)
    is_error = kind in (3, 4, 5, 11, 12) if version == 4 else kind in (1, 2, 3, 4)
    if version == 4 and kind == 5:
        count = _put(sites, count, V4, at + 4, at + 8)
    if is_error:
        return IP, at + 8, count
    if version == 6 and kind in (130, 131, 132, 135, 136, 137) and at + 24 <= end:
        count = _put(sites, count, V6, at + 8, at + 24)
        return BLANK, at + 24, count
    return NOTHING, at, _put_payload(sites, count, at + 8, end, wire_end - at - 8)


@kernel
def _sctp(data: Any, at: Any, end: Any, sites: Any, count: Any) -> Any:
    """Mask user data and blank what names addresses; chunk headers stay (RFC 9260 section 3)."""
    while at + 4 <= end:
        kind, size = data[at], be16(data, at + 2)
        stop = min(at + max(size, 4), end)
        if kind == 0:
            count = _put_payload(sites, count, min(at + 16, stop), stop, size - 16)
        elif kind in (1, 2):
            count = _put(sites, count, ZERO, min(at + 20, stop), stop)
        elif kind not in (3, 7, 8, 11, 14):
            count = _put(sites, count, ZERO, min(at + 4, stop), stop)
        at += max(4, (size + 3) & ~3)
    return count


@kernel
def _transport(
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
    """Return ``(what comes next, where, count)`` behind a transport header; ``is_part``: of a fragment or a quote."""
    is_whole = end == wire_end and not is_part
    if protocol in (6, 17, 132) and at + 4 <= end:
        count = _put(sites, count, PORT, at, at + 2)
        count = _put(sites, count, PORT, at + 2, at + 4)
    if protocol == 6:
        if at + 20 > end:
            if at + 18 <= end:
                count = _put_sum(sites, count, at + 16, end, at, end, address, version, 6, wire_end - at)
            return NOTHING, at, count
        header = max(20, (np.int64(data[at + 12]) >> 4) * 4)
        body = min(at + header, end)
        count = _put_sum(sites, count, at + 16, end if is_whole else body, at, body, address, version, 6, wire_end - at)
        count = _tcp_options(data, at + 20, body, sites, count)
        return NOTHING, at, _put_payload(sites, count, body, end, wire_end - at - header)
    if protocol == 17:
        if at + 8 > end:
            return NOTHING, at, count
        length = be16(data, at + 4)
        stop = min(at + length, wire_end) if length >= 8 else wire_end
        held = min(stop, end)
        is_whole = held == stop and not is_part
        following, here = _tunnel_of_udp(data, at + 8, held)
        body_end = held if is_whole else at + 8
        count = _put_sum(sites, count, at + 6, body_end, at, at + 8, address, version, 17, stop - at)
        if held < end:
            count = _put(sites, count, ZERO, held, end)
        if following != NOTHING:
            return following, here, count
        return NOTHING, at, _put_payload(sites, count, at + 8, held, stop - at - 8)
    if protocol == (1 if version == 4 else 58):
        return _icmp(data, at, end, wire_end, address, version, is_whole, sites, count)
    if protocol in (4, 41):
        return IP, at, count
    if protocol == 47:
        following, here = _behind_gre(data, at, end)
        if following != NOTHING:
            return following, here, count
    if protocol == 97 and at + 2 <= end:
        return ETHERNET, at + 2, count
    if protocol == 132 and at + 12 <= end:
        return NOTHING, at, _sctp(data, at + 12, end, sites, count)
    kept = 8 if protocol == 50 else 0  # ESP: number and sequence are not secret, and tell packets apart
    return NOTHING, at, _put_payload(sites, count, min(at + kept, end), end, wire_end - at - kept)


@kernel
def _ip(data: Any, at: Any, end: Any, wire_end: Any, is_quoted: Any, sites: Any, count: Any) -> Any:
    """Return ``(what comes next, where, captured end, end, is a quote, count)`` of an IP packet."""
    version = np.int64(data[at] >> 4) if at < end else 0
    if version == 4 and at + 20 <= end:
        header, total = np.int64(data[at] & 15) * 4, be16(data, at + 2)
        if header < 20 or at + header > end or (total != 0 and total < header):
            return BLANK, at + 1, end, wire_end, is_quoted, _put(sites, count, NIBBLE, at, at + 1)
        stop = at + total if total else wire_end
        if not is_quoted:
            stop = min(stop, wire_end)
        held = min(stop, end)
        if held < end:
            count = _put(sites, count, ZERO, held, end)
        count = _put(sites, count, V4, at + 12, at + 16)
        count = _put(sites, count, V4, at + 16, at + 20)
        if count < len(sites):
            sites[count, :] = 0
            sites[count, 0], sites[count, 1], sites[count, 2], sites[count, 3] = IP_SUM, at + 10, at + header, at
        count += 1
        count = _ipv4_options(data, at + 20, at + header, sites, count)
        fragment = be16(data, at + 6)
        address, protocol, l4 = at + 12, np.int64(data[at + 9]), at + header
        is_later, is_part = fragment & 0x1FFF != 0, fragment & 0x3FFF != 0
        if protocol == 51 and not is_later and l4 + 8 <= held:
            protocol, l4 = np.int64(data[l4]), min(held, l4 + np.int64(data[l4 + 1]) * 4 + 8)
    elif version == 6 and at + 40 <= end:
        length = be16(data, at + 4)
        stop = at + 40 + length if length else wire_end
        if not is_quoted:
            stop = min(stop, wire_end)
        held = min(stop, end)
        if held < end:
            count = _put(sites, count, ZERO, held, end)
        count = _put(sites, count, V6, at + 8, at + 24)
        count = _put(sites, count, V6, at + 24, at + 40)
        address = at + 8
        protocol, l4, is_later, is_part, count = _skip_extensions(data, at, held, sites, count)
    else:
        if at < end:
            count = _put(sites, count, NIBBLE, at, at + 1)
        return BLANK, at + 1, end, wire_end, is_quoted, count
    if is_later or protocol < 0:
        return NOTHING, at, held, stop, is_quoted, _put_payload(sites, count, l4, held, stop - l4)
    following, here, count = _transport(
        data, protocol, l4, held, stop, address, version, is_part or is_quoted, sites, count
    )
    is_quote = following == IP and protocol == (1 if version == 4 else 58)
    return following, here, held, stop, is_quoted or is_quote, count


@kernel
def find_sites(data: Any, start: Any, cap_end: Any, wire_end: Any, link_type: Any, sites: Any) -> Any:
    """Fill ``sites`` int64 (m, 9) as far as it has room and return how many rows there are.

    In: ``start``, ``cap_end``, ``wire_end`` int64 (n,) positions; ``link_type`` int32 (n,).
    """
    count = np.int64(0)
    for row in range(len(start)):
        at, end, wire = start[row], cap_end[row], wire_end[row]
        if at >= end:
            continue
        is_quoted = False
        protocol, at, count = _enter(data, at, end, link_type[row], sites, count)
        for _ in range(MAX_STEPS):
            if protocol in (IP, 0x0800, 0x86DD):
                protocol, at, end, wire, is_quoted, count = _ip(data, at, end, wire, is_quoted, sites, count)
            elif protocol in (NOTHING, BLANK):
                break
            else:
                protocol, at, count = _step(data, protocol, at, end, sites, count)
        if protocol != NOTHING and at < end:
            count = _put(sites, count, ZERO, at, end)
    return count
