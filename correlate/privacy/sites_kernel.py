"""Find what must be rewritten in a frame: addresses, payload, checksums, and bytes that nobody needs.

In: frames and their link types. Out: rows of the table of ``sites.py``.
Method: the walk that the dissector makes (``headers``) tells which IP packet is the innermost; the same steps are then
taken once more, and each header on the way gives its rows. So every link and tunnel that is opened there is rewritten
here, layer by layer, and what stands behind the last header that is understood becomes zeros.
Not here: what the new bytes are (``rewrite.py``), whether the walk still finds the same (``same_kernel.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.bytes_kernel import be16
from correlate.headers.carried_kernel import checked_version, declared_end, payload_of_ip
from correlate.headers.link_kernel import ANY_IP, BROKEN, ETHERNET, IPV4, IPV6, NOTHING, PACKET
from correlate.headers.medium_kernel import enter_frame, unwrap_all
from correlate.headers.tunnel_kernel import UNLIMITED
from correlate.headers.walk_kernel import (
    CAP_END,
    L3,
    LAYER_SLOTS,
    MAX_HEADERS,
    SLOTS,
    VERSION,
    WIRE_END,
    clear_layer,
    open_payload,
    step,
    walk,
)
from correlate.jit import kernel
from correlate.model.tunnels import MAX_DEPTH
from correlate.privacy.internet_kernel import internet
from correlate.privacy.rows_kernel import put, put_payload, put_thin
from correlate.privacy.sites import LINK_OPENER, MAC, PORT, STAGED, V4, ZERO
from correlate.privacy.upper_kernel import NO_QUOTE, datagram, transport

COMMON = (0, 1, 9, 12, 14, 50, 101, 104, 108, 113, 228, 229, 276)
"""Links whose headers hold nothing but addresses, numbers and what follows."""
ARP = 0x0806


@kernel
def _link(data: Any, at: Any, end: Any, ends: Any, link_type: Any, here: Any, sites: Any, count: Any) -> Any:
    """Add the link's own header, up to ``here``, and those of capture systems around it."""
    inner, begin, _trouble = unwrap_all(data, at, end, link_type)
    if inner == 113 and begin + 16 <= end:
        is_mac = be16(data, begin + 4) == 6
        count = put(sites, count, MAC if is_mac else ZERO, begin + 6, begin + (12 if is_mac else 14))
    elif inner == 276 and begin + 20 <= end:
        is_mac = data[begin + 11] == 6
        count = put(sites, count, MAC if is_mac else ZERO, begin + 12, begin + (18 if is_mac else 20))
    elif inner in (281, 284, 285) and begin + 12 <= end:
        for place in (begin, begin + 6):
            count = put(sites, count, MAC, place, place + 6)
    elif inner == 105 and begin + 24 <= end:
        for place in (begin + 4, begin + 10, begin + 16):
            count = put(sites, count, MAC, place, place + 6)
        if data[begin + 1] & 3 == 3 and begin + 30 <= end:
            count = put(sites, count, MAC, begin + 24, begin + 30)
    elif inner not in COMMON:
        begin = here
    return put_thin(sites, count, at, begin, at, LINK_OPENER, ends, link_type)


@kernel
def _shim(protocol: Any, at: Any, following: Any, sites: Any, count: Any) -> Any:
    """Blank what names a tenant, a station or a moment between ``at`` and ``following``; the layout stays."""
    if protocol == 0x894F:
        return put(sites, count, ZERO, at + 4, max(at + 4, following))
    if protocol == 0x88E5:
        return put(sites, count, MAC, at + 6, at + 12) if following - at == 16 else count
    if protocol == 0xD28B:
        return put(sites, count, ZERO, at + 4, following - 2)
    return count


@kernel
def _rest(data: Any, protocol: Any, at: Any, end: Any, sites: Any, count: Any) -> Any:
    """Blank what is no IP packet; of ARP the addresses are renamed (RFC 826)."""
    if protocol == ARP and at + 28 <= end and be16(data, at + 4) == 0x0604:
        for place in (at + 8, at + 18):
            count = put(sites, count, MAC, place, place + 6)
            count = put(sites, count, V4, place + 6, place + 10)
        at += 28
    return put(sites, count, ZERO, at, end) if at < end else count


@kernel
def _carrier(data: Any, seen: Any, here: Any, inner_end: Any, sites: Any, count: Any) -> Any:
    """Add an IP packet that carries another one, between ``here`` and ``inner_end``, and the tunnel's header."""
    at, version = seen[L3], seen[VERSION]
    _protocol, _l4, held, stop, _is_later, is_part, count = internet(
        data, version, at, seen[CAP_END], seen[WIRE_END], sites, count
    )
    protocol, l4, _has_more = payload_of_ip(data, at, version, seen[CAP_END])
    if protocol == 51 and l4 + 8 <= held:
        protocol, l4 = np.int64(data[l4]), l4 + np.int64(data[l4 + 1]) * 4 + 8
    end = declared_end(data, at, version, seen[WIRE_END])
    ends = min(end, seen[CAP_END]), end
    begin = l4
    if protocol == 17:
        count = put(sites, count, PORT, l4, l4 + 2)
        count = put(sites, count, PORT, l4 + 2, l4 + 4)
        address = at + (12 if version == 4 else 8)
        held, _stop, count = datagram(data, l4, held, stop, address, version, is_part, sites, count)
        begin = l4 + 8
    if inner_end < held:
        count = put(sites, count, ZERO, inner_end, held)
    return put_thin(sites, count, begin, here, l4, protocol, ends, version)


@kernel
def _packet(data: Any, version: Any, at: Any, end: Any, wire_end: Any, sites: Any, count: Any) -> Any:
    """Add the innermost packet, and the one that it quotes."""
    is_quoted = False
    for _ in range(2):
        protocol, l4, held, stop, is_later, is_part, count = internet(data, version, at, end, wire_end, sites, count)
        address = at + (12 if version == 4 else 8)
        if is_later or protocol < 0:
            return put_payload(sites, count, l4, held, stop - l4)
        at, count = transport(data, protocol, l4, held, stop, address, version, is_part or is_quoted, sites, count)
        if at == NO_QUOTE:
            return count
        # Lengths in a quote tell of a packet that is not here.
        end, wire_end, is_quoted = held, at + UNLIMITED, True
        version = checked_version(data, at, end, 0)
        if version == 0:
            break
    return put(sites, count, ZERO, at, end) if at < end else count


@kernel
def _follow(
    data: Any,
    protocol: Any,
    at: Any,
    ends: Any,
    last: Any,
    is_staged: Any,
    seen: Any,
    layer: Any,
    sites: Any,
    count: Any,
) -> Any:
    """Take the walk's steps from ``at`` up to the packet at ``last`` (-1 = there is none) and add their rows."""
    cap_end, wire_end = ends
    is_cut = False
    is_first = True
    for _ in range(MAX_HEADERS * (MAX_DEPTH + 1)):
        if protocol in (IPV4, IPV6, ANY_IP) and last >= 0:
            if not is_first and is_cut and at + 20 <= cap_end:
                wire_end = declared_end(data, at, 4 if data[at] >> 4 == 4 else 6, at + UNLIMITED)
            seen[L3], seen[VERSION], seen[CAP_END], seen[WIRE_END] = at, np.int64(data[at] >> 4), cap_end, wire_end
            if at == last:
                return _packet(data, seen[VERSION], at, cap_end, wire_end, sites, count)
            protocol, here, cap_end, wire_end, is_cut, _is_guess = open_payload(data, seen, wire_end, layer)
            count = _carrier(data, seen, here, cap_end, sites, count)
            at, is_first = here, False
            continue
        if protocol in (IPV4, IPV6, ANY_IP, NOTHING, BROKEN):
            break
        if protocol == ETHERNET and at + 14 <= cap_end and not is_staged:
            count = put(sites, count, MAC, at, at + 6)
            count = put(sites, count, MAC, at + 6, at + 12)
        if protocol == ARP:
            break
        is_staged = False
        before, start = protocol, at
        clear_layer(layer)
        protocol, at, _is_layer = step(data, protocol, at, cap_end, wire_end, seen, layer)
        if protocol not in (NOTHING, BROKEN):
            count = _shim(before, start, min(at, cap_end), sites, count)
    return _rest(data, protocol, at, ends[0], sites, count)


@kernel
def find_sites(data: Any, start: Any, cap_end: Any, wire_end: Any, link_type: Any, sites: Any) -> Any:
    """Fill ``sites`` int64 (m, 9) as far as it has room and return how many rows there are.

    In: ``start``, ``cap_end``, ``wire_end`` int64 (n,) positions; ``link_type`` int32 (n,).
    """
    count = np.int64(0)
    found, seen = np.empty(SLOTS, np.int64), np.zeros(SLOTS, np.int64)
    layers, layer = np.empty((MAX_DEPTH + 1, LAYER_SLOTS), np.int64), np.empty(LAYER_SLOTS, np.int64)
    for row in range(len(start)):
        at, end = start[row], cap_end[row]
        if at >= end:
            continue
        is_staged = link_type[row] == STAGED
        link = np.int64(1) if is_staged else np.int64(link_type[row])
        fate, protocol, here, begin, _has = enter_frame(data, at, end, link)
        last = np.int64(-1)
        if fate == PACKET and walk(data, protocol, here, end, wire_end[row], found, layers) == PACKET:
            last = found[L3]
        ends = end, wire_end[row]
        if fate != PACKET:
            count = put(sites, count, ZERO, at, end)
            continue
        count = _link(data, at, end, ends, link, here, sites, count)
        if here == begin and protocol in (NOTHING, BROKEN):
            inner, _place, _trouble = unwrap_all(data, at, end, link)
            size = 16 if inner == 113 else 20 if inner == 276 else 0
            here = begin + size if begin + size <= end else begin
        count = _follow(data, protocol, here, ends, last, is_staged, seen, layer, sites, count)
    return count
