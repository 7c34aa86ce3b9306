"""Boxes that rewrite header fields and options."""

from __future__ import annotations

from random import Random
from typing import Any, Literal

import attrs

from tests.netsim.boxes.site import Handler, Site
from tests.netsim.packet import ACK, MSS, NOP, SACK, SACK_PERMITTED, SYN, TCP, TIMESTAMPS, WSCALE, Packet


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
