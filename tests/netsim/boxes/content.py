"""Boxes that change payload."""

from __future__ import annotations

from random import Random

import attrs

from tests.netsim.boxes.site import Handler, Site
from tests.netsim.packet import ACK, SYN, TCP, Packet


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
