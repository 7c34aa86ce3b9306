"""Links beyond the common ones: headers of capture systems around another link, and other media.

In: a frame and its link type. Out: as ``link_kernel.enter_link``.
Method: LINKTYPE_ layouts of tcpdump.org/linktypes.html. Headers that a capturing system puts around a frame are taken
off first, three at most, and the frame goes on as the link inside; then IEEE 802.11-2020 section 9.2 for data frames,
RFC 2427 for frame relay, RFC 1201 and RFC 1051 for ARCNET, RFC 2225 for ATM, RFC 4391 for InfiniBand.
Not here: the common links (``link_kernel``), tags and tunnels behind them (``ethertype_kernel``, ``tunnel_kernel``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.bytes_kernel import be16, be32
from correlate.headers.ethertype_kernel import behind_length
from correlate.headers.link_kernel import (
    ANY_IP,
    BROKEN,
    IPV4,
    IPV6,
    MALFORMED,
    NOTHING,
    PACKET,
    enter_link,
)
from correlate.jit import kernel

MAX_WRAPPERS = 3
"""Headers of capture systems taken off one frame: more is no capture but a fuzzer."""

_WIRELESS = 105


@kernel
def _le16(data: Any, at: Any) -> Any:
    return be16(data, at) >> 8 | (be16(data, at) & 0xFF) << 8


@kernel
def _le32(data: Any, at: Any) -> Any:
    return _le16(data, at) | _le16(data, at + 2) << 16


@kernel
def _behind_radiotap(data: Any, at: Any, end: Any) -> Any:
    """Return ``(link type, position)`` behind a radiotap header (radiotap.org): 802.11, or -1 where it is broken.

    Radios that pad the 802.11 header say so in the flags: such a frame is not opened.
    """
    if at + 8 > end:
        return -1, at
    length, present = _le16(data, at + 2), _le32(data, at + 4)
    if length < 8 or at + length > end:
        return -1, at
    field, words = 8, present
    while words & 0x80000000 and field + 4 <= length:
        words, field = _le32(data, at + field), field + 4
    if present & 1:  # the clock of the radio, aligned to 8 bytes, stands before the flags
        field = (field + 7) // 8 * 8 + 8
    if present & 2 and field < length and data[at + field] & 0x20:
        return -2, at
    return _WIRELESS, at + length


@kernel
def _unwrap(data: Any, at: Any, end: Any, link_type: Any) -> Any:
    """Return ``(link type, position)`` behind one header of a capture system.

    The same two if there is none; link type -1 = broken, -2 = nothing that can be read.
    """
    size = -1
    inner = -1
    if link_type == 127:
        return _behind_radiotap(data, at, end)
    if link_type in (258, 149) and at + 12 <= end:  # PKTAP, also under the number that Darwin used before
        size, inner = _le32(data, at), _le32(data, at + 8)
        if link_type == 149 and not 12 <= size <= 1024:
            return -2, at
    elif link_type == 192 and at + 8 <= end:  # PPI
        size, inner = _le16(data, at + 2), _le32(data, at + 4)
    elif link_type in (119, 163) and at + 8 <= end:  # AVS says its length in network order; Prism has 144 bytes
        is_avs = be32(data, at) & 0xFFFFF000 == 0x80211000
        size, inner = be32(data, at + 4) if is_avs else 144, _WIRELESS
    elif link_type == 178 and at + 4 <= end and be32(data, at) >> 8 == 0x4D4743:  # Juniper: "MGC", flags, extensions
        if data[at + 3] & 2:  # no link header follows
            return -2, at
        size, inner = 4, 1
        if data[at + 3] & 0x80:
            size = 6 + be16(data, at + 4) if at + 6 <= end else -1
    elif link_type in (240, 282):  # netANALYZER; Broadcom tag before the addresses
        size, inner = 4, 1
    elif link_type in (274, 279):  # preamble of an mPacket; EBHSCR
        size, inner = (8 if link_type == 274 else 32), 1
    elif link_type in (204, 205):  # one byte for the direction
        size, inner = 1, (9 if link_type == 204 else 104)
    elif link_type == 166:  # pppd: a byte for the direction where the address stood
        size, inner = 2, 9
    elif link_type not in (258, 149, 192, 119, 163, 178):
        return link_type, at
    if size < 1 or at + size > end:
        return -1, at
    return inner, at + size


@kernel
def _behind_wireless(data: Any, at: Any, end: Any) -> Any:
    """Return ``(protocol, position)`` of an 802.11 frame: data in the clear that stands alone, else nothing."""
    if at + 24 > end:
        return BROKEN, at
    control, flags = data[at], data[at + 1]
    is_data = (control & 0x0C) == 0x08 and (control & 0x40) == 0
    if not is_data or flags & 0x40:  # another kind, without a body, or encrypted
        return NOTHING, at
    if flags & 0x04 or be16(data, at + 22) & 0x0F00:  # a fragment: more follow, or not the first
        return NOTHING, at
    body = at + 24
    if flags & 3 == 3:
        body += 6
    if control & 0x80:
        if body + 2 > end:
            return BROKEN, at
        if data[body] & 0x80:  # an A-MSDU holds several packets
            return NOTHING, at
        body += 6 if flags & 0x80 else 2
    return behind_length(data, body, end)


@kernel
def _behind_frame_relay(data: Any, at: Any, end: Any) -> Any:
    """Return ``(protocol, position)`` of frame relay: an NLPID (RFC 2427 section 4), or Cisco's EtherType."""
    size = 2
    while size < 4 and at + size <= end and data[at + size - 1] & 1 == 0:
        size += 1
    at += size
    if at + 2 > end:
        return BROKEN, at
    if data[at] != 3:  # no control byte: an EtherType
        return be16(data, at), at + 2
    at += 1
    if data[at] == 0:  # padding
        at += 1
    if at + 1 > end:
        return BROKEN, at
    number = data[at]
    if number == 0xCC:
        return IPV4, at + 1
    if number == 0x8E:
        return IPV6, at + 1
    if number == 0x80 and at + 6 <= end and be32(data, at) & 0x00FFFFFF == 0:
        return be16(data, at + 4), at + 6
    return NOTHING, at


@kernel
def _behind_log(data: Any, at: Any, end: Any) -> Any:
    """Return ``(protocol, position)`` of the payload in a Linux netfilter log (LINKTYPE_NFLOG)."""
    if at + 4 > end:
        return BROKEN, at
    family = data[at]
    at += 4
    while at + 4 <= end:
        length, kind = _le16(data, at), _le16(data, at + 2) & 0x7FFF
        if kind > 0xFF:  # written on a big-endian machine
            length, kind = be16(data, at), be16(data, at + 2) & 0x7FFF
        if length < 4:
            return BROKEN, at
        if kind == 9:
            return (IPV4 if family == 2 else IPV6 if family == 10 else NOTHING), at + 4
        at += (length + 3) // 4 * 4
    return NOTHING, at


@kernel
def _behind_arcnet(data: Any, at: Any, end: Any, link_type: Any) -> Any:
    """Return ``(protocol, position)`` of ARCNET: packets of RFC 1201 that are whole, or of RFC 1051."""
    place = at + (2 if link_type == 7 else 4)
    if place + 4 > end:
        return BROKEN, at
    number = data[place]
    if number == 0xF0:
        return IPV4, place + 1
    if number not in (0xD4, 0xC4):
        return NOTHING, at
    if data[place + 1] != 0:  # split, or an exception
        return NOTHING, at
    return (IPV4 if number == 0xD4 else IPV6), place + 4


@kernel
def _behind_family(at: Any, family: Any, size: Any) -> Any:
    """Return ``(protocol, position)`` behind a header that names an address family."""
    if family == 2:
        return IPV4, at + size
    if family in (10, 23, 24, 26, 28, 30):  # AF_INET6 of Linux, Windows, NetBSD, Solaris, FreeBSD, Darwin
        return IPV6, at + size
    return NOTHING, at


@kernel
def _header_of(link_type: Any, first: Any) -> Any:
    """Return the size of the header that must be there before these media say what they carry; 0 = another medium."""
    if link_type == 117:  # its first byte says the length, to be rounded up
        return (first + 3) // 4 * 4
    if link_type in (226, 102):  # IPNET, SLIP as BSD/OS writes it
        return 24
    if link_type == 109:
        return 12
    if link_type == 242:
        return 44
    if link_type == 138:
        return 18
    if link_type in (8, 122):
        return 16
    if link_type == 10:
        return 13
    if link_type == 6:
        return 14
    if link_type == 123:
        return 4
    return 0


@kernel
def _behind_medium(data: Any, at: Any, end: Any, link_type: Any) -> Any:
    """Return ``(protocol, position)`` behind a header of fixed size."""
    size = _header_of(link_type, np.int64(data[at]))
    if size < 2 or at + size > end:
        return BROKEN, at
    if link_type == 117:
        return _behind_family(at, np.int64(data[at + 1]), size)
    if link_type == 226:
        return _behind_family(at, np.int64(data[at + 1]), size)
    if link_type == 109:  # host order, as in BSD loopback
        family = be32(data, at)
        return _behind_family(at, family >> 24 if family > 0xFFFF else family, size)
    if link_type == 242:
        return be16(data, at + 40), at + size
    if link_type == 138:
        return be16(data, at + 16), at + size
    if link_type in (8, 102):
        return ANY_IP, at + size
    if link_type == 123 and data[at] & 0x0F not in (2, 5):  # LLC, or routed IP
        return NOTHING, at
    if link_type == 123 and data[at] & 0x0F == 5:
        return IPV4, at + size
    if link_type == 6 and data[at + 8] & 0x80 and at + size + 2 <= end:  # source routing
        size += data[at + size] & 0x1F
    return behind_length(data, at + size, end)


@kernel
def unwrap_all(data: Any, at: Any, end: Any, link_type: Any) -> Any:
    """Return ``(link type, start, trouble)``: where the link begins behind what capturing systems put around it.

    Trouble: -1 = a header is broken, -2 = nothing that can be read follows, else none.
    """
    inner = link_type
    for _ in range(MAX_WRAPPERS):
        inner, place = _unwrap(data, at, end, link_type)
        if inner < 0 or (inner == link_type and place == at):
            break
        link_type, at = inner, place
    return link_type, at, inner


@kernel
def enter_frame(data: Any, at: Any, end: Any, link_type: Any) -> Any:
    """Return ``(fate, protocol, position, start, has addresses)`` of any frame; fate ``PACKET`` = walk on.

    ``start``: where the link itself begins, behind what the capturing system put around it.
    """
    link_type, at, inner = unwrap_all(data, at, end, link_type)
    if inner == -1:
        return MALFORMED, BROKEN, at, at, False
    if inner == -2:
        return PACKET, NOTHING, at, at, False
    if at >= end:
        return MALFORMED, BROKEN, at, at, False
    if link_type == _WIRELESS:
        protocol, place = _behind_wireless(data, at, end)
    elif link_type == 107:
        protocol, place = _behind_frame_relay(data, at, end)
    elif link_type == 239:
        protocol, place = _behind_log(data, at, end)
    elif link_type in (7, 129):
        protocol, place = _behind_arcnet(data, at, end, link_type)
    elif link_type in (100, 106):
        # Classical IP over ATM without LLC starts with the packet.
        is_bare = data[at] >> 4 == 4
        protocol, place = (IPV4, at) if is_bare else behind_length(data, at, end)
    elif link_type == 51:
        protocol, place = 0x8864, at
    elif link_type in (281, 284):  # a switch's tag of 4 bytes behind the addresses
        protocol, place = (be16(data, at + 16), at + 18) if at + 18 <= end else (BROKEN, at)
    elif link_type == 285:
        protocol, place = (be16(data, at + 20), at + 22) if at + 22 <= end else (BROKEN, at)
    elif _header_of(link_type, 2) > 0:
        protocol, place = _behind_medium(data, at, end, link_type)
    else:
        fate, protocol, place, has_addresses = enter_link(data, at, end, link_type)
        return fate, protocol, place, at, has_addresses
    has_addresses = link_type in (_WIRELESS, 281, 284, 285)
    return PACKET, protocol, place, at, has_addresses
