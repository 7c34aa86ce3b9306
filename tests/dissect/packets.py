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


def snap(packet):
    return b"\xaa\xaa\x03\0\0\0" + struct.pack(">H", number(packet)) + bytes(packet)


def wireless(packet, *, control=0x08, flags=1, extra=b""):
    return bytes([control, flags]) + bytes(22) + extra + snap(packet)


def radiotap(frame, *, present=0x0F, flags=0):
    return struct.pack("<BBHIQBBHI", 0, 0, 24, present, 7, flags, 2, 2412, 0)[:24] + frame


def pktap(frame, inner):
    return struct.pack("<III", 108, 1, inner).ljust(108, b"\0") + frame


def log(packet):
    body = bytes(packet)
    family = 2 if isinstance(packet, IP) else 10
    attributes = struct.pack("<HH4s", 8, 1, bytes(4)) + struct.pack("<HH1sxxx", 5, 10, b"\0")
    return struct.pack(">BBH", family, 0, 20) + attributes + struct.pack("<HH", len(body) + 4, 9) + body


def family(packet, v6=30):
    return 2 if isinstance(packet, IP) else v6


def shimmed(kind, shim):
    return lambda p: bytes(12) + struct.pack(">H", kind) + shim(p)


MEDIA = {
    "radiotap": (127, lambda p: radiotap(wireless(p))),
    "802.11": (105, wireless),
    "802.11 qos": (105, lambda p: wireless(p, control=0x88, flags=2, extra=bytes(2))),
    "802.11 between access points": (105, lambda p: wireless(p, flags=3, extra=bytes(6))),
    "802.11 ht": (105, lambda p: wireless(p, control=0x88, flags=0x81, extra=bytes(6))),
    "prism": (119, lambda p: struct.pack("<II", 0x44, 144).ljust(144, b"\0") + wireless(p)),
    "avs": (163, lambda p: struct.pack(">II", 0x80211001, 64).ljust(64, b"\0") + wireless(p)),
    "ppi": (192, lambda p: struct.pack("<BBHI", 0, 0, 8, 105) + wireless(p)),
    "pktap": (258, lambda p: pktap(link_ethernet(p), 1)),
    "pktap raw": (149, lambda p: pktap(bytes(p), 12)),
    "juniper": (178, lambda p: b"MGC\x80" + struct.pack(">H4s", 4, bytes(4)) + link_ethernet(p)),
    "netanalyzer": (240, lambda p: bytes(4) + link_ethernet(p)),
    "ppp with direction": (204, lambda p: struct.pack(">BHH", 0, 0xFF03, ppp_number(p)) + bytes(p)),
    "pppd": (166, lambda p: struct.pack(">HH", 3, ppp_number(p)) + bytes(p)),
    "cisco with direction": (205, lambda p: struct.pack(">BHH", 1, 0x0F00, number(p)) + bytes(p)),
    "frame relay": (107, lambda p: bytes([0x18, 0x41, 3, 0xCC if isinstance(p, IP) else 0x8E]) + bytes(p)),
    "frame relay snap": (107, lambda p: b"\x18\x41\x03\0\x80" + bytes(3) + struct.pack(">H", number(p)) + bytes(p)),
    "frame relay cisco": (107, lambda p: struct.pack(">HH", 0x1841, number(p)) + bytes(p)),
    "netfilter log": (239, log),
    "ipnet": (226, lambda p: struct.pack(">BBHI16x", 1, family(p, 26), 0, len(bytes(p))) + bytes(p)),
    "ip over infiniband": (242, lambda p: bytes(40) + struct.pack(">HH", number(p), 0) + bytes(p)),
    "firewire": (138, lambda p: bytes(16) + struct.pack(">H", number(p)) + bytes(p)),
    "pflog": (117, lambda p: struct.pack(">BB62x", 61, family(p, 24)) + bytes(p)),
    "enc": (109, lambda p: struct.pack("<III", family(p, 24), 0, 0) + bytes(p)),
    "slip": (8, lambda p: bytes(16) + bytes(p)),
    "fddi": (10, lambda p: b"\x50" + bytes(12) + snap(p)),
    "token ring": (6, lambda p: b"\x10\x40" + bytes(12) + snap(p)),
    "token ring routed": (6, lambda p: b"\x10\x40" + bytes(6) + b"\x80" + bytes(5) + b"\x06" + bytes(5) + snap(p)),
    "fibre channel": (122, lambda p: bytes(16) + snap(p)),
    "atm": (100, snap),
    "sun atm": (123, lambda p: b"\x02\0\0\x20" + snap(p)),
    "arcnet": (129, lambda p: bytes(4) + bytes([0xD4 if isinstance(p, IP) else 0xC4, 0, 0, 1]) + bytes(p)),
    "switch tag": (284, lambda p: bytes(12) + b"\x40\0\0\0" + struct.pack(">H", number(p)) + bytes(p)),
    "pppoe alone": (51, lambda p: pppoe(p)[14:]),
    "service header": (
        1,
        shimmed(0x894F, lambda p: struct.pack(">HBBI", 2, 2, 1 if isinstance(p, IP) else 2, 0) + bytes(p)),
    ),
    "macsec in the clear": (1, shimmed(0x88E5, lambda p: struct.pack(">BBIH", 0, 0, 1, number(p)) + bytes(p))),
    "stamped by a switch": (
        1,
        shimmed(0xD28B, lambda p: struct.pack(">HH8sH", 1, 0x10, bytes(8), number(p)) + bytes(p)),
    ),
}
"""Links of few captures, and what may stand between Ethernet and IP."""

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
    **MEDIA,
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
