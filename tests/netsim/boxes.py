"""Middleboxes: address translation, edits, injections, blocks.

**In:** a packet at its place in a stretch. **Out:** the packet changed, perhaps others injected, or dropped.
**Method:** each description starts a handler with state of its own; a handler tells the ``Site`` every edit that is
not routing or plain NAT, so the truth lists it.
**Not here:** delay, loss and queues (``network.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Literal, Protocol

import attrs

from tests.netsim.packet import ACK, MSS, NOP, RST, SACK, SACK_PERMITTED, SYN, TCP, TIMESTAMPS, WSCALE, Packet


class Site(Protocol):
    """Where a box stands, and what it may do there besides changing its packet."""

    def edited(self, packet: Packet, field: str, before: Any, after: Any) -> None:
        """Note an edit."""

    def inject(self, packet: Packet, *, forward: bool) -> None:
        """Send another packet on from this box."""

    def mapped(self, packet: Packet, inner: tuple[bytes, int], outer: tuple[bytes, int]) -> None:
        """Note a translation."""


Handler = Callable[[Packet, Site], bool]


@attrs.frozen(kw_only=True)
class Nat:
    """Source translation of everything that goes forward."""

    kind: Literal["napt", "snat"] = "napt"
    """``napt``: one address, new ports; ``snat``: one address each, ports kept."""
    external: bytes = bytes((203, 0, 113, 7))
    external_six: bytes = bytes.fromhex("20010db8ffff0000000000000000") + b"\x00\x07"
    finding: str = "nat"

    def start(self, rng: Random) -> Handler:
        there: dict[tuple[int, bytes, int], tuple[bytes, int]] = {}
        back: dict[tuple[int, bytes, int], tuple[bytes, int]] = {}
        addresses: dict[bytes, bytes] = {}

        def outer_of(packet: Packet) -> tuple[bytes, int]:
            base = self.external_six if len(packet.src) == 16 else self.external
            if self.kind == "snat":
                address = addresses.setdefault(packet.src, base[:-1] + bytes((base[-1] + len(addresses),)))
                return address, packet.sport
            while True:
                port = rng.randint(1024, 65535)
                if (packet.proto, base, port) not in back:
                    return base, port

        def handle(packet: Packet, site: Site) -> bool:
            if packet.forward:
                inner = (packet.src, packet.sport)
                key = (packet.proto, *inner)
                if key not in there:
                    outer = there[key] = outer_of(packet)
                    back[packet.proto, *outer] = inner
                    site.mapped(packet, inner, outer)
                packet.src, packet.sport = there[key]
                _follow_identifier(packet, packet.sport)
                return True
            found = back.get((packet.proto, packet.dst, packet.dport))
            if found is None:
                return False
            packet.dst, packet.dport = found
            _follow_identifier(packet, packet.dport)
            return True

        return handle


def _follow_identifier(packet: Packet, port: int) -> None:
    """An ICMP echo has one identifier for both ports."""
    if packet.proto not in (TCP, 17):
        packet.sport = packet.dport = port


@attrs.frozen(kw_only=True)
class MssClamp:
    """Lower the MSS option of SYN and SYN-ACK."""

    mss: int = 1300
    finding: str = "mss-clamped"

    def start(self, rng: Random) -> Handler:
        def handle(packet: Packet, site: Site) -> bool:
            mss = packet.option(MSS)
            if packet.flags & SYN and mss is not None and mss > self.mss:
                packet.options = tuple((k, self.mss if k == MSS else v) for k, v in packet.options)
                site.edited(packet, "tcp.options.mss_val", mss, self.mss)
            return True

        return handle


@attrs.frozen(kw_only=True)
class OptionStrip:
    """Overwrite a TCP option by NOPs."""

    option: int = SACK_PERMITTED
    finding: str = "option-stripped"

    def start(self, rng: Random) -> Handler:
        field = {
            SACK_PERMITTED: "tcp.options.sack_perm",
            WSCALE: "tcp.options.wscale.shift",
            TIMESTAMPS: "tcp.options.timestamp.tsval",
        }[self.option]
        width = {SACK_PERMITTED: 2, WSCALE: 3, TIMESTAMPS: 10}[self.option]

        def handle(packet: Packet, site: Site) -> bool:
            if any(kind == self.option for kind, _ in packet.options):
                before = packet.option(self.option)
                options: list[tuple[int, Any]] = []
                for kind, value in packet.options:
                    options.extend([(NOP, None)] * width if kind == self.option else [(kind, value)])
                packet.options = tuple(options)
                site.edited(packet, field, before, None)
                if self.option == TIMESTAMPS:
                    site.edited(packet, "tcp.options.timestamp.tsecr", before[1], None)
            return True

        return handle


@attrs.frozen(kw_only=True)
class SetField:
    """Set ``tos`` (DSCP and ECN) or ``ttl`` of every packet."""

    name: Literal["tos", "ttl"] = "tos"
    value: int = 0
    finding: str | None = "dscp-changed"

    def start(self, rng: Random) -> Handler:
        def handle(packet: Packet, site: Site) -> bool:
            before = getattr(packet, self.name)
            if before != self.value:
                setattr(packet, self.name, self.value)
                if self.name == "tos" and before >> 2 != self.value >> 2:
                    site.edited(packet, "ip.dsfield.dscp", before >> 2, self.value >> 2)
            return True

        return handle


@attrs.frozen(kw_only=True)
class IpIdRewrite:
    """Give every IPv4 packet a random identification."""

    finding: str = "ip-id-rewritten"

    def start(self, rng: Random) -> Handler:
        def handle(packet: Packet, site: Site) -> bool:
            if len(packet.src) == 4:
                before, packet.ip_id = packet.ip_id, rng.randint(1, 65535)
                if before != packet.ip_id:
                    site.edited(packet, "ip.id", before, packet.ip_id)
            return True

        return handle


@attrs.frozen(kw_only=True)
class IsnRewrite:
    """Shift the sequence numbers of both sides by constants per flow."""

    shifts_sack: bool = True
    finding: str = "isn-rewritten"

    def start(self, rng: Random) -> Handler:
        shifts: dict[int, tuple[int, int]] = {}

        def handle(packet: Packet, site: Site) -> bool:
            if packet.proto != TCP:
                return True
            client, server = shifts.setdefault(packet.flow, (rng.getrandbits(32), rng.getrandbits(32)))
            add, sub = (client, -server) if packet.forward else (server, -client)
            before = packet.seq
            packet.seq = (packet.seq + add) & 0xFFFFFFFF
            site.edited(packet, "tcp.seq_raw", before, packet.seq)
            if packet.flags & ACK:
                before = packet.ack
                packet.ack = (packet.ack + sub) & 0xFFFFFFFF
                site.edited(packet, "tcp.ack_raw", before, packet.ack)
                blocks = packet.option(SACK)
                if blocks and self.shifts_sack:
                    moved = tuple(((a + sub) & 0xFFFFFFFF, (b + sub) & 0xFFFFFFFF) for a, b in blocks)
                    packet.options = tuple((k, moved if k == SACK else v) for k, v in packet.options)
                    site.edited(packet, "tcp.options.sack_le", blocks[0][0], moved[0][0])
                    site.edited(packet, "tcp.options.sack_re", blocks[0][1], moved[0][1])
            return True

        return handle


@attrs.frozen(kw_only=True)
class PayloadEdit:
    """Change one payload byte of the first data packets of some flows, checksum made right."""

    share: float = 0.2
    forward: bool = False
    finding: str = "payload-altered"

    def start(self, rng: Random) -> Handler:
        chosen: dict[int, bool] = {}

        def handle(packet: Packet, site: Site) -> bool:
            if packet.forward != self.forward or len(packet.payload) < 8:
                return True
            if packet.flow not in chosen:
                chosen[packet.flow] = rng.random() < self.share
                if chosen[packet.flow]:
                    before = packet.payload
                    packet.set_payload(before[:4] + bytes((before[4] ^ 0x20,)) + before[5:])
                    site.edited(packet, "tcp.payload" if packet.proto == TCP else "udp.payload", before, packet.payload)
            return True

        return handle


@attrs.frozen(kw_only=True)
class SynAckPad:
    """Padding becomes payload: SYN-ACKs leave with two bytes more, both checksums made right.

    The client acknowledges the two bytes, which the server never sent; combine with :class:`AckCheck`.
    """

    port: int = 443
    finding: str = "syn-ack-altered"

    def start(self, rng: Random) -> Handler:
        def handle(packet: Packet, site: Site) -> bool:
            if packet.proto == TCP and packet.flags & (SYN | ACK) == SYN | ACK and packet.sport == self.port:
                packet.set_payload(packet.payload + b"\x00\x00")
                site.edited(packet, "tcp.len", 0, 2)
            return True

        return handle


@attrs.frozen(kw_only=True)
class AckCheck:
    """A stateful firewall: drops forward packets that acknowledge what the server never sent."""

    finding: str | None = None

    def start(self, rng: Random) -> Handler:
        highest: dict[int, int] = {}

        def handle(packet: Packet, site: Site) -> bool:
            if packet.proto != TCP:
                return True
            if not packet.forward:
                end = packet.seq + len(packet.payload) + bool(packet.flags & SYN) + (packet.flags & 1)
                known = highest.get(packet.flow)
                if known is None or ((end - known + 2**31) & 0xFFFFFFFF) - 2**31 > 0:
                    highest[packet.flow] = end & 0xFFFFFFFF
                return True
            if packet.flags & ACK and packet.flow in highest:
                return ((packet.ack - highest[packet.flow] + 2**31) & 0xFFFFFFFF) - 2**31 <= 0
            return True

        return handle


@attrs.frozen(kw_only=True)
class RstInject:
    """On a flow's first data packet to the port, reset both ends in each other's name."""

    port: int = 443
    share: float = 1.0
    ttl: int = 128
    finding: str = "rst-injected"

    def start(self, rng: Random) -> Handler:
        met: set[int] = set()

        def handle(packet: Packet, site: Site) -> bool:
            is_data = packet.proto == TCP and packet.forward and packet.payload
            if not is_data or packet.dport != self.port or packet.flow in met:
                return True
            met.add(packet.flow)
            if rng.random() < self.share:
                ahead = self._reset(packet, packet.src, packet.dst)
                ahead.seq = (packet.seq + len(packet.payload)) & 0xFFFFFFFF
                ahead.ack = packet.ack
                ahead.sport, ahead.dport, ahead.forward = packet.sport, packet.dport, True
                behind = self._reset(packet, packet.dst, packet.src)
                behind.seq, behind.ack = packet.ack, (packet.seq + len(packet.payload)) & 0xFFFFFFFF
                behind.sport, behind.dport, behind.forward = packet.dport, packet.sport, False
                site.inject(ahead, forward=True)
                site.inject(behind, forward=False)
            return True

        return handle

    def _reset(self, packet: Packet, src: bytes, dst: bytes) -> Packet:
        reset = packet.clone()
        reset.src, reset.dst = src, dst
        reset.flags, reset.options, reset.window, reset.ttl, reset.ip_id = RST | ACK, (), 0, self.ttl, 0
        reset.kind = "injected-rst"
        reset.set_payload(b"")
        return reset


@attrs.frozen(kw_only=True)
class PortBlock:
    """Silently drop what goes forward to one port."""

    port: int = 8443
    finding: str = "port-blocked"

    def start(self, rng: Random) -> Handler:
        def handle(packet: Packet, site: Site) -> bool:
            return not (packet.forward and packet.proto in (TCP, 17) and packet.dport == self.port)

        return handle


def is_middlebox(box: Any) -> bool:
    """Return whether a box changes more than addresses and ports."""
    return not isinstance(box, Nat)
