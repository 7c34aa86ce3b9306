"""Boxes that rewrite numbers: identifications, sequence numbers, timestamp clocks."""

from __future__ import annotations

from random import Random

import attrs

from tests.netsim.boxes.site import Handler, Site
from tests.netsim.packet import ACK, SACK, TCP, TIMESTAMPS, Packet


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
    """Shift the sequence numbers of one side or both by constants per flow."""

    of_client: bool = True
    of_server: bool = True
    shifts_sack: bool = True
    """False: a well-known defect; selective acknowledgements then name bytes that nobody sent."""
    finding: str = "isn-rewritten"

    def start(self, rng: Random) -> Handler:
        shifts: dict[int, tuple[int, int]] = {}

        def handle(packet: Packet, site: Site) -> bool:
            if packet.proto != TCP:
                return True
            drawn = (rng.getrandbits(32) * self.of_client, rng.getrandbits(32) * self.of_server)
            client, server = shifts.setdefault(packet.flow, drawn)
            add, sub = (client, -server) if packet.forward else (server, -client)
            if add:
                before = packet.seq
                packet.seq = (packet.seq + add) & 0xFFFFFFFF
                site.edited(packet, "tcp.seq_raw", before, packet.seq)
            if packet.flags & ACK and sub:
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
class TimestampRewrite:
    """Shift the timestamp clock of one side or both by constants per flow, echoes accordingly."""

    of_client: bool = True
    of_server: bool = True
    finding: str = "timestamps-rewritten"

    def start(self, rng: Random) -> Handler:
        shifts: dict[int, tuple[int, int]] = {}

        def handle(packet: Packet, site: Site) -> bool:
            stamp = packet.option(TIMESTAMPS)
            if stamp is None:
                return True
            drawn = (rng.getrandbits(32) * self.of_client, rng.getrandbits(32) * self.of_server)
            client, server = shifts.setdefault(packet.flow, drawn)
            add, sub = (client, -server) if packet.forward else (server, -client)
            # The first SYN echoes nothing (RFC 7323 section 3.2).
            moved = ((stamp[0] + add) & 0xFFFFFFFF, (stamp[1] + sub) & 0xFFFFFFFF if stamp[1] else 0)
            packet.options = tuple((k, moved if k == TIMESTAMPS else v) for k, v in packet.options)
            for field, before, after in zip(("tsval", "tsecr"), stamp, moved, strict=True):
                if before != after:
                    site.edited(packet, f"tcp.options.timestamp.{field}", before, after)
            return True

        return handle
