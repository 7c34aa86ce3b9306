"""Hosts and boxes that cut the same bytes in different ways.

**In:** packets at a tap, or at a box. **Out:** super-frames as a capture on an offloading host shows them; fragments,
datagrams put together again, segments cut anew.
**Method:** what passes a tap is coalesced afterwards, so nothing travels otherwise than it would: segmentation offload
shows the frame before its first segment leaves, receive offload after its last has come (Linux ``dev_gro_receive``: same
acknowledgement, options and sizes, the last one may be shorter, PSH ends the group). UDP likewise (GSO, GRO).
**Not here:** which bytes are which packet (``atoms.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Literal, NamedTuple

import attrs

from tests.netsim.boxes.site import Handler, Site
from tests.netsim.packet import ACK, FIN, PSH, TCP, UDP, Packet

Kind = Literal["", "tso", "gro"]
Unfinished = Literal["", "checksum", "length"]


class Passing(NamedTuple):
    """What passed a tap at once."""

    time: int
    tids: tuple[int, ...]
    data: bytes
    wire_len: int
    packet: Packet | None
    """Kept where the tap's host offloads; ``data`` is made of it later."""
    unfinished: Unfinished = ""


@attrs.frozen(kw_only=True)
class Offload:
    """What a tap's host does to the frames that its capture shows."""

    forward: Kind = ""
    reverse: Kind = ""
    most_bytes: int = 65_000
    within_ns: int = 300_000
    """Longest time between the first and the last packet of one frame."""
    unfinished: Unfinished = "checksum"
    """What segmentation offload leaves to the card, on every TCP and UDP packet that the host sends."""

    def kind(self, packet: Packet) -> Kind:
        """Return what is done to a packet."""
        return self.forward if packet.forward else self.reverse


def coalesce(passed: Sequence[Passing], offload: Offload) -> list[Passing]:
    """Return the frames that the capture shows, in the order of their stamps."""
    shown: list[Passing] = []
    groups: dict[tuple[int, bool], list[Passing]] = {}

    def flush(key: tuple[int, bool]) -> None:
        group = groups.pop(key, None)
        if group:
            shown.append(_merged(group, offload))

    for one in passed:
        packet = one.packet
        assert packet is not None, "taps with offload keep the packet"
        key = packet.flow, packet.forward
        group = groups.get(key)
        if group and not _fits(group, one, offload):
            flush(key)
        if offload.kind(packet) and _may_merge(packet):
            groups.setdefault(key, []).append(one)
            if packet.flags & (PSH | FIN):
                flush(key)
        else:
            flush(key)
            shown.append(_merged([one], offload))
    for key in list(groups):
        flush(key)
    return sorted(shown, key=lambda one: one.time)


def _may_merge(packet: Packet) -> bool:
    is_data = packet.proto == UDP or (packet.proto == TCP and packet.flags & ~(PSH | FIN) == ACK)
    return is_data and len(packet.payload) > 0 and packet.part is None


def _fits(group: Sequence[Passing], one: Passing, offload: Offload) -> bool:
    first, last, packet = group[0].packet, group[-1].packet, one.packet
    assert first is not None
    assert last is not None
    assert packet is not None
    size = len(first.payload)
    same = ("proto", "src", "dst", "sport", "dport", "ack", "options", "tos", "ttl")
    return (
        _may_merge(packet)
        and all(getattr(first, name) == getattr(packet, name) for name in same)
        and one.time - group[0].time <= offload.within_ns
        and len(last.payload) == size >= len(packet.payload)
        and sum(len(part.packet.payload) for part in group if part.packet) + len(packet.payload) <= offload.most_bytes
        and (packet.proto == UDP or packet.seq == (last.seq + len(last.payload)) & 0xFFFFFFFF)
        and (packet.ip_id - last.ip_id) & 0xFFFF in (0, 1)
    )


def _merged(group: Sequence[Passing], offload: Offload) -> Passing:
    packets = [one.packet for one in group if one.packet]
    whole = packets[0].clone()
    if len(packets) > 1:
        whole.set_payload(b"".join(packet.payload for packet in packets))
        for packet in packets[1:]:
            whole.flags |= packet.flags
    kind = offload.kind(whole)
    # Receive offload finishes a merged frame's checksum the same way (tcp_gro_complete).
    unfinished = offload.unfinished if kind == "tso" else "checksum" if len(packets) > 1 else ""
    tids = tuple(tid for one in group for tid in one.tids)
    return Passing(group[0 if kind == "tso" else -1].time, tids, b"", 0, whole, unfinished)


class Assembly:
    """Fragments on their way to being a datagram again (RFC 791 section 3.2)."""

    def __init__(self) -> None:
        self.parts: dict[tuple[object, ...], tuple[int, list[Packet]]] = {}

    def add(self, packet: Packet, now: int) -> list[Packet]:
        """Return all parts in order once they are whole, else nothing."""
        assert packet.part is not None, "not a fragment"
        key = packet.flow, packet.forward, packet.proto, packet.ip_id
        begun, parts = self.parts.get(key, (now, []))
        if now - begun > 30_000_000_000:
            begun, parts = now, []
        parts = sorted([*(p for p in parts if p.part != packet.part), packet], key=lambda p: p.part or (0, 0, 0))
        self.parts[key] = begun, parts
        at = 0
        for part in parts:
            assert part.part is not None
            if part.part[0] > at:
                return []
            at = max(at, part.part[1])
        if at < packet.part[2]:
            return []
        del self.parts[key]
        return parts

    @staticmethod
    def whole(parts: Sequence[Packet]) -> Packet:
        """Return the datagram."""
        packet = parts[0].clone()
        packet.part = None
        return packet


def fragments(packet: Packet, mtu: int) -> Iterator[tuple[Packet, int, int]]:
    """Yield fragments that fit, each with the payload bytes that it carries; a fragment is cut again."""
    head = packet.l4_header_len
    start, end, size = packet.part or (0, head + len(packet.payload), head + len(packet.payload))
    room = (mtu - (48 if len(packet.src) == 16 else 20)) // 8 * 8
    base = max(0, start - head)
    for at in range(start, end, room):
        piece = packet.clone()
        piece.part = (at, min(end, at + room), size)
        piece.df = False
        yield piece, max(0, at - head) - base, max(0, piece.part[1] - head) - base


@attrs.frozen(kw_only=True)
class Fragment:
    """A router whose next link takes less (or a host that sends more than its link takes); DF is respected."""

    mtu: int = 1500
    forward: bool | None = None
    """Which direction; None = both."""
    finding: str | None = None

    def start(self, rng: Random) -> Handler:
        def handle(packet: Packet, site: Site) -> bool:
            if self.forward not in (None, packet.forward) or packet.ip_len <= self.mtu or packet.df:
                return True
            site.cut(packet, list(fragments(packet, self.mtu)))
            return False

        return handle


@attrs.frozen(kw_only=True)
class Reassemble:
    """A firewall that puts datagrams together before it looks at them."""

    finding: str | None = None

    def start(self, rng: Random) -> Handler:
        assembly = Assembly()
        clock = [0]

        def handle(packet: Packet, site: Site) -> bool:
            if packet.part is None:
                return True
            clock[0] += 1
            parts = assembly.add(packet, clock[0])
            site.hold(packet)
            if parts:
                site.release(assembly.whole(parts), parts)
            return False

        return handle


@attrs.frozen(kw_only=True)
class Resegment:
    """A middlebox that cuts TCP segments anew, each on its own."""

    size: int = 536
    finding: str | None = None

    def start(self, rng: Random) -> Handler:
        def handle(packet: Packet, site: Site) -> bool:
            if packet.proto != TCP or len(packet.payload) <= self.size or packet.part:
                return True
            pieces = []
            for at in range(0, len(packet.payload), self.size):
                piece = packet.clone()
                piece.set_payload(packet.payload[at : at + self.size])
                piece.seq = (packet.seq + at) & 0xFFFFFFFF
                piece.ip_id = (packet.ip_id + len(pieces)) & 0xFFFF if packet.ip_id else 0
                if at + self.size < len(packet.payload):
                    piece.flags &= ~(PSH | FIN)
                pieces.append((piece, at, at + len(piece.payload)))
            site.cut(packet, pieces)
            return False

        return handle


@attrs.frozen(kw_only=True)
class Gather:
    """A middlebox that waits a moment and sends neighbouring segments on as fewer, larger ones."""

    most: int = 8000
    wait_ns: int = 400_000
    finding: str | None = None

    def start(self, rng: Random) -> Handler:
        waiting: dict[tuple[int, bool], list[Packet]] = {}

        def flush(key: tuple[int, bool], site: Site) -> None:
            group = waiting.pop(key, [])
            if not group:
                return
            whole = group[0].clone()
            whole.set_payload(b"".join(packet.payload for packet in group))
            for packet in group[1:]:
                whole.flags |= packet.flags
                whole.ack, whole.options, whole.window = packet.ack, packet.options, packet.window
            site.release(whole, group)

        def handle(packet: Packet, site: Site) -> bool:
            key = packet.flow, packet.forward
            group = waiting.get(key, [])
            size = sum(len(held.payload) for held in group)
            is_data = packet.proto == TCP and _may_merge(packet)
            follows = not group or packet.seq == (group[-1].seq + len(group[-1].payload)) & 0xFFFFFFFF
            if not is_data or not follows or size + len(packet.payload) > self.most:
                flush(key, site)
            if not is_data:
                return True
            site.hold(packet)
            if key not in waiting:
                waiting[key] = []
                site.after(self.wait_ns, lambda: flush(key, site))
            waiting[key].append(packet)
            if packet.flags & (PSH | FIN):
                flush(key, site)
            return False

        return handle
