"""Headers between the link and IP: tags, labels, sessions.

In: a position and the protocol (``link_kernel``) that starts there. Out: the protocol behind it and where that starts.
Method: IEEE 802.1Q tags, IEEE 802.2 SNAP, RFC 3032 labels, RFC 4448 pseudowires, RFC 2516 sessions, RFC 1661 PPP, RFC
8300 service headers, IEEE 802.1AE tags of what is signed but not hidden, Arista's time stamps.
Not here: IP (``carried_kernel``), what IP carries (``tunnel_kernel``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.bytes_kernel import be16, be32
from correlate.headers.carried_kernel import carried_version, version_of
from correlate.headers.link_kernel import ANY_IP, BROKEN, ETHERNET, IPV4, IPV6, NOTHING, PPP
from correlate.jit import kernel

MAX_LABELS = 16
"""Labels believed in one stack; more is no traffic but a fuzzer."""


@kernel
def is_tag(protocol: Any) -> Any:
    """Return True for the EtherTypes of VLAN tags (IEEE 802.1Q, 802.1ad and what vendors used before)."""
    return protocol in (0x8100, 0x88A8, 0x9100, 0x9200)


@kernel
def with_tag(vlan: Any, tag: Any) -> Any:
    """Return the VLAN column (``PacketColumns.vlan``) with one more tag; a third and later ones do not show."""
    if vlan == -1:
        return tag
    if vlan < 1 << 12:
        return (vlan << 12) | tag | (1 << 24)
    return vlan


@kernel
def behind_length(data: Any, at: Any, end: Any) -> Any:
    """Return ``(protocol, position)`` behind an IEEE 802.3 length: SNAP, or IP straight on LLC."""
    if at + 3 > end:
        return BROKEN, at
    if be16(data, at) == 0x0606:
        return IPV4, at + 3
    if be16(data, at) != 0xAAAA or at + 8 > end or be32(data, at + 2) != 0x03000000:
        return NOTHING, at
    return be16(data, at + 6), at + 8


@kernel
def behind_ppp(data: Any, at: Any, end: Any) -> Any:
    """Return ``(protocol, position)`` of PPP, with or without address and control (RFC 1662 section 3.1)."""
    if at + 2 > end:
        return BROKEN, at
    if be16(data, at) == 0xFF03:
        at += 2
    if at + 2 > end:
        return BROKEN, at
    if data[at] & 1:  # protocol field compressed to its odd last byte (RFC 1661 section 6.5)
        number, at = np.int64(data[at]), at + 1
    else:
        number, at = be16(data, at), at + 2
    if number == 0x0021:
        return IPV4, at
    if number == 0x0057:
        return IPV6, at
    return (0x8847 if number == 0x0281 else NOTHING), at


@kernel
def behind_shim(data: Any, protocol: Any, at: Any, end: Any) -> Any:
    """Return ``(protocol, position)`` behind a service header, a MACsec tag in the clear or a time stamp."""
    if protocol not in (0x894F, 0x88E5, 0xD28B):
        return NOTHING, at
    if at + 8 > end:
        return BROKEN, at
    if protocol == 0x894F:  # RFC 8300 section 2.2: length in words of 4 bytes, then what follows
        size = (be16(data, at) & 0x3F) * 4
        following = data[at + 3]
        if size < 8:
            return BROKEN, at
        if following == 3:
            return ETHERNET, at + size
        return (IPV4 if following == 1 else IPV6 if following == 2 else NOTHING), at + size
    if protocol == 0x88E5:  # IEEE 802.1AE section 9.3: encrypted or changed text is not opened
        size = 14 if data[at] & 0x20 else 6
        if data[at] & 0x0C:
            return NOTHING, at
    else:  # subtype 1 is a time stamp, of 64 or 48 bits
        size = 12 if data[at + 3] == 0x10 else 10
        if be16(data, at) != 1 or data[at + 3] not in (0x10, 0x20):
            return NOTHING, at
    if at + size + 2 > end:
        return BROKEN, at
    return be16(data, at + size), at + size + 2


@kernel
def behind_session(data: Any, at: Any, end: Any) -> Any:
    """Return ``(protocol, position, session)`` behind a PPPoE header (RFC 2516 section 4): PPP without addresses."""
    if at + 8 > end:
        return BROKEN, at, np.int64(-1)
    return PPP, at + 6, be16(data, at + 2)


@kernel
def holds_ethernet(data: Any, at: Any, cap_end: Any, wire_end: Any) -> Any:
    """Return True where an Ethernet header starts that leads to a sound IP header, past two tags at most."""
    if at + 14 > cap_end:
        return False
    protocol = be16(data, at + 12)
    at += 14
    for _ in range(2):
        if is_tag(protocol) and at + 4 <= cap_end:
            protocol = be16(data, at + 2)
            at += 4
    if protocol not in (IPV4, IPV6):
        return False
    return carried_version(data, at, cap_end, wire_end, version_of(protocol), protocol == IPV4) != 0


@kernel
def behind_labels(data: Any, at: Any, cap_end: Any, wire_end: Any) -> Any:
    """Return ``(protocol, position, bottom label)`` behind a label stack (RFC 3032 section 2.1).

    No EtherType follows it: the first nibble tells IP from a pseudowire (RFC 4928 section 3), whose Ethernet header
    may start with any nibble, or follow a control word that starts with 0 (RFC 4448 section 4.6).
    """
    for _ in range(MAX_LABELS):
        if at + 5 > cap_end:
            return BROKEN, at, np.int64(-1)
        label, is_bottom = be32(data, at) >> 12, data[at + 2] & 1
        at += 4
        if is_bottom:
            nibble = np.int64(data[at] >> 4)
            is_ip = nibble in (4, 6)
            if is_ip and carried_version(data, at, cap_end, wire_end, nibble, nibble == 4) != 0:
                return ANY_IP, at, label
            if nibble == 0 and holds_ethernet(data, at + 4, cap_end, wire_end):
                return ETHERNET, at + 4, label
            if holds_ethernet(data, at, cap_end, wire_end):
                return ETHERNET, at, label
            return (ANY_IP if is_ip else NOTHING), at, label
    return NOTHING, at, np.int64(-1)
