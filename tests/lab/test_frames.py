"""The truth's own reading of headers, against packets that scapy builds."""

from __future__ import annotations

import struct
from pathlib import Path

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from tests.lab.capture import MAGIC_NS
from tests.lab.frames import Frame, frames_of, turned

OWN, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"
OUT = Ether(src=OWN, dst=OTHER)


def read(folder: Path, *packets: Packet) -> list[Frame]:
    parts = [struct.pack("=IHHiIII", MAGIC_NS, 2, 4, 0, 0, 262_144, 1)]
    for at, packet in enumerate(packets):
        frame = bytes(packet)
        parts += [struct.pack("=4I", 100, at, len(frame), len(frame)), frame]
    (folder / "one.pcap").write_bytes(b"".join(parts))
    return frames_of(folder / "one.pcap", OWN)


def test_segments_are_named_by_what_boxes_leave_alone(tmp_path) -> None:
    segment = (
        IP(src="10.0.0.1", dst="10.0.0.9", id=7, ttl=64)
        / TCP(sport=1000, dport=80, seq=5, ack=9, flags="PA")
        / b"hello"
    )
    routed = segment.copy()
    routed.ttl = 63
    one, other = read(tmp_path, OUT / segment, Ether(src=OTHER, dst=OWN) / routed)
    assert (one.is_outgoing, other.is_outgoing) == (True, False)
    assert one.digest != other.digest
    assert (one.identity, one.numbers, one.ends) == (other.identity, other.numbers, other.ends)
    assert (one.begin, one.size, one.is_syn) == (5, 5, False)


def test_fragments_lie_in_their_datagram(tmp_path) -> None:
    head = IP(src="10.0.0.1", dst="10.0.0.9", id=8)
    whole = OUT / head / UDP(sport=1, dport=2) / Raw(b"x" * 100)
    second = OUT / IP(src="10.0.0.1", dst="10.0.0.9", id=8, frag=8, proto=17) / Raw(b"x" * 44)
    one, part = read(tmp_path, whole, second)
    assert one.whole == part.whole
    assert (one.begin, one.size, part.begin, part.size) == (0, 108, 64, 44)


def test_an_error_belongs_to_the_connection_that_it_quotes(tmp_path) -> None:
    sent = IP(src="10.0.0.1", dst="10.0.0.9", id=9) / UDP(sport=1, dport=2) / b"abc"
    datagram, error = read(
        tmp_path, OUT / sent, OUT / IP(src="10.0.0.9", dst="10.0.0.1") / ICMP(type=3, code=3) / bytes(sent)
    )
    assert error.refuses == (datagram.ends, 9)
    assert error.ends == turned(datagram.ends)


def test_the_inner_packet_of_a_tunnel_counts_and_other_protocols_do_not(tmp_path) -> None:
    inner = Ether() / IP(src="10.0.0.1", dst="10.0.0.9", id=3) / UDP(sport=5, dport=6) / b"abc"
    outer = OUT / IP(src="1.1.1.1", dst="2.2.2.2") / UDP(sport=9, dport=4789) / VXLAN(vni=42) / inner
    sixth = OUT / IPv6(src="fd00::1", dst="fd00::2") / TCP(sport=1, dport=2, flags="S")
    first, second = read(tmp_path, OUT / ARP(), outer, sixth)
    assert (first.number, first.ends[2], first.ends[4]) == (2, 5, 6)
    assert (second.number, second.is_syn) == (3, True)
