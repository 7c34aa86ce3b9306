"""Boxes that change payload."""

from __future__ import annotations

from random import Random

import attrs

from tests.netsim.boxes.site import Handler, Site
from tests.netsim.packet import ACK, PSH, SACK, SYN, TCP, UDP, Packet


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
                    field = {TCP: "tcp.payload", UDP: "udp.payload"}.get(packet.proto, "data.data")
                    site.edited(packet, field, before, packet.payload)
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
class Alg:
    """An application gateway (FTP, SIP): addresses in requests grow longer, so numbers jump in the middle of the flow.

    Requests that fit one segment get ``grows`` bytes more; what follows in that direction moves by as many, and
    acknowledgements of the other direction move back, selective ones too.
    """

    share: float = 0.5
    """Requests edited."""
    grows: tuple[int, int] = (1, 6)
    shifts_sack: bool = True
    finding: str = "alg-rewrite"

    def start(self, rng: Random) -> Handler:
        flows: dict[int, _Growth] = {}

        def handle(packet: Packet, site: Site) -> bool:
            if packet.proto != TCP:
                return True
            growth = flows.setdefault(packet.flow, _Growth())
            if not packet.forward:
                return self._move_back(packet, growth, site)
            end = packet.seq + len(packet.payload)
            is_whole = packet.payload and packet.flags & PSH and len(packet.payload) < 1000
            if is_whole and packet.seq not in growth.met:
                growth.met.add(packet.seq)
                if rng.random() < self.share:
                    growth.add(end, rng.randbytes(rng.randint(*self.grows)).hex().encode())
            by = growth.before(packet.seq)
            grown = growth.at.get(end & 0xFFFFFFFF) if is_whole else None
            if grown is not None:
                before = packet.payload
                packet.set_payload(before + grown)
                site.edited(packet, "tcp.payload", before, packet.payload)
                site.edited(packet, "tcp.len", len(before), len(packet.payload))
            if by:
                site.edited(packet, "tcp.seq_raw", packet.seq, (packet.seq + by) & 0xFFFFFFFF)
                packet.seq = (packet.seq + by) & 0xFFFFFFFF
            return True

        return handle

    def _move_back(self, packet: Packet, growth: _Growth, site: Site) -> bool:
        by = growth.behind(packet.ack) if packet.flags & ACK else 0
        if by:
            site.edited(packet, "tcp.ack_raw", packet.ack, (packet.ack - by) & 0xFFFFFFFF)
            packet.ack = (packet.ack - by) & 0xFFFFFFFF
        blocks = packet.option(SACK)
        if blocks and self.shifts_sack:
            moved = tuple(tuple((edge - growth.behind(edge)) & 0xFFFFFFFF for edge in block) for block in blocks)
            if moved != blocks:
                packet.options = tuple((k, moved if k == SACK else v) for k, v in packet.options)
                site.edited(packet, "tcp.options.sack_le", blocks[0][0], moved[0][0])
        return True


class _Growth:
    """Bytes put into one direction of one flow so far."""

    def __init__(self) -> None:
        self.met: set[int] = set()
        self.at: dict[int, bytes] = {}
        """Sequence number before which (sender's numbering) -> the bytes."""
        self.points: list[tuple[int, int]] = []
        """(that number, all growth up to it), in order."""

    def add(self, end: int, grown: bytes) -> None:
        self.at[end & 0xFFFFFFFF] = grown
        total = self.points[-1][1] if self.points else 0
        self.points.append((end & 0xFFFFFFFF, total + len(grown)))

    def before(self, seq: int) -> int:
        """Return what lies before a byte in the sender's numbering."""
        return max((total for at, total in self.points if not _is_before(seq, at)), default=0)

    def behind(self, ack: int) -> int:
        """Return what lies before a byte in the receiver's numbering."""
        return max((total for at, total in self.points if not _is_before(ack, at + total)), default=0)


def _is_before(one: int, other: int) -> bool:
    return (one - other) & 0xFFFFFFFF >= 1 << 31
