"""Boxes that drop packets or send some of their own."""

from __future__ import annotations

from random import Random

import attrs

from tests.netsim.boxes.site import Handler, Site
from tests.netsim.packet import ACK, RST, SYN, TCP, UDP, Packet

DNS_PORT = 53


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
class AnswerInject:
    """Answer requests over TCP and DNS queries in the server's name, before the server does; its own answer passes as well."""

    share: float = 1.0
    ttl: int = 128
    finding: str = "packet-injected"

    def start(self, rng: Random) -> Handler:
        met: set[int] = set()

        def handle(packet: Packet, site: Site) -> bool:
            is_query = packet.proto == UDP and packet.dport == DNS_PORT
            if not packet.forward or not packet.payload or packet.flow in met or not (packet.proto == TCP or is_query):
                return True
            met.add(packet.flow)
            if rng.random() < self.share:
                site.inject(self._answer(packet, rng), forward=False)
            return True

        return handle

    def _answer(self, packet: Packet, rng: Random) -> Packet:
        answer = packet.clone(
            src=packet.dst,
            dst=packet.src,
            sport=packet.dport,
            dport=packet.sport,
            forward=False,
            kind="injected-answer",
        )
        answer.ttl, answer.ip_id, answer.options = self.ttl, rng.randrange(1, 65536), ()
        answer.seq, answer.ack = packet.ack, (packet.seq + len(packet.payload)) & 0xFFFFFFFF
        start = packet.payload[:2] if packet.proto == UDP else b"HTTP/1.1 302 Found\r\n"
        answer.set_payload(start + rng.randbytes(70))
        return answer


@attrs.frozen(kw_only=True)
class PortBlock:
    """Silently drop what goes forward to one port."""

    port: int = 8443
    finding: str = "port-blocked"

    def start(self, rng: Random) -> Handler:
        def handle(packet: Packet, site: Site) -> bool:
            return not (packet.forward and packet.proto in (TCP, 17) and packet.dport == self.port)

        return handle
