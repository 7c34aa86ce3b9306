"""From the first byte of a frame to its innermost readable IP packet.

In: frames and their link types. Out: per packet where its IP header is, what carries it, and the stack of tunnel
layers around it; or why there is no packet.
Method: one loop over headers, never a recursion. Each header names the next (a *protocol*, ``link_kernel``) and where
its carrier ends. The last sound IP header is the packet; layers opened after it count only once another IP header
proves them, so a bogus inner header leaves the packet that claimed to hold it. At most ``MAX_DEPTH`` layers.
Not here: the headers themselves (``ethertype_kernel``, ``carried_kernel``, ``tunnel_kernel``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.bytes_kernel import be16, lanes_and_sum
from correlate.headers.carried_kernel import (
    carried_version,
    checked_version,
    declared_end,
    payload_of_ip,
    version_of,
)
from correlate.headers.ethertype_kernel import (
    behind_labels,
    behind_length,
    behind_ppp,
    behind_session,
    behind_shim,
    is_tag,
    with_tag,
)
from correlate.headers.link_kernel import (
    ANY_IP,
    BROKEN,
    ETHERNET,
    IPV4,
    IPV6,
    MALFORMED,
    NOT_IP,
    NOTHING,
    PACKET,
    PPP,
)
from correlate.headers.medium_kernel import enter_frame
from correlate.headers.tunnel_kernel import (
    DPORT,
    KEY,
    KIND,
    SPORT,
    UNLIMITED,
    has_tunnel_port,
    may_carry,
    open_gre,
    open_other,
    open_udp,
)
from correlate.jit import kernel
from correlate.model.tunnels import MAX_DEPTH, TunnelKind

MAX_HEADERS = 16
"""Headers (tags, labels, packets, tunnels) walked in a row without a new IP header."""

L3, VERSION, CAP_END, WIRE_END, OUTER, FIRST, TUNNEL, DEPTH, VLAN, IS_DEEP = range(10)
"""Slots of what a walk found: positions of the packet's IP header, of its carrier's ends as captured and on the wire,
of the IP header next outside (-1 = none), of the frame's first IP header and first tunnel header (-1 = none); number
of layers; VLAN column; whether more layers follow than are opened."""
SLOTS = 10
SOURCE, OUTER_VERSION, PROTO, LAYER_ROW, CARRIER, BEGIN, DEEP = range(4, 11)
LAYER_SLOTS = 11
"""A layer: kind, key and ports (``tunnel_kernel``), then position of the outer source address (-1 = none), version
and protocol of the outer header; of its packet the row, position of the IP header next outside (-1 = none), position
of the first tunnel header, whether more layers follow than are opened."""

_1, _32 = np.uint64(1), np.uint64(32)
_MPLS, _PPPOE = int(TunnelKind.MPLS), int(TunnelKind.PPPOE)


@kernel
def clear_layer(layer: Any) -> None:
    """Make a row of layers ready to be filled."""
    layer[KIND], layer[KEY], layer[SPORT], layer[DPORT] = _MPLS, -1, -1, -1
    layer[SOURCE], layer[OUTER_VERSION], layer[PROTO] = -1, 0, 0


@kernel
def open_payload(data: Any, found: Any, end: Any, layer: Any) -> Any:
    """Return ``(protocol, position, captured end, end, is cut, is guess)`` of what the packet found last carries.

    ``end`` is where the carrier of that packet ends; ``is cut``: where this carrier ends is not known. ``layer`` is
    filled where something is opened.
    """
    version = found[VERSION]
    protocol, at, is_cut = payload_of_ip(data, found[L3], version, found[CAP_END])
    if not may_carry(protocol):
        return NOTHING, at, end, end, False, False
    end = declared_end(data, found[L3], version, end)
    cap_end = min(end, found[CAP_END])
    if is_cut:
        end = at + UNLIMITED
    if protocol == 51 and at + 8 <= cap_end:  # AH signs but does not hide (RFC 4302 section 2)
        protocol, at = np.int64(data[at]), at + np.int64(data[at + 1]) * 4 + 8
    clear_layer(layer)
    layer[SOURCE] = found[L3] + (12 if version == 4 else 8)
    layer[OUTER_VERSION], layer[PROTO] = version, protocol
    is_guess = False
    if protocol == 17:
        if at + 8 > cap_end:
            return NOTHING, at, cap_end, end, is_cut, is_guess
        following, at, end = open_udp(data, at, cap_end, end, layer)
        is_cut, is_guess = False, True  # the datagram's length says where it ends, be that in another fragment
    elif protocol == 47:
        following, at, is_mirror_cut = open_gre(data, at, cap_end, layer)
        is_cut |= is_mirror_cut
    else:
        following, at = open_other(data, protocol, version, at, cap_end, end, layer)
    return following, at, min(cap_end, end), end, is_cut, is_guess


@kernel
def step(data: Any, protocol: Any, at: Any, cap_end: Any, wire_end: Any, found: Any, layer: Any) -> Any:
    """Return ``(protocol, position, opens a layer)`` behind one header that is not IP."""
    if protocol == ETHERNET:
        if at + 14 > cap_end:
            return BROKEN, at, False
        found[VLAN] = -1
        return be16(data, at + 12), at + 14, False
    if is_tag(protocol):
        if at + 4 > cap_end:
            return BROKEN, at, False
        found[VLAN] = with_tag(found[VLAN], be16(data, at) & 0xFFF)
        return be16(data, at + 2), at + 4, False
    if protocol in (0x8847, 0x8848):
        protocol, at, layer[KEY] = behind_labels(data, at, cap_end, wire_end)
        layer[KIND] = _MPLS
        return protocol, at, True
    if protocol == 0x8864:
        protocol, at, layer[KEY] = behind_session(data, at, cap_end)
        layer[KIND] = _PPPOE
        return protocol, at, True
    if protocol == PPP:
        protocol, at = behind_ppp(data, at, cap_end)
        return protocol, at, False
    if protocol < 0x600:
        protocol, at = behind_length(data, at, cap_end)
        return protocol, at, False
    protocol, at = behind_shim(data, protocol, at, cap_end)
    return protocol, at, False


@kernel
def walk(data: Any, protocol: Any, at: Any, cap_end: Any, wire_end: Any, found: Any, layers: Any) -> Any:
    """Return the frame's fate and fill ``found`` (int64, ``SLOTS``) and ``layers`` (int64, from row 0).

    ``layers`` needs ``MAX_DEPTH + 1`` rows; those of the packet are the first ``found[DEPTH]``.
    """
    found[VERSION], found[OUTER], found[FIRST], found[TUNNEL] = 0, -1, -1, -1
    found[DEPTH], found[VLAN], found[IS_DEEP] = 0, -1, 0
    depth, vlan = 0, np.int64(-1)
    is_cut = is_guess = is_owned = False
    left = MAX_HEADERS
    while left > 0:
        left -= 1
        if protocol in (IPV4, IPV6, ANY_IP):
            if found[VERSION] == 0:
                version = checked_version(data, at, cap_end, version_of(protocol))
                if version == 0:
                    return MALFORMED
                found[FIRST] = at
            else:
                if is_cut and at + 20 <= cap_end:
                    wire_end = declared_end(data, at, 4 if data[at] >> 4 == 4 else 6, at + UNLIMITED)
                version = carried_version(data, at, cap_end, wire_end, version_of(protocol), is_guess)
                if version == 0:
                    break
            found[OUTER] = found[L3] if found[VERSION] else -1
            found[L3], found[VERSION], found[CAP_END], found[WIRE_END] = at, version, cap_end, wire_end
            found[DEPTH], vlan = depth, found[VLAN]
            left = MAX_HEADERS
            protocol, at, cap_end, wire_end, is_cut, is_guess = open_payload(data, found, wire_end, layers[depth])
            if protocol == NOTHING:
                break
            if depth == MAX_DEPTH:
                found[IS_DEEP] = 1
                break
            if found[TUNNEL] < 0:
                found[TUNNEL] = found[L3]
            # A label stack straight on IP is this layer itself, not one inside it.
            is_owned = protocol == 0x8847 and layers[depth, PROTO] != 47
            depth += 0 if is_owned else 1
            continue
        if protocol in (NOTHING, BROKEN):
            break
        if not is_owned:
            clear_layer(layers[depth])
        start = at
        protocol, at, is_layer = step(data, protocol, at, cap_end, wire_end, found, layers[depth])
        if is_layer:
            if depth == MAX_DEPTH:
                found[IS_DEEP] = found[VERSION] != 0
                break
            depth, is_owned = depth + 1, False
            if found[TUNNEL] < 0:
                found[TUNNEL] = start
    if found[VERSION] == 0:
        return MALFORMED if protocol == BROKEN else NOT_IP
    found[VLAN] = vlan
    return PACKET


@kernel
def _is_plain(data: Any, at: Any, end: Any) -> Any:
    """Return True for Ethernet with IPv4 and TCP, or UDP that no tunnel uses: most frames of most captures.

    What the walk would say, without its calls: 35 ns each instead of 100.
    """
    if at + 42 > end or be16(data, at + 12) != IPV4:
        return False
    protocol = data[at + 23]
    if protocol == 6:
        return True
    return protocol == 17 and data[at + 14] == 0x45 and not has_tunnel_port(data, at + 34)


@kernel
def find_packets(
    data: Any,
    frames: Any,
    link_types: Any,
    fcs: Any,
    progress: Any,
    kept: Any,
    l3: Any,
    cap_end: Any,
    wire_end: Any,
    version: Any,
    vlan: Any,
    link_hash: Any,
    layers: Any,
    counts: Any,
) -> None:
    """Walk the frames from where ``progress`` stands until all are done or ``layers`` is full.

    In: ``frames`` (FrameColumns), positions in ``data``; ``link_types`` and ``fcs`` int64, per interface its link type
    and the bytes of its frame check sequence, which is no part of the packet (a frame cut short has none of it).
    Changed: ``progress`` int64 (3,): frames, rows and layers done. Out, one row per packet: ``kept`` int64 (frame
    index), ``l3`` int64 (position), ``cap_end``, ``wire_end`` int64 (where its carrier ends as captured and on the
    wire), ``version`` uint8, ``vlan`` int32, ``link_hash`` uint32; ``layers`` int64 (m, LAYER_SLOTS), outermost first
    within a row; ``counts`` int64 (4,) by ``FrameFate``.
    """
    offset, captured, original, _stamps, interface = frames
    i, row, used = progress[0], progress[1], progress[2]
    found = np.empty(SLOTS, np.int64)
    while i < len(offset) and used + MAX_DEPTH < len(layers):
        at, link_type = offset[i], link_types[interface[i]]
        length = max(np.int64(original[i]) - fcs[interface[i]], 0)
        end, wire = at + min(np.int64(captured[i]), length), at + length
        if link_type == 1 and _is_plain(data, at, end):
            has_addresses, first = True, at + 14
            l3[row], version[row], vlan[row], cap_end[row], wire_end[row] = first, 4, -1, end, wire
            fate = PACKET if checked_version(data, first, end, 4) == 4 else MALFORMED
        elif at >= end:
            has_addresses, first, fate = False, at, MALFORMED
        else:
            fate, protocol, here, at, has_addresses = enter_frame(data, at, end, link_type)
            first = at
            if fate == PACKET:
                fate = walk(data, protocol, here, end, wire, found, layers[used:])
                first = found[FIRST]
            if fate == PACKET:
                l3[row], version[row], vlan[row] = found[L3], found[VERSION], found[VLAN]
                cap_end[row], wire_end[row] = found[CAP_END], found[WIRE_END]
                for layer in layers[used : used + found[DEPTH]]:
                    layer[LAYER_ROW], layer[CARRIER] = row, found[OUTER]
                    layer[BEGIN], layer[DEEP] = found[TUNNEL], found[IS_DEEP]
                used += found[DEPTH]
        if fate == PACKET:
            kept[row] = i
            link_hash[row] = 0
            if has_addresses:
                digest, _ = lanes_and_sum(data, np.uint64(at), np.uint64(first - at))
                link_hash[row] = max(digest >> _32, _1)
            row += 1
        counts[fate] += 1
        i += 1
    progress[0], progress[1], progress[2] = i, row, used
