"""Address translation."""

from __future__ import annotations

from random import Random
from typing import Literal

import attrs

from tests.netsim.boxes.site import Handler, Site
from tests.netsim.packet import TCP, Packet


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
