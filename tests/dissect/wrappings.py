"""Packets in packets: every tunnel that is opened, built with scapy where it knows the header.

``WRAPPINGS``: name -> function of (inner packet as scapy layers, draw of 32 bits) -> outer packet as scapy layers.
"""

import struct

from hypothesis import strategies as st
from scapy.contrib.erspan import ERSPAN_II, ERSPAN_III
from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header, GTPPDUSessionContainer
from scapy.contrib.mpls import MPLS, EoMCW
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE, GRE_PPTP, Dot1Q, Ether
from scapy.layers.l2tp import L2TP
from scapy.layers.ppp import PPP
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from correlate.model.tunnels import TunnelKind
from tests.dissect.packets import number, packets4, packets6, ppp_number


def outer4(**fields):
    return IP(src="192.0.2.1", dst="198.51.100.2", id=4660, ttl=61, tos=0x28, **fields)


def outer6(**fields):
    return IPv6(src="2001:db8:1::1", dst="2001:db8:2::2", hlim=61, tc=0x28, **fields)


def inner_ethernet(packet):
    return Ether(src="02:00:00:00:00:03", dst="02:00:00:00:00:04", type=number(packet)) / packet


def udp(port, sport=None):
    return UDP(sport=50000 if sport is None else sport, dport=port, chksum=0)


def ip_in(outer):
    return lambda packet, _bits: (
        outer(**{"proto" if outer is outer4 else "nh": 4 if isinstance(packet, IP) else 41}) / packet
    )


def raw(outer, header, packet):
    return outer / Raw(header + bytes(packet))


def gre(packet, bits):
    fields = {}
    if bits & 1:
        fields.update(chksum_present=1)
    if bits & 2:
        fields.update(key_present=1, key=bits)
    if bits & 4:
        fields.update(seqnum_present=1, sequence_number=bits)
    return outer4(proto=47) / GRE(proto=number(packet), **fields) / packet


def gtp_long(packet, bits):
    header = GTP_U_Header(teid=bits, E=1, S=1, seq=bits & 0xFFFF, next_ex=0x85)
    return outer4() / udp(2152, 2152) / header / GTPPDUSessionContainer(type=1, QFI=9) / packet


def l2tpv3(cookie):
    def wrap(packet, bits):
        header = struct.pack(">HHI", 3, 0, bits | 1) + bytes(range(1, cookie + 1))
        return raw(outer4() / udp(1701, 1701), header, inner_ethernet(packet))

    return wrap


def teredo(packet, bits):
    origin = struct.pack(">HHI", 0, 50000, bits)
    return raw(outer4() / udp(3544), origin if bits & 1 else b"", packet)


def vxlan_gpe(packet, bits):
    return raw(
        outer4() / udp(4790), struct.pack(">BHBI", 0x0C, 0, 1 if isinstance(packet, IP) else 2, bits >> 8 << 8), packet
    )


def erspan1(packet, _bits):
    return outer4(proto=47) / GRE(proto=0x88BE) / Raw(bytes(inner_ethernet(packet)))


def erspan2(packet, bits):
    header = ERSPAN_II(session_id=bits & 0x3FF)
    return outer4(proto=47) / GRE(proto=0x88BE, seqnum_present=1, sequence_number=1) / header / inner_ethernet(packet)


def erspan3(packet, bits):
    header = bytearray(bytes(ERSPAN_III(session_id=bits & 0x3FF)))
    header[10:12] = b"\0\0"
    inner = bytes(inner_ethernet(packet))
    return outer4(proto=47) / GRE(proto=0x22EB, seqnum_present=1) / Raw(bytes(header[:12]) + inner)


def pptp(packet, bits):
    return outer4(proto=47) / GRE_PPTP(call_id=bits & 0xFFFF, seqnum_present=1) / PPP(proto=ppp_number(packet)) / packet


def l2tp(packet, bits):
    header = L2TP(hdr="length+sequence" if bits & 1 else 0, version=2, tunnel_id=bits & 0xFFFF, session_id=9)
    return outer4() / udp(1701, 1701) / header / PPP(proto=ppp_number(packet)) / packet


def mpls(packet, bits):
    return MPLS(label=bits & 0xFFFFF, s=0) / MPLS(label=bits >> 12, s=1) / packet


K = TunnelKind
WRAPPINGS = {
    "ip in 4": (ip_in(outer4), (K.IPIP, K.SIX_IN_FOUR)),
    "ip in 6": (ip_in(outer6), (K.FOUR_IN_SIX, K.SIX_IN_SIX)),
    "gre": (gre, (K.GRE,)),
    "nvgre": (
        lambda p, bits: outer4(proto=47) / GRE(proto=0x6558, key_present=1, key=bits) / inner_ethernet(p),
        (K.GRE,),
    ),
    "gre 6": (lambda p, _: outer6(nh=47) / GRE(proto=number(p)) / p, (K.GRE,)),
    "gre, mpls": (lambda p, bits: outer4(proto=47) / GRE(proto=0x8847) / mpls(p, bits), (K.GRE, K.MPLS)),
    "vxlan": (
        lambda p, bits: outer4() / udp(4789) / VXLAN(flags=8, vni=bits >> 8) / inner_ethernet(p),
        (K.VXLAN,),
    ),
    "vxlan, old port, tagged": (
        lambda p, bits: (
            outer4() / udp(8472) / VXLAN(flags=8, vni=bits >> 8) / Ether(dst="02:00:00:00:00:04") / Dot1Q(vlan=77) / p
        ),
        (K.VXLAN,),
    ),
    "vxlan-gpe": (vxlan_gpe, (K.VXLAN,)),
    "geneve": (
        lambda p, bits: outer6() / udp(6081) / GENEVE(vni=bits >> 8, proto=0x6558) / inner_ethernet(p),
        (K.GENEVE,),
    ),
    "geneve, ip": (lambda p, bits: outer4() / udp(6081) / GENEVE(vni=bits >> 8, proto=number(p)) / p, (K.GENEVE,)),
    "gtp-u": (lambda p, bits: outer4() / udp(2152, 2152) / GTP_U_Header(teid=bits) / p, (K.GTP,)),
    "gtp-u, extended": (gtp_long, (K.GTP,)),
    "l2tp": (l2tp, (K.L2TP,)),
    "l2tpv3": (l2tpv3(0), (K.L2TPV3,)),
    "l2tpv3, cookie": (l2tpv3(8), (K.L2TPV3,)),
    "l2tpv3, ip": (
        lambda p, bits: raw(outer4(proto=115), struct.pack(">I", bits | 1), inner_ethernet(p)),
        (K.L2TPV3,),
    ),
    "pptp": (pptp, (K.PPTP,)),
    "erspan i": (erspan1, (K.ERSPAN,)),
    "erspan ii": (erspan2, (K.ERSPAN,)),
    "erspan iii": (erspan3, (K.ERSPAN,)),
    "etherip": (lambda p, _: raw(outer4(proto=97), b"\x30\0", inner_ethernet(p)), (K.ETHERIP,)),
    "mpls in ip": (lambda p, bits: outer4(proto=137) / mpls(p, bits), (K.MPLS,)),
    "mpls in udp": (lambda p, bits: outer4() / udp(6635) / mpls(p, bits), (K.MPLS,)),
}
"""Packet in packet: name -> (wrap, kinds of layer it may add)."""

SIX_ONLY = {"teredo": (teredo, (K.TEREDO,))}
"""The same for inner IPv6 only."""


def pppoe_frame(packet, bits):
    body = struct.pack(">H", ppp_number(packet)) + bytes(packet)
    return bytes(12) + struct.pack(">HBBHH", 0x8864, 0x11, 0, bits & 0xFFFF, len(body)) + body


def pseudowire(word):
    def frame(packet, bits):
        labels = MPLS(label=bits & 0xFFFFF, s=1, ttl=9)
        inner = inner_ethernet(packet)
        return (
            bytes(Ether(dst="02:00:00:00:00:01", type=0x8847) / labels)
            + (bytes(EoMCW(seq=7)) if word else b"")
            + bytes(inner)
        )

    return frame


FRAMES = {
    "pppoe": (pppoe_frame, (K.PPPOE,)),
    "mpls": (lambda p, bits: bytes(Ether(dst="02:00:00:00:00:01", type=0x8847) / mpls(p, bits)), (K.MPLS,)),
    "pseudowire": (pseudowire(False), (K.MPLS,)),
    "pseudowire, control word": (pseudowire(True), (K.MPLS,)),
    "ethernet": (lambda p, _: bytes(Ether(dst="02:00:00:00:00:01", type=number(p)) / p), ()),
    "tagged": (lambda p, _: bytes(Ether(dst="02:00:00:00:00:01") / Dot1Q(vlan=5) / p), ()),
}
"""Packet in frame: name -> (wrap, kinds of layer it adds)."""


@st.composite
def wrapped(draw, most=3):
    """(frame, the innermost packet, names of the wrappings from inside out, kinds of layers from outside in)."""
    inner = packet = draw(st.one_of(packets4(fragments=False), packets6()).filter(is_readable))
    names, layers = [], []
    for _ in range(draw(st.integers(0, most))):
        table = WRAPPINGS if isinstance(packet, IP) else {**WRAPPINGS, **SIX_ONLY}
        name = draw(st.sampled_from(sorted(table)))
        wrap, kinds = table[name]
        packet = type(packet)(bytes(packet))
        kind = kinds if len(kinds) == 1 or name == "gre, mpls" else (kinds[0 if isinstance(packet, IP) else 1],)
        packet = wrap(packet, draw(st.integers(0, 2**32 - 1)))
        names.append(name)
        layers[:0] = kind
    name = draw(st.sampled_from(sorted(FRAMES)))
    wrap, kinds = FRAMES[name]
    return wrap(packet, draw(st.integers(0, 2**32 - 1))), inner, [*names, name], [*kinds, *layers]


def is_readable(packet):
    """The innermost packet must not look like a tunnel itself, nor have a header of fragments."""
    last = packet.lastlayer() if not isinstance(packet.lastlayer(), Raw) else packet.lastlayer().underlayer
    if isinstance(packet, IP) and packet.proto in (4, 41, 47, 97, 115, 137):
        return False
    if isinstance(last, UDP) and {last.sport, last.dport} & {4789, 8472, 4790, 6081, 6635, 2152, 1701, 3544}:
        return False
    if isinstance(packet, IPv6) and len(bytes(packet)) == 40 and packet.nh != 59:
        return False  # length 0 before a real header is a jumbogram (RFC 2675), which fits into no carrier
    return not (isinstance(packet, IPv6) and getattr(last, "nh", 0) == 47)
