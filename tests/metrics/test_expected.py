"""``metrics.expected``: routing and plain NAT are no news; everything else is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from tests.metrics.scenes import MS, Seen, one_packet, scene, tcp, udp

ports = st.integers(1, 65535)
addresses = st.integers(1, 2**32 - 2).map(lambda n: ".".join(str(n >> shift & 255) for shift in (24, 16, 8, 0)))


@settings(max_examples=40, deadline=None)
@given(addresses, addresses, ports, ports, st.binary(max_size=20), st.integers(1, 30), st.booleans())
def test_any_nat_and_any_routing_is_expected(old, new, sport, mapped, data, routers, is_udp) -> None:
    """RFC 1624: a checksum moved by exactly the translated words is an update, whatever the values."""
    make = udp if is_udp else tcp
    before = make(src=old, sport=sport, data=data, ttl=64)
    after = make(src=new, sport=mapped, data=data, ttl=64 - routers)
    world = one_packet(before, after)
    assert world.news() == []
    assert {row["field"] for row in world.changes()} >= {"ip.ttl"}


def test_a_ttl_that_rises_or_starts_afresh_is_news() -> None:
    """Routers only count down; a proxy's new packet has a new TTL."""
    assert ("ip.ttl", "50", "64") in one_packet(tcp(ttl=50), tcp(ttl=64)).news()
    assert ("ip.ttl", "128", "64") in one_packet(tcp(ttl=128), tcp(ttl=64)).news()


def test_one_packet_translated_otherwise_than_its_flow_is_news() -> None:
    """RFC 2663: a mapping is constant; one odd packet is no mapping."""
    inside = [(at, tcp(seq=at)) for at in range(5)]
    outside = [(MS + at, tcp(src="203.0.113.5" if at != 3 else "203.0.113.7", seq=at)) for at in range(5)]
    world = scene([inside, outside], [Seen(rows=(at, at)) for at in range(5)])
    odd = [(row["packet"], row["field"]) for row in world.changes() if not row["expected"]]
    assert odd == [(3, "ip.src")]


def test_a_mapping_that_changes_midway_is_still_nat() -> None:
    """A NAT may drop an idle mapping and make another: both recur."""
    inside = [(at, tcp(seq=at)) for at in range(6)]
    outside = [(MS + at, tcp(src="203.0.113.5", sport=1000 if at < 4 else 2000, seq=at)) for at in range(6)]
    assert scene([inside, outside], [Seen(rows=(at, at)) for at in range(6)]).news() == []


def test_a_checksum_fixed_after_a_payload_edit_is_news() -> None:
    """A middlebox that recomputes the checksum changed more than addresses."""
    before, after = tcp(data=b"GET /a"), tcp(src="203.0.113.5", data=b"GET /b")
    assert {field for field, _, _ in one_packet(before, after).news()} == {"tcp.checksum", "tcp.payload"}


def test_corruption_keeps_the_checksum_and_breaks_it() -> None:
    """Kind ``corrupted``: right before, wrong after."""
    before = tcp(data=b"hello world!")
    after = bytearray(before)
    after[-1] ^= 0x10
    rows = one_packet(before, bytes(after)).changes()
    assert [(row["field"], row["kind"], row["expected"]) for row in rows] == [("tcp.payload", "corrupted", False)]


def test_a_nat_that_forgets_the_checksum_is_news() -> None:
    """A plain NAT keeps the transport checksum right (RFC 3022 section 4.1)."""
    before = tcp(data=b"hello world!")
    after = bytearray(tcp(src="203.0.113.5", data=b"hello world!"))
    after[50:52] = before[50:52]
    assert ("ip.src", "10.0.0.1", "203.0.113.5") in one_packet(before, bytes(after)).news()


def test_a_checksum_left_to_the_card_is_expected() -> None:
    """Offload: the sender's capture holds the pseudo-header sum, the receiver's the finished checksum."""
    arrived = tcp(data=b"hello")
    sent = bytearray(arrived)
    total = sum(int.from_bytes(sent[at : at + 2]) for at in range(26, 34, 2)) + 6 + 25
    sent[50:52] = ((total & 0xFFFF) + (total >> 16)).to_bytes(2)
    rows = one_packet(bytes(sent), arrived).changes()
    assert [(row["field"], row["expected"]) for row in rows] == [("tcp.checksum", True)]


def test_udp_that_gains_a_checksum_is_news() -> None:
    """RFC 768: 0 means none; an update of nothing is more than an update."""
    none = bytearray(udp(data=b"x"))
    none[40:42] = b"\0\0"
    assert [field for field, _, _ in one_packet(bytes(none), udp(data=b"x")).news()] == ["udp.checksum"]


@pytest.mark.parametrize("ecn", [0, 3])
def test_nat64_is_expected_but_not_a_changed_traffic_class(ecn: int) -> None:
    """RFC 7915: the IP header is another one; its traffic class is copied."""
    six = bytes(
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IPv6(src="2001:db8::1", dst="64:ff9b::c633:6409", hlim=64, tc=ecn)
        / UDP(dport=53)
        / Raw(b"question")
    )
    four = bytes(Ether() / IP(src="203.0.113.5", dst="198.51.100.9", ttl=63, tos=0) / UDP(dport=53) / Raw(b"question"))
    world = one_packet(six, four)
    fields = {row["field"]: row for row in world.changes()}
    assert fields["ipv6.src"]["kind"] == "removed"
    assert (fields["ip.src"]["kind"], fields["ip.src"]["after"]) == ("added", "203.0.113.5")
    odd = {row["field"] for row in fields.values() if not row["expected"]}
    assert odd == ({"ip.dsfield.ecn", "ipv6.tclass.ecn"} if ecn else set())


def test_a_million_of_one_nat_need_two_texts() -> None:
    """Texts are stored once each."""
    world = scene([[(0, tcp(seq=at)) for at in range(50)], [(1, tcp(src="203.0.113.5", seq=at)) for at in range(50)]],
                  [Seen(rows=(at, at)) for at in range(50)])  # fmt: skip
    rows = [row for row in world.changes() if row["field"] == "ip.src"]
    assert len(rows) == 50
    assert {(row["before"], row["after"]) for row in rows} == {("10.0.0.1", "203.0.113.5")}
    assert np.all([row["expected"] for row in rows])
