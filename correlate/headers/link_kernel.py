"""From the first byte of a frame to the first header that says what it carries.

In: a frame and its link type. Out: where the next header starts, and what it is (a *protocol*, below).
Method: LINKTYPE_ values and layouts as on tcpdump.org/linktypes.html.
A protocol is a number that names a header: an EtherType where there is one, else one of ours above them.
Not here: the walk from there on (``walk_kernel``).
"""

from __future__ import annotations

from typing import Any

from correlate.headers.bytes_kernel import be16, be32
from correlate.jit import kernel
from correlate.model.packets import FrameFate

PACKET = int(FrameFate.PACKET)
NOT_IP = int(FrameFate.NOT_IP)
UNSUPPORTED_LINK = int(FrameFate.UNSUPPORTED_LINK)
MALFORMED = int(FrameFate.MALFORMED)

IPV4, IPV6 = 0x0800, 0x86DD
NOTHING = 0x10000
"""Nothing that can be read follows."""
ETHERNET = 0x10001
"""Two addresses and an EtherType."""
PPP = 0x10002
ANY_IP = 0x10003
"""IP of the version that its first nibble tells."""
BROKEN = 0x10004
"""The header is cut or contradicts itself."""


@kernel
def _enter_family(data: Any, at: Any, end: Any) -> Any:
    """Return ``(protocol, position)`` of BSD loopback: an address family in the writer's byte order."""
    if at + 4 > end:
        return BROKEN, at
    family = be32(data, at)
    if family > 0xFFFF:
        family = (family >> 24) | ((family >> 8) & 0xFF00)
    if family == 2:
        return IPV4, at + 4
    if family in (10, 23, 24, 28, 30):  # AF_INET6 of Linux, Windows, NetBSD, FreeBSD, Darwin
        return IPV6, at + 4
    return NOTHING, at + 4


@kernel
def _enter_cooked(data: Any, at: Any, end: Any, link_type: Any) -> Any:
    """Return ``(protocol, position)`` of Linux cooked captures, versions 1 and 2."""
    header = 16 if link_type == 113 else 20
    if at + header > end:
        return BROKEN, at
    hardware = be16(data, at + 2) if link_type == 113 else be16(data, at + 8)
    protocol = be16(data, at + 14) if link_type == 113 else be16(data, at)
    if hardware in (801, 802, 803, 824):  # 802.11 monitor types and netlink: the protocol is no EtherType
        return NOTHING, at
    return protocol, at + header


@kernel
def _enter_ppp(data: Any, at: Any, end: Any) -> Any:
    """Return ``(protocol, position)`` of a PPP link, which may hold Cisco HDLC instead."""
    if at + 4 > end:
        return BROKEN, at
    if data[at] in (0x0F, 0x8F) and data[at + 1] == 0:
        return be16(data, at + 2), at + 4
    return PPP, at


@kernel
def enter_link(data: Any, at: Any, end: Any, link_type: Any) -> Any:
    """Return ``(fate, protocol, position, has addresses)`` of the frame's first header; fate ``PACKET`` = walk on."""
    if link_type == 1:
        return PACKET, ETHERNET, at, True
    if link_type in (113, 276):
        protocol, at = _enter_cooked(data, at, end, link_type)
        return PACKET, protocol, at, True
    if link_type in (12, 14, 101):
        return PACKET, ANY_IP, at, False
    if link_type in (228, 229):
        return PACKET, (IPV4 if link_type == 228 else IPV6), at, False
    if link_type in (0, 108):
        protocol, at = _enter_family(data, at, end)
        return PACKET, protocol, at, False
    if link_type in (9, 50):
        protocol, at = _enter_ppp(data, at, end)
        return PACKET, protocol, at, False
    if link_type == 104:
        if at + 4 > end:
            return MALFORMED, BROKEN, at, False
        return PACKET, be16(data, at + 2), at + 4, False
    return UNSUPPORTED_LINK, NOTHING, at, False
