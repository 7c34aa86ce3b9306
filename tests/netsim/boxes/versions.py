"""Translation between IPv6 and IPv4 (RFC 6146, RFC 7915): NAT64 with a pool address, or one address each (SIIT)."""

from __future__ import annotations

from random import Random
from typing import Literal

import attrs

from tests.netsim.boxes.site import Handler, Site
from tests.netsim.packet import ICMP, ICMPV6, TCP, UDP, Packet

_TO_FOUR = {128: (8, 0), 129: (0, 0), 1: (3, 3)}
_TO_SIX = {8: (128, 0), 0: (129, 0), 3: (1, 4)}
_SERVERS = bytes((198, 51, 100, 20))


@attrs.frozen(kw_only=True)
class Nat64:
    """IPv6 clients reach IPv4 servers; the identification is the translator's own (random, or 0)."""

    kind: Literal["nat64", "siit"] = "nat64"
    pool: bytes = bytes((203, 0, 113, 64))
    finding: str = "nat"

    def start(self, rng: Random) -> Handler:
        there: dict[tuple[int, bytes, int], tuple[bytes, int]] = {}
        back: dict[tuple[int, bytes, int], tuple[bytes, int]] = {}
        servers: dict[bytes, bytes] = {}
        addresses: dict[bytes, bytes] = {}

        def outer_of(proto: int, packet: Packet) -> tuple[bytes, int]:
            if self.kind == "siit":
                address = addresses.setdefault(packet.src, self.pool[:3] + bytes((self.pool[3] + len(addresses),)))
                return address, packet.sport
            while True:
                port = rng.randint(1024, 65535)
                if (proto, self.pool, port) not in back:
                    return self.pool, port

        def forward(packet: Packet, site: Site) -> None:
            proto = ICMP if packet.proto == ICMPV6 else packet.proto
            inner = (packet.src, packet.sport)
            if (proto, *inner) not in there:
                outer = there[proto, *inner] = outer_of(proto, packet)
                back[proto, *outer] = inner
                site.mapped(packet, inner, outer)
            target = _SERVERS[:3] + packet.dst[-1:]
            servers[target] = packet.dst
            packet.src, packet.sport = there[proto, *inner]
            packet.dst, packet.proto = target, proto
            packet.ip_id, packet.df, packet.label = rng.randint(1, 65535), len(packet.payload) > 1200, 0
            _retype(packet, _TO_FOUR)

        def reverse(packet: Packet) -> bool:
            proto = packet.proto
            quote = packet.quote
            found = back.get((quote.proto, quote.src, quote.sport) if quote else (proto, packet.dst, packet.dport))
            if found is None:
                return False
            packet.dst = found[0]
            if not quote:
                packet.dport = found[1]
            packet.src = servers[packet.src]
            packet.proto = ICMPV6 if proto == ICMP else proto
            packet.ip_id = packet.label = 0
            _retype(packet, _TO_SIX)
            if quote:
                six = quote.clone(src=found[0], sport=found[1], dst=servers[quote.dst], ip_id=0, label=0)
                packet.set_quote(six)
            elif proto == ICMP:
                packet.sport = packet.dport
            return True

        def handle(packet: Packet, site: Site) -> bool:
            if packet.forward:
                forward(packet, site)
                return True
            return reverse(packet)

        return handle


def _retype(packet: Packet, types: dict[int, tuple[int, int]]) -> None:
    """Give an ICMP message the type of the other family (RFC 7915 sections 4.2 and 5.2)."""
    if packet.proto in (TCP, UDP):
        return
    packet.icmp_type, packet.icmp_code = types[packet.icmp_type]
    if len(packet.src) == 4 and packet.quote is None:
        packet.dport = packet.sport
