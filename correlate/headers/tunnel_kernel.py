"""What an IP packet carries, where that is another packet.

In: protocol, position and ends of an IP payload. Out: the protocol (``link_kernel``) behind the tunnel's header and
where that starts; kind, key and ports of the layer.
Method: RFC 2003, 4213, 2473 (IP in IP), 2784/2890 (GRE), 2637 (PPTP), 7348 (VXLAN), 8926 (GENEVE), 3GPP TS 29.281
(GTP-U), 2661/3931 (L2TP), 4380 (Teredo), 3378 (EtherIP), 4023/7510 (MPLS in IP), draft-foschiano-erspan. A header
that is cut, or has bits that its specification forbids, opens nothing. What a port number alone announces is a guess:
the walk then demands a right checksum of the packet inside. Ciphertext (ESP, MPPE, IPsec in L2TP) is never opened.
Not here: the walk (``walk_kernel``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.bytes_kernel import be16, be32
from correlate.headers.ethertype_kernel import holds_ethernet
from correlate.headers.link_kernel import ANY_IP, ETHERNET, IPV4, IPV6, NOTHING, PPP
from correlate.jit import kernel
from correlate.model.tunnels import TunnelKind

KIND, KEY, SPORT, DPORT = 0, 1, 2, 3
"""Slots of a layer as the functions here fill it."""
UNLIMITED = 1 << 17
"""Room of a carrier whose end is in another frame; no IP packet is longer."""

_IPIP, _6IN4 = int(TunnelKind.IPIP), int(TunnelKind.SIX_IN_FOUR)
_4IN6, _6IN6 = int(TunnelKind.FOUR_IN_SIX), int(TunnelKind.SIX_IN_SIX)
_GRE, _PPTP, _ERSPAN = int(TunnelKind.GRE), int(TunnelKind.PPTP), int(TunnelKind.ERSPAN)
_ETHERIP, _VXLAN, _GENEVE = int(TunnelKind.ETHERIP), int(TunnelKind.VXLAN), int(TunnelKind.GENEVE)
_GTP, _L2TP, _L2TPV3, _TEREDO = (int(TunnelKind[name]) for name in ("GTP", "L2TP", "L2TPV3", "TEREDO"))


@kernel
def may_carry(protocol: Any) -> Any:
    """Return True for IP protocols that can hold a packet: a quick no for nearly all others."""
    return protocol in (4, 17, 41, 47, 51, 97, 115, 137)


@kernel
def open_gre(data: Any, at: Any, cap_end: Any, layer: Any) -> Any:
    """Return ``(protocol, position, is cut)`` behind GRE; source routes (RFC 1701) and reserved bits open nothing."""
    if at + 4 > cap_end:
        return NOTHING, at, False
    flags, kind = be16(data, at), be16(data, at + 2)
    layer[KIND] = _GRE
    if flags & 7 == 1:  # PPTP: key present, its halves are payload length and call
        size = 8 + (4 if flags & 0x1000 else 0) + (4 if flags & 0x80 else 0)
        if kind != 0x880B or flags & 0xEF78 != 0x2000 or at + size > cap_end:
            return NOTHING, at, False
        layer[KIND], layer[KEY] = _PPTP, be16(data, at + 6)
        return PPP, at + size, False
    if flags & 0x4FFF:
        return NOTHING, at, False
    here = at + 4 + (4 if flags & 0x8000 else 0)
    size = here - at + (4 if flags & 0x2000 else 0) + (4 if flags & 0x1000 else 0)
    if at + size > cap_end:
        return NOTHING, at, False
    if flags & 0x2000:
        layer[KEY] = be32(data, here)
    if kind in (0x88BE, 0x22EB):
        return _open_erspan(data, at + size, cap_end, layer, kind, (flags & 0x1000) != 0)
    if kind == 0x6558:
        return ETHERNET, at + size, False
    if kind == 0x880B:
        return PPP, at + size, False
    is_open = kind in (IPV4, IPV6, 0x8847, 0x8848)
    return (kind if is_open else NOTHING), at + size, False


@kernel
def _open_erspan(data: Any, at: Any, cap_end: Any, layer: Any, kind: Any, is_numbered: Any) -> Any:
    """Return ``(protocol, position, is cut)`` of a mirrored frame: type I has no header, II 8 bytes, III 12 or 20."""
    layer[KIND] = _ERSPAN
    if kind == 0x88BE and not is_numbered:
        return ETHERNET, at, False
    size = 8 if kind == 0x88BE else 12
    if at + size > cap_end or data[at] >> 4 != (1 if kind == 0x88BE else 2):
        return NOTHING, at, False
    word = be16(data, at + 2)
    layer[KEY] = word & 0x3FF
    protocol = ETHERNET
    if kind == 0x22EB:
        tail = be16(data, at + 10)
        frame_type = (tail >> 10) & 31
        size += 8 if tail & 1 else 0
        protocol = ETHERNET if frame_type == 0 else (ANY_IP if frame_type == 2 else NOTHING)
    return protocol, at + size, (word & 0x400) != 0


@kernel
def _open_vxlan(data: Any, at: Any, cap_end: Any, layer: Any, port: Any) -> Any:
    """Return ``(protocol, position)`` behind VXLAN (with or without group policy), or VXLAN-GPE on port 4790."""
    if at + 8 > cap_end:
        return NOTHING, at
    layer[KIND], layer[KEY] = _VXLAN, be32(data, at + 4) >> 8
    if data[at] & 0x08 == 0 or data[at + 7] != 0:
        return NOTHING, at
    if port != 4790:
        return (ETHERNET if data[at] & 0x7F == 0x08 else NOTHING), at + 8
    following = np.int64(data[at + 3])
    if following == 1:
        return IPV4, at + 8
    if following == 2:
        return IPV6, at + 8
    return (ETHERNET if following == 3 else NOTHING), at + 8


@kernel
def _open_geneve(data: Any, at: Any, cap_end: Any, layer: Any) -> Any:
    """Return ``(protocol, position)`` behind GENEVE and its options."""
    if at + 8 > cap_end or data[at] >> 6 != 0 or data[at + 7] != 0:
        return NOTHING, at
    layer[KIND], layer[KEY] = _GENEVE, be32(data, at + 4) >> 8
    protocol = be16(data, at + 2)
    here = at + 8 + np.int64(data[at] & 0x3F) * 4
    if protocol == 0x6558:
        return ETHERNET, here
    return (protocol if protocol in (IPV4, IPV6) else NOTHING), here


@kernel
def _open_gtp(data: Any, at: Any, cap_end: Any, wire_end: Any, layer: Any) -> Any:
    """Return ``(protocol, position, end)`` behind GTP-U version 1 and its extension headers (TS 29.281 section 5)."""
    if at + 8 > cap_end or data[at] & 0xF0 != 0x30 or data[at + 1] != 255:
        return NOTHING, at, wire_end
    layer[KIND], layer[KEY] = _GTP, be32(data, at + 4)
    end = at + 8 + be16(data, at + 2)
    if end > wire_end:
        return NOTHING, at, wire_end
    if data[at] & 7 == 0:
        return ANY_IP, at + 8, end
    here = at + 12
    if here > cap_end:
        return NOTHING, at, wire_end
    following = data[at + 11] if data[at] & 4 else data[at] & 0
    for _ in range(8):
        if following == 0:
            return ANY_IP, here, end
        if here + 4 > cap_end or data[here] == 0:
            return NOTHING, at, wire_end
        here += np.int64(data[here]) * 4
        if here > cap_end:
            return NOTHING, at, wire_end
        following = data[here - 1]
    return NOTHING, at, wire_end


@kernel
def _behind_cookie(data: Any, at: Any, cap_end: Any, wire_end: Any) -> Any:
    """Return ``(protocol, position)`` of an Ethernet pseudowire behind the L2TPv3 session number.

    How long cookie and sublayer are only the two ends know (RFC 3931 section 4.1): the length behind which a sound
    Ethernet and IP header start.
    """
    for size in (0, 4, 8, 12):
        if holds_ethernet(data, at + size, cap_end, wire_end):
            return ETHERNET, at + size
    return NOTHING, at


@kernel
def _open_l2tp(data: Any, at: Any, cap_end: Any, wire_end: Any, layer: Any) -> Any:
    """Return ``(protocol, position, end)`` behind the header of an L2TP data message; control messages hold none."""
    if at + 8 > cap_end:
        return NOTHING, at, wire_end
    flags = be16(data, at)
    if flags & 0xFFF0 == 0 and flags & 15 == 3:
        layer[KIND], layer[KEY] = _L2TPV3, be32(data, at + 4)
        protocol, here = _behind_cookie(data, at + 8, cap_end, wire_end)
        return protocol, here, wire_end
    if flags & 0xB4F0 or flags & 15 != 2:
        return NOTHING, at, wire_end
    here, end = at + 2, wire_end
    if flags & 0x4000:
        end = at + be16(data, here)
        here += 2
    layer[KIND], layer[KEY] = _L2TP, be32(data, here)
    here += 4 + (4 if flags & 0x0800 else 0)
    if flags & 0x0200:
        if here + 2 > cap_end:
            return NOTHING, at, wire_end
        here += 2 + be16(data, here)
    if end > wire_end or here + 2 > cap_end:
        return NOTHING, at, wire_end
    return PPP, here, end


@kernel
def _open_teredo(data: Any, at: Any, cap_end: Any, layer: Any) -> Any:
    """Return ``(protocol, position)`` behind Teredo's authentication and origin (RFC 4380 section 5.1.1)."""
    layer[KIND] = _TEREDO
    if at + 4 <= cap_end and be16(data, at) == 1:
        at += 13 + np.int64(data[at + 2]) + np.int64(data[at + 3])
    if at + 2 <= cap_end and be16(data, at) == 0:
        at += 8
    return IPV6, at


@kernel
def has_tunnel_port(data: Any, at: Any) -> Any:
    """Return True where the UDP header at ``at`` has a port that :func:`open_udp` looks behind."""
    sport, dport = be16(data, at), be16(data, at + 2)
    if dport in (4789, 8472, 4790, 6081, 6635, 2152, 1701, 3544):
        return True
    return sport in (2152, 1701, 3544)


@kernel
def open_udp(data: Any, at: Any, cap_end: Any, wire_end: Any, layer: Any) -> Any:
    """Return ``(protocol, position, end)`` of what a UDP datagram carries, by its ports (IANA registry)."""
    sport, dport = be16(data, at), be16(data, at + 2)
    length = be16(data, at + 4)
    layer[SPORT], layer[DPORT] = sport, dport
    end = at + length
    at += 8
    if length < 16 or end > wire_end:
        return NOTHING, at, wire_end
    cap_end = min(cap_end, end)
    if dport in (4789, 8472, 4790):  # 8472: Linux before the port was assigned
        protocol, at = _open_vxlan(data, at, cap_end, layer, dport)
    elif dport == 6081:
        protocol, at = _open_geneve(data, at, cap_end, layer)
    elif dport == 6635:
        protocol = 0x8847
    elif 2152 in (dport, sport):
        protocol, at, end = _open_gtp(data, at, cap_end, end, layer)
    elif 1701 in (dport, sport):
        protocol, at, end = _open_l2tp(data, at, cap_end, end, layer)
    elif 3544 in (dport, sport):
        protocol, at = _open_teredo(data, at, cap_end, layer)
    else:
        protocol = NOTHING
    return protocol, at, end


@kernel
def open_other(data: Any, protocol: Any, version: Any, at: Any, cap_end: Any, wire_end: Any, layer: Any) -> Any:
    """Return ``(protocol, position)`` of what IP protocols but UDP and GRE carry."""
    if protocol == 4:
        layer[KIND] = _IPIP if version == 4 else _4IN6
        return IPV4, at
    if protocol == 41:
        layer[KIND] = _6IN4 if version == 4 else _6IN6
        return IPV6, at
    if protocol == 137:
        return 0x8847, at
    if protocol == 97 and at + 2 <= cap_end and be16(data, at) == 0x3000:
        layer[KIND] = _ETHERIP
        return ETHERNET, at + 2
    if protocol == 115 and at + 4 <= cap_end and be32(data, at) != 0:
        layer[KIND], layer[KEY] = _L2TPV3, be32(data, at)
        return _behind_cookie(data, at + 4, cap_end, wire_end)
    return NOTHING, at
