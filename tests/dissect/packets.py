"""Strategies: packets as hosts and boxes send them, built with scapy and cut at every layer; then damaged."""

import struct

from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_NOP, IPOption_Router_Alert, IPOption_RR
from scapy.layers.inet6 import (
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6PacketTooBig,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    PadN,
)
from scapy.layers.l2 import ARP, LLC, SNAP, CookedLinux, Dot1AD, Dot1Q, Dot3, Ether
from scapy.packet import NoPayload, Raw

ports = st.integers(0, 65535)
words = st.integers(0, 2**32 - 1)
bytes_of_payload = st.one_of(st.binary(max_size=70), st.binary(min_size=90, max_size=200))
addresses4 = st.integers(1, 2**32 - 2).map(lambda n: ".".join(str(byte) for byte in n.to_bytes(4, "big")))
addresses6 = st.binary(min_size=16, max_size=16).map(
    lambda raw: ":".join(f"{a << 8 | b:x}" for a, b in zip(raw[::2], raw[1::2], strict=True))
)

tcp_options = st.lists(
    st.one_of(
        st.just(("NOP", None)),
        st.tuples(st.just("MSS"), ports),
        st.tuples(st.just("WScale"), st.integers(0, 14)),
        st.just(("SAckOK", b"")),
        st.tuples(st.just("Timestamp"), st.tuples(words, words)),
        st.tuples(st.just("SAck"), st.tuples(words, words)),
        st.tuples(st.just("SAck"), st.tuples(words, words, words, words)),
        st.tuples(st.just(253), st.binary(max_size=4)),
    ),
    max_size=4,
).filter(lambda options: sum(2 + (len(v) if isinstance(v, bytes) else 4 * len(v) if isinstance(v, tuple) else 3) for _, v in options) <= 38)  # fmt: skip


@st.composite
def transports(draw, version):
    """(layer or None, IP protocol to force or None, payload bytes)."""
    payload = draw(bytes_of_payload)
    kind = draw(st.sampled_from(("tcp", "tcp", "udp", "icmp", "other")))
    if kind == "tcp":
        layer = TCP(
            sport=draw(ports), dport=draw(ports), seq=draw(words), ack=draw(words), flags=draw(st.integers(0, 511)),
            window=draw(ports), urgptr=draw(ports), options=draw(tcp_options), reserved=draw(st.integers(0, 7)),
        )  # fmt: skip
        return layer, None, payload
    if kind == "udp":
        return UDP(sport=draw(ports), dport=draw(ports)), None, payload
    if kind == "icmp":
        if version == 6:
            made = draw(st.sampled_from((ICMPv6EchoRequest, ICMPv6EchoReply)))
            return made(id=draw(ports), seq=draw(ports)), None, payload
        return ICMP(type=draw(st.sampled_from((0, 8))), id=draw(ports), seq=draw(ports)), None, payload
    return None, draw(st.sampled_from((2, 47, 50, 132))), payload


@st.composite
def packets4(draw, *, fragments=True):
    """An IPv4 packet."""
    layer, proto, payload = draw(transports(4))
    options = draw(
        st.sampled_from(([], [], [], [IPOption_Router_Alert()], [IPOption_NOP(), IPOption_RR(routers=["1.2.3.4"])]))
    )
    offset, more = draw(st.sampled_from(((0, 0), (0, 0), (0, 0), (0, 1), (185, 0)))) if fragments else (0, 0)
    ip = IP(
        src=draw(addresses4), dst=draw(addresses4), tos=draw(st.integers(0, 255)), id=draw(ports), ttl=draw(st.integers(0, 255)),
        options=options, frag=offset, flags=more | 2 * draw(st.integers(0, 1)),
    )  # fmt: skip
    if proto is not None:
        ip.proto = proto
        return ip / Raw(payload)
    return ip / layer / Raw(payload)


@st.composite
def packets6(draw):
    """An IPv6 packet, with extension headers."""
    layer, proto, payload = draw(transports(6))
    ip = IPv6(
        src=draw(addresses6),
        dst=draw(addresses6),
        tc=draw(st.integers(0, 255)),
        fl=draw(st.integers(0, 2**20 - 1)),
        hlim=draw(st.integers(0, 255)),
    )
    fragment = draw(st.sampled_from(("fragment", "first")))
    for header in draw(st.lists(st.sampled_from(("hop", "dest", "route", fragment)), max_size=3, unique=True)):
        ip /= {
            "hop": IPv6ExtHdrHopByHop(options=[PadN(optdata=bytes(4))]),
            "dest": IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(12))]),
            "route": IPv6ExtHdrRouting(type=4, segleft=0, addresses=["2001:db8::1"]),
            "fragment": IPv6ExtHdrFragment(id=draw(words)),
            "first": IPv6ExtHdrFragment(id=draw(words), m=1),
        }[header]
    if proto is not None:
        last = ip.lastlayer()
        last.nh = proto
        return ip / Raw(payload)
    return ip / layer / Raw(payload)


@st.composite
def errors(draw):
    """An ICMP error and the packet that it quotes, cut as routers cut it."""
    if draw(st.booleans()):
        quoted = bytes(draw(packets4()))[: draw(st.integers(10, 80))]
        return (
            IP(src=draw(addresses4), dst=draw(addresses4))
            / ICMP(type=draw(st.sampled_from((3, 5, 11, 12))), code=1)
            / Raw(quoted)
        )
    quoted = bytes(draw(packets6()))[: draw(st.integers(10, 120))]
    return IPv6(src=draw(addresses6), dst=draw(addresses6)) / ICMPv6PacketTooBig(mtu=1280) / Raw(quoted)


any_packet = st.one_of(packets4(), packets4(), packets6(), errors())


def link_ethernet(packet):
    return bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / packet)


def number(packet):
    """EtherType of a packet."""
    return 0x0800 if isinstance(packet, IP) else 0x86DD


def sll2(packet):
    return struct.pack(">HHIHBB8s", number(packet), 0, 2, 1, 0, 6, b"\x02\0\0\0\0\1") + bytes(packet)


def pppoe(packet):
    body = bytes(packet)
    return bytes(12) + struct.pack(">HBBHHH", 0x8864, 0x11, 0, 7, len(body) + 2, ppp_number(packet)) + body


def ppp_number(packet):
    return 0x21 if isinstance(packet, IP) else 0x57


def mpls(packet):
    return bytes(12) + bytes.fromhex("8847 00010040 00020140".replace(" ", "")) + bytes(packet)


LINKS = {
    "ethernet": (1, link_ethernet),
    "vlan": (1, lambda p: bytes(Ether(src="02:00:00:00:00:01") / Dot1Q(vlan=7) / p)),
    "qinq": (1, lambda p: bytes(Ether(dst="02:00:00:00:00:01") / Dot1AD(vlan=100) / Dot1Q(vlan=4095) / p)),
    "three tags": (
        1,
        lambda p: (
            bytes(12) + bytes.fromhex("9100000181000002810000030806")[:12] + struct.pack(">H", number(p)) + bytes(p)
        ),
    ),
    "snap": (
        1,
        lambda p: bytes(
            Dot3(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / LLC() / SNAP(code=number(p)) / Raw(bytes(p))
        ),
    ),
    "pppoe": (1, pppoe),
    "mpls": (1, mpls),
    "padded": (1, lambda p: link_ethernet(p) + bytes(18)),
    "arp": (1, lambda p: bytes(Ether(dst="ff:ff:ff:ff:ff:ff") / ARP())),
    "sll": (113, lambda p: bytes(CookedLinux(src=b"\x02\0\0\0\0\1\0\0", proto=number(p)) / p)),
    "sll2": (276, sll2),
    "raw": (101, bytes),
    "raw 12": (12, bytes),
    "ipv4": (228, bytes),
    "ipv6": (229, bytes),
    "null": (0, lambda p: struct.pack("<I", 2 if isinstance(p, IP) else 30) + bytes(p)),
    "loop": (108, lambda p: struct.pack(">I", 2 if isinstance(p, IP) else 24) + bytes(p)),
    "ppp": (9, lambda p: struct.pack(">H", ppp_number(p)) + bytes(p)),
    "ppp short": (9, lambda p: struct.pack(">B", ppp_number(p)) + bytes(p)),
    "ppp hdlc": (50, lambda p: struct.pack(">HH", 0xFF03, ppp_number(p)) + bytes(p)),
    "cisco": (104, lambda p: struct.pack(">HH", 0x0F00, number(p)) + bytes(p)),
    "unknown": (147, bytes),
}


@st.composite
def any_frame(draw):
    """(frame, link type)."""
    link_type, wrap = LINKS[draw(st.sampled_from(sorted(LINKS)))]
    return wrap(draw(any_packet)), link_type


@st.composite
def mutated(draw):
    """A frame with bytes overwritten, preferably in its headers, and cut short."""
    frame, link_type = draw(any_frame())
    frame = bytearray(frame)
    for _ in range(draw(st.integers(0, 3))):
        frame[draw(st.integers(0, min(len(frame), 90) - 1))] = draw(st.integers(0, 255))
    return bytes(frame[: draw(st.one_of(st.just(len(frame)), st.integers(0, len(frame))))]), link_type


def payload_of(packet):
    """Bytes behind the last header that scapy built."""
    last = packet.lastlayer()
    return bytes(last) if isinstance(last, Raw) else b"" if isinstance(last, NoPayload) else bytes(last.payload)
