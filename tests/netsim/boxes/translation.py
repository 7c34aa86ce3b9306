"""Address translation."""

from __future__ import annotations

from random import Random
from typing import Literal

import attrs

from tests.netsim.boxes.site import Handler, Site
from tests.netsim.packet import TCP, UDP, Packet

End = tuple[bytes, int]
"""Address and port (ICMP echo: the identifier)."""


@attrs.frozen(kw_only=True)
class Nat:
    """Source translation of everything that goes forward."""

    kind: Literal["napt", "snat"] = "napt"
    """``napt``: one address, new ports; ``snat``: one address each, ports kept."""
    external: bytes = bytes((203, 0, 113, 7))
    external_six: bytes = bytes.fromhex("20010db8ffff0000000000000000") + b"\x00\x07"
    translates_quotes: bool = True
    """False: the headers that ICMP errors quote are left as they came from outside."""
    forgets_after: int = 0
    """Packets from inside after which a mapping is forgotten, so that the next one gets another port (rebinding); what
    is still under way to the old one arrives. 0 = never."""
    finding: str = "nat"

    def start(self, rng: Random) -> Handler:
        there: dict[tuple[int, bytes, int], End] = {}
        back: dict[tuple[int, bytes, int], End] = {}
        passed: dict[tuple[int, bytes, int], int] = {}
        addresses: dict[bytes, bytes] = {}

        def outer_of(packet: Packet) -> End:
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
                passed[key] = passed.get(key, 0) + 1
                if self.forgets_after and packet.proto == UDP and passed[key] % self.forgets_after == 0:
                    there.pop(key, None)
                if key not in there:
                    outer = there[key] = outer_of(packet)
                    back[packet.proto, *outer] = inner
                    site.mapped(packet, inner, outer)
                packet.src, packet.sport = there[key]
                _follow_identifier(packet, packet.sport)
                return True
            if packet.quote is not None:
                return self._answer(packet, back)
            found = back.get((packet.proto, packet.dst, packet.dport))
            if found is None:
                return False
            packet.dst, packet.dport = found
            _follow_identifier(packet, packet.dport)
            return True

        return handle

    def _answer(self, packet: Packet, back: dict[tuple[int, bytes, int], End]) -> bool:
        """Send an ICMP error to the host whose packet it quotes (RFC 5508 section 4.2)."""
        quote = packet.quote
        assert quote is not None, "only errors quote"
        found = back.get((quote.proto, quote.src, quote.sport))
        if found is None:
            return False
        packet.dst = found[0]
        if self.translates_quotes:
            packet.set_quote(quote.clone(src=found[0], sport=found[1]))
        return True


@attrs.frozen(kw_only=True)
class Forwarding:
    """Destination translation: what clients call by one address lives at another (port forwarding, load balancer)."""

    prefix: bytes = bytes((10, 9, 0))
    """Network of the real servers; the last byte of the address is kept."""
    ports: tuple[tuple[int, int], ...] = ()
    """(outside, inside); others are kept."""
    finding: str = "nat"

    def start(self, rng: Random) -> Handler:
        back: dict[tuple[int, bytes, int], End] = {}
        moved = dict(self.ports)

        def handle(packet: Packet, site: Site) -> bool:
            if packet.forward:
                outer = (packet.dst, packet.dport)
                keeps = packet.proto not in (TCP, UDP)
                inner = (packet.dst[:-4] + self.prefix + packet.dst[-1:], moved.get(packet.dport, packet.dport))
                inner = (inner[0], packet.dport) if keeps else inner
                if (packet.proto, *inner) not in back:
                    site.mapped(packet, inner, outer)
                back[packet.proto, *inner] = outer
                packet.dst, packet.dport = inner
                return True
            if packet.quote is not None:
                quote = packet.quote
                found = back.get((quote.proto, quote.dst, quote.dport))
                if found is not None:
                    packet.src = found[0]
                    packet.set_quote(quote.clone(dst=found[0], dport=found[1]))
                return True
            found = back.get((packet.proto, packet.src, packet.sport))
            if found is not None:
                packet.src, packet.sport = found
            return True

        return handle


def _follow_identifier(packet: Packet, port: int) -> None:
    """An ICMP echo has one identifier for both ports."""
    if packet.proto not in (TCP, UDP):
        packet.sport = packet.dport = port
