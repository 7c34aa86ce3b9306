"""From the first byte of a frame to the first byte of its IP packet.

In: frames and their link types. Out: where the IP header starts, VLAN, hash of the link header; or why there is none.
Method: LINKTYPE_ values and layouts as on tcpdump.org/linktypes.html; an EtherType walk shared by all links that carry
one (IEEE 802.1Q tags, RFC 3032 labels, RFC 2516 sessions, IEEE 802.2 SNAP).
Not here: fields of the IP header.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.dissect.bytes_kernel import be16, be32, digest_and_sum
from correlate.jit import kernel
from correlate.model.packets import FrameFate

PACKET = int(FrameFate.PACKET)
NOT_IP = int(FrameFate.NOT_IP)
UNSUPPORTED_LINK = int(FrameFate.UNSUPPORTED_LINK)
MALFORMED = int(FrameFate.MALFORMED)

MAX_TAGS = 16
"""VLAN tags, or labels, believed in one frame; more is no traffic but a fuzzer."""


@kernel
def walk_ethertype(data: Any, at: Any, end: Any, ethertype: Any) -> Any:
    """Return ``(fate, position, IP version, vlan)`` of what follows an EtherType at ``at``.

    ``vlan`` is as in ``PacketColumns.vlan``. Version 0 says: look at the first nibble.
    """
    vlan = np.int64(-1)
    for _ in range(MAX_TAGS):
        if ethertype == 0x0800:
            return PACKET, at, 4, vlan
        if ethertype == 0x86DD:
            return PACKET, at, 6, vlan
        if ethertype in (0x8100, 0x88A8, 0x9100, 0x9200):
            if at + 4 > end:
                return MALFORMED, at, 0, vlan
            tag = be16(data, at) & 0xFFF
            if vlan == -1:
                vlan = tag
            elif vlan < 1 << 12:
                vlan = (vlan << 12) | tag | (1 << 24)
            ethertype = be16(data, at + 2)
            at += 4
        elif ethertype in (0x8847, 0x8848):
            fate, at = _skip_labels(data, at, end)
            return fate, at, 0, vlan
        elif ethertype == 0x8864:
            if at + 8 > end:
                return MALFORMED, at, 0, vlan
            fate, version = _ppp_protocol(be16(data, at + 6))
            return fate, at + 8, version, vlan
        elif ethertype < 0x600:
            if at + 3 > end:
                return MALFORMED, at, 0, vlan
            if be16(data, at) == 0x0606:
                return PACKET, at + 3, 4, vlan
            if be16(data, at) != 0xAAAA or at + 8 > end or be32(data, at + 2) != 0x03000000:
                return NOT_IP, at, 0, vlan
            ethertype = be16(data, at + 6)
            at += 8
        else:
            return NOT_IP, at, 0, vlan
    return NOT_IP, at, 0, vlan


@kernel
def _skip_labels(data: Any, at: Any, end: Any) -> Any:
    """Return fate and position behind a label stack (RFC 3032 section 2.1: bit 0 of byte 2 marks the bottom)."""
    for _ in range(MAX_TAGS):
        if at + 5 > end:
            return MALFORMED, at
        is_bottom = data[at + 2] & 1
        at += 4
        if is_bottom:
            # No EtherType follows: only the first nibble can tell IP from a pseudowire (RFC 4928 section 3).
            nibble = data[at] >> 4
            return (PACKET if nibble in (4, 6) else NOT_IP), at
    return NOT_IP, at


@kernel
def _ppp_protocol(number: Any) -> Any:
    """Return ``(fate, IP version)`` for a PPP protocol number (RFC 1332, RFC 5072)."""
    if number == 0x0021:
        return PACKET, 4
    if number == 0x0057:
        return PACKET, 6
    return NOT_IP, 0


@kernel
def _read_ppp(data: Any, at: Any, end: Any) -> Any:
    """Return ``(fate, position, IP version)`` of PPP, with or without address and control (RFC 1662 section 3.1)."""
    if at + 4 > end:
        return MALFORMED, at, 0
    if data[at] in (0x0F, 0x8F) and data[at + 1] == 0:  # Cisco HDLC on a PPP link type
        fate, at, version, _ = walk_ethertype(data, at + 4, end, be16(data, at + 2))
        return fate, at, version
    if be16(data, at) == 0xFF03:
        at += 2
    if data[at] & 1:  # protocol field compressed to its odd last byte (RFC 1661 section 6.5)
        fate, version = _ppp_protocol(np.int64(data[at]))
        return fate, at + 1, version
    if at + 2 > end:
        return MALFORMED, at, 0
    fate, version = _ppp_protocol(be16(data, at))
    return fate, at + 2, version


@kernel
def _read_family(data: Any, at: Any, end: Any) -> Any:
    """Return ``(fate, position, IP version)`` of BSD loopback: an address family in the writer's byte order."""
    if at + 4 > end:
        return MALFORMED, at, 0
    family = be32(data, at)
    if family > 0xFFFF:
        family = (family >> 24) | ((family >> 8) & 0xFF00)
    if family == 2:
        return PACKET, at + 4, 4
    if family in (10, 23, 24, 28, 30):  # AF_INET6 of Linux, Windows, NetBSD, FreeBSD, Darwin
        return PACKET, at + 4, 6
    return NOT_IP, at + 4, 0


@kernel
def _read_cooked(data: Any, at: Any, end: Any, link_type: Any) -> Any:
    """Return ``(fate, position, IP version, vlan)`` of Linux cooked captures, versions 1 and 2."""
    header = 16 if link_type == 113 else 20
    if at + header > end:
        return MALFORMED, at, 0, np.int64(-1)
    hardware = be16(data, at + 2) if link_type == 113 else be16(data, at + 8)
    protocol = be16(data, at + 14) if link_type == 113 else be16(data, at)
    if hardware in (801, 802, 803, 824):  # 802.11 monitor types and netlink: the protocol is no EtherType
        return NOT_IP, at, 0, np.int64(-1)
    return walk_ethertype(data, at + header, end, protocol)


@kernel
def find_ip(data: Any, at: Any, end: Any, link_type: Any) -> Any:
    """Return ``(fate, position of the IP header, IP version or 0, vlan, has addresses)`` for one frame."""
    untagged = np.int64(-1)
    if link_type == 1:
        if at + 14 > end:
            return MALFORMED, at, 0, untagged, False
        fate, at, version, vlan = walk_ethertype(data, at + 14, end, be16(data, at + 12))
        return fate, at, version, vlan, True
    if link_type in (113, 276):
        fate, at, version, vlan = _read_cooked(data, at, end, link_type)
        return fate, at, version, vlan, True
    if link_type in (12, 14, 101):
        return PACKET, at, 0, untagged, False
    if link_type in (228, 229):
        return PACKET, at, (4 if link_type == 228 else 6), untagged, False
    if link_type in (0, 108):
        fate, at, version = _read_family(data, at, end)
        return fate, at, version, untagged, False
    if link_type in (9, 50):
        fate, at, version = _read_ppp(data, at, end)
        return fate, at, version, untagged, False
    if link_type == 104:
        if at + 4 > end:
            return MALFORMED, at, 0, untagged, False
        fate, at, version, vlan = walk_ethertype(data, at + 4, end, be16(data, at + 2))
        return fate, at, version, vlan, False
    return UNSUPPORTED_LINK, at, 0, untagged, False


@kernel
def checked_version(data: Any, at: Any, end: Any, version: Any) -> Any:
    """Return the IP version of a whole and consistent fixed header at ``at``, or 0.

    ``version`` is what the link promised, 0 = nothing.
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
def find_packets(
    data: Any,
    start: Any,
    cap_end: Any,
    link_type: Any,
    kept: Any,
    l3: Any,
    version: Any,
    vlan: Any,
    link_hash: Any,
    counts: Any,
) -> Any:
    """Find the IP header of each frame; return the number of packets.

    In: ``start``, ``cap_end`` int64 (n,) positions in ``data``; ``link_type`` int32 (n,).
    Out, one row per packet: ``kept`` int64 (frame index), ``l3`` int64 (position), ``version`` uint8, ``vlan`` int32,
    ``link_hash`` uint64. ``counts`` int64 (4,) by ``FrameFate``.
    """
    row = 0
    for i in range(len(start)):
        at, end = start[i], cap_end[i]
        if at >= end:
            counts[MALFORMED] += 1
            continue
        if link_type[i] == 1 and at + 14 <= end and be16(data, at + 12) == 0x0800:
            # What find_ip would say, without its calls: most frames of most captures; 35 ns each instead of 70.
            fate, here, promised, tag, has_addresses = PACKET, at + 14, 4, np.int64(-1), True
        else:
            fate, here, promised, tag, has_addresses = find_ip(data, at, end, link_type[i])
        if fate == PACKET:
            found = checked_version(data, here, end, promised)
            if found == 0:
                fate = MALFORMED
            else:
                kept[row], l3[row], version[row], vlan[row] = i, here, found, tag
                link_hash[row] = 0
                if has_addresses:
                    digest, _ = digest_and_sum(data, np.uint64(at), np.uint64(here - at))
                    link_hash[row] = digest
                row += 1
        counts[fate] += 1
    return row
