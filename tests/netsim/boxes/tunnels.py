"""Tunnels: one box puts packets in, one further on takes them out.

A hop's boxes are met in order by what goes forward, so the ends of a tunnel that serve one site are an ``Enter`` and,
one or more hops on, a ``Leave`` of the same kind; packets on the way back are put in at ``Leave``.
"""

from __future__ import annotations

import hashlib
import struct
from random import Random
from typing import Any, Literal

import attrs

from tests.netsim.boxes.site import Handler, Site
from tests.netsim.packet import Packet, checksum, word_sum

Kind = Literal[
    "vlan", "qinq", "mpls", "pseudowire", "pppoe", "ipip", "gre", "gre-key", "nvgre", "vxlan", "geneve", "gtp", "l2tp",
    "l2tpv3", "erspan", "ip6", "vxlan6",
]  # fmt: skip

_INNER = bytes.fromhex("02000000aa0102000000aa02")
_OUTER4 = bytes((192, 0, 2, 1)), bytes((192, 0, 2, 129))
_OUTER6 = bytes.fromhex("20010db800ee") + bytes(9) + b"\x01", bytes.fromhex("20010db800ee") + bytes(9) + b"\x02"


@attrs.frozen(kw_only=True)
class Wrap:
    """One packet's tunnel headers."""

    kind: str
    forward: bool
    ident: int
    """Outer identification, sequence number and source port of entropy."""
    key: int = 77
    ttl: int = 255
    tos: int = 0
    far: bytes | None = None
    """Outer address of the end that faces the servers, where a NAT changed it."""
    veil: int = -1
    """Number of the packet that is seen instead, where this one cannot be read."""

    def aged(self, routers: int) -> Wrap:
        """Return the same after some routers."""
        return attrs.evolve(self, ttl=self.ttl - routers)

    def around(self, frame: bytes) -> bytes:
        """Return the Ethernet frame that carries an Ethernet frame's packet (or the frame, where the kind carries those)."""
        ethernet, kind, packet = frame[:12], frame[12:14], frame[14:]
        inner = _INNER + kind + packet
        ppp = b"\x00\x21" if kind == b"\x08\x00" else b"\x00\x57"
        direct = {
            "vlan": lambda: struct.pack("!HH", 0x8100, 100) + kind + packet,
            "qinq": lambda: struct.pack("!HHHH", 0x88A8, 7, 0x8100, 100) + kind + packet,
            "mpls": lambda: b"\x88\x47" + self._labels() + packet,
            "pseudowire": lambda: b"\x88\x47" + self._labels() + bytes(4) + inner,
            "pppoe": lambda: struct.pack("!HBBHH", 0x8864, 0x11, 0, self.key, len(packet) + 2) + ppp + packet,
        }
        if self.kind in direct:
            return ethernet + direct[self.kind]()
        proto, payload = self._over_ip(kind, packet, inner, ppp)
        return ethernet + self._ip(proto, payload)

    def _labels(self) -> bytes:
        return struct.pack("!II", 16 << 12 | self.ttl, self.key << 12 | 0x100 | self.ttl)

    def _over_ip(self, kind: bytes, packet: bytes, inner: bytes, ppp: bytes) -> tuple[int, bytes]:
        key = self.key
        match self.kind:
            case "ipip" | "ip6":
                return (4 if kind == b"\x08\x00" else 41), packet
            case "gre":
                return 47, b"\x10\x00" + kind + struct.pack("!I", self.ident) + packet
            case "gre-key":
                body = b"\xb0\x00" + kind + bytes(4) + struct.pack("!II", key, self.ident) + packet
                return 47, body[:4] + checksum(word_sum(body)).to_bytes(2, "big") + body[6:]
            case "nvgre":
                return 47, struct.pack("!HHI", 0x2000, 0x6558, key << 8) + inner
            case "erspan":
                return 47, struct.pack("!HHIHHI", 0x1000, 0x88BE, self.ident, 0x1000, key, 0) + inner
            case "vxlan" | "vxlan6":
                return 17, self._udp(49152 + self.ident % 16384, 4789, struct.pack("!II", 8 << 24, key << 8) + inner)
            case "geneve":
                head = struct.pack("!BBHII", 1, 0, 0x6558, key << 8, 0x01020000)
                return 17, self._udp(49152 + self.ident % 16384, 6081, head + inner)
            case "gtp":
                return 17, self._udp(2152, 2152, struct.pack("!BBHI", 0x30, 255, len(packet), key) + packet)
            case "l2tp":
                return 17, self._udp(1701, 1701, struct.pack("!HHH", 2, key, 3) + b"\xff\x03" + ppp + packet)
            case "l2tpv3":
                return 115, struct.pack("!II", key, 0xC00C1E) + inner
            case _:
                # ESP (RFC 4303): what is inside cannot be told from noise.
                noise = hashlib.shake_128(packet + self.ident.to_bytes(4, "big")).digest(len(packet) + 26)
                return 50, struct.pack("!II", key, self.ident) + noise

    @staticmethod
    def _udp(sport: int, dport: int, payload: bytes) -> bytes:
        return struct.pack("!HHHH", sport, dport, len(payload) + 8, 0) + payload

    def _ip(self, proto: int, payload: bytes) -> bytes:
        if self.kind.endswith("6"):
            near, far = _OUTER6
            src, dst = (near, far) if self.forward else (far, near)
            return (
                b"\x86\xdd"
                + struct.pack("!IHBB", 6 << 28 | self.tos << 20, len(payload), proto, self.ttl)
                + src
                + dst
                + payload
            )
        near, far = _OUTER4[0], self.far or _OUTER4[1]
        src, dst = (near, far) if self.forward else (far, near)
        ident = self.ident & 0xFFFF
        head = struct.pack("!BBHHHBBH", 0x45, self.tos, 20 + len(payload), ident, 0, self.ttl, proto, 0) + src + dst
        return b"\x08\x00" + head[:10] + checksum(word_sum(head)).to_bytes(2, "big") + head[12:] + payload


class _End:
    """What both ends do: put in what goes one way, take out what goes the other."""

    kind: str
    key: int
    enters_forward: bool

    def start(self, rng: Random) -> Handler:
        sent = [rng.getrandbits(16)]

        def handle(packet: Packet, site: Site) -> bool:
            if packet.forward == self.enters_forward:
                sent[0] += 1
                packet.wraps = (*packet.wraps, self._wrap(packet, site, sent[0]))
            else:
                packet.wraps = packet.wraps[:-1]
            return True

        return handle

    def _wrap(self, packet: Packet, site: Site, number: int) -> Wrap:
        wrap = Wrap(kind=self.kind, forward=packet.forward, ident=number, key=self.key)
        if self.kind != "esp":
            return wrap
        outer = packet.clone(proto=50, kind="esp", wraps=(), seq=number, ip_id=number & 0xFFFF, quote=None)
        return attrs.evolve(wrap, veil=site.veil(outer))


@attrs.frozen(kw_only=True)
class Enter(_End):
    """The end of a tunnel that faces the clients."""

    kind: Any = "gre"
    key: int = 77
    finding: str | None = None
    enters_forward: bool = attrs.field(default=True, init=False)


@attrs.frozen(kw_only=True)
class Leave(_End):
    """The end of a tunnel that faces the servers."""

    kind: Any = "gre"
    key: int = 77
    finding: str | None = None
    enters_forward: bool = attrs.field(default=False, init=False)


@attrs.frozen(kw_only=True)
class OuterNat:
    """Translate the far address of the tunnel itself (a public address for the outside)."""

    public: bytes = bytes((203, 0, 113, 200))
    finding: str | None = None

    def start(self, rng: Random) -> Handler:
        def handle(packet: Packet, site: Site) -> bool:
            if packet.wraps:
                *inner, outer = packet.wraps
                packet.wraps = (*inner, attrs.evolve(outer, far=self.public if not packet.forward else None))
            return True

        return handle


@attrs.frozen(kw_only=True)
class OuterEdit:
    """Mark the outer header with another DSCP and give the tunnel another number, as a gateway between two domains."""

    dscp: int = 46
    key: int | None = None
    finding: str | None = None

    def start(self, rng: Random) -> Handler:
        def handle(packet: Packet, site: Site) -> bool:
            if packet.wraps:
                *inner, outer = packet.wraps
                name = "outer.ipv6.tclass.dscp" if outer.kind.endswith("6") else "outer.ip.dsfield.dscp"
                site.edited(packet, name, outer.tos >> 2, self.dscp)
                changed = {"tos": self.dscp << 2 | outer.tos & 3}
                if self.key is not None:
                    site.edited(packet, "outer.tunnel.id", outer.key, self.key)
                    changed["key"] = self.key
                packet.wraps = (*inner, attrs.evolve(outer, **changed))
            return True

        return handle
