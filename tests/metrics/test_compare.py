"""``metrics.compare``: fields that differ, and differences that only the captures made."""

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Raw

from tests.metrics.scenes import MS, Seen, one_packet, scene, tcp, udp

SYN_OPTIONS = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (100, 0)), ("NOP", None), ("WScale", 7)]


def _syn(**changed):
    options = [(name, changed.get(name, value)) for name, value in SYN_OPTIONS if changed.get(name, 0) is not None]
    return tcp(flags="S", options=options)


def _news_but_checksum(before: bytes, after: bytes) -> dict:
    rows = one_packet(before, after).news()
    return {field: (old, new) for field, old, new in rows if not field.endswith("checksum")}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (tcp(seq=1), tcp(seq=5), {"tcp.seq_raw": ("1", "5")}),
        (tcp(ack=1), tcp(ack=5), {"tcp.ack_raw": ("1", "5")}),
        (tcp(flags="A"), tcp(flags="AE"), {"tcp.flags": ("0x0010", "0x0050")}),
        (tcp(window=9), tcp(window=8), {"tcp.window_size_value": ("9", "8")}),
        (tcp(flags="AU", urgptr=9), tcp(flags="AU", urgptr=8), {"tcp.urgent_pointer": ("9", "8")}),
        (tcp(ip={"id": 1}), tcp(ip={"id": 2}), {"ip.id": ("0x0001", "0x0002")}),
        (tcp(ip={"tos": 0xB9}), tcp(ip={"tos": 1}), {"ip.dsfield.dscp": ("46", "0")}),
        (tcp(ip={"tos": 2}), tcp(ip={"tos": 0}), {"ip.dsfield.ecn": ("2", "0")}),
        (tcp(ip={"flags": "DF"}), tcp(), {"ip.flags.df": ("True", "False")}),
        (_syn(), _syn(MSS=1380), {"tcp.options.mss_val": ("1460", "1380")}),
        (_syn(), _syn(WScale=2), {"tcp.options.wscale.shift": ("7", "2")}),
        (
            _syn(),
            _syn(Timestamp=(7, 9)),
            {"tcp.options.timestamp.tsval": ("100", "7"), "tcp.options.timestamp.tsecr": ("0", "9")},
        ),
    ],
)
def test_a_changed_header_field_is_one_row(before: bytes, after: bytes, expected: dict) -> None:
    """One row per changed field, printed as ``tshark -T fields`` does; the checksum that follows is another."""
    assert _news_but_checksum(before, after) == expected


def test_a_stripped_option_is_removed_and_an_inserted_one_added() -> None:
    """An option that one end lacks is absent there, not zero."""
    with_it = tcp(flags="S", options=[("MSS", 1460), ("SAckOK", b""), ("NOP", None), ("NOP", None)])
    without = tcp(flags="S", options=[("MSS", 1460), ("NOP", None), ("NOP", None), ("NOP", None), ("NOP", None)])
    rows = {row["field"]: row for row in one_packet(with_it, without).changes()}
    assert (rows["tcp.options.sack_perm"]["kind"], rows["tcp.options.sack_perm"]["before"]) == ("removed", "0402")
    rows = {row["field"]: row for row in one_packet(without, with_it).changes()}
    assert (rows["tcp.options.sack_perm"]["kind"], rows["tcp.options.sack_perm"]["after"]) == ("added", "0402")


def test_sack_blocks_left_behind_by_a_sequence_rewriter_show() -> None:
    """``sack-not-rewritten`` needs the first block at both ends."""
    block = tcp(flags="A", ack=100, options=[("NOP", None), ("NOP", None), ("SAck", (200, 300))])
    moved = tcp(flags="A", ack=1100, options=[("NOP", None), ("NOP", None), ("SAck", (1200, 1300))])
    assert _news_but_checksum(block, moved) == {
        "tcp.ack_raw": ("100", "1100"),
        "tcp.options.sack_le": ("200", "1200"),
        "tcp.options.sack_re": ("300", "1300"),
    }


def test_a_snap_length_changes_nothing() -> None:
    """Of what a capture cut away nothing is said: header, options or payload."""
    frame = tcp(flags="PA", data=b"x" * 900, options=[("Timestamp", (1, 2)), ("NOP", None), ("NOP", None)])
    for snaplen in (34, 40, 54, 60, 66, 70, 100, 200):
        for snaplens in ((snaplen, 65535), (65535, snaplen), (snaplen, snaplen)):
            assert one_packet(frame, frame, snaplens=snaplens).changes() == [], snaplens


def test_a_super_segment_and_its_pieces_are_the_same() -> None:
    """A changed cut is no mutation: IP ID counts up, PSH stands on the last, lengths and checksums differ."""
    whole = tcp(flags="PA", seq=1000, data=bytes(2920), ip={"id": 5, "flags": "DF"})
    first = tcp(flags="A", seq=1000, data=bytes(1460), ip={"id": 5, "flags": "DF"}, ttl=63)
    second = tcp(flags="PA", seq=2460, data=bytes(1460), ip={"id": 6, "flags": "DF"}, ttl=63)
    world = scene([[(0, whole)], [(MS, first), (MS, second)]], [Seen(rows=(0, 0)), Seen(rows=(0, 1))])
    assert {row["field"] for row in world.changes()} == {"ip.ttl"}


def test_an_ip_length_left_to_the_card_changes_nothing() -> None:
    """Case 3: total length 0, header checksum 0, partial TCP checksum."""
    sent = bytearray(tcp(flags="PA", data=bytes(1000)))
    arrived = bytes(sent)
    sent[16:18], sent[24:26] = b"\0\0", b"\0\0"
    partial = _pseudo_sum(bytes(sent), 1020)
    sent[50:52] = partial.to_bytes(2)
    assert one_packet(bytes(sent), arrived).news() == []


def _pseudo_sum(frame: bytes, length: int) -> int:
    total = sum(int.from_bytes(frame[at : at + 2]) for at in range(26, 34, 2)) + 6 + length
    return (total & 0xFFFF) + (total >> 16)


def test_the_vlan_is_the_one_link_field_and_expected() -> None:
    """Contract: of the link layer only ``vlan.id``; a router's other side is another VLAN."""
    inner = IP(src="10.0.0.1", dst="10.0.0.2") / ICMP(id=1, seq=1) / Raw(b"x" * 40)
    tagged = bytes(Ether(src="02:00:00:00:00:01") / Dot1Q(vlan=10) / inner)
    double = bytes(Ether(src="02:00:00:00:00:03", type=0x88A8) / Dot1Q(vlan=100, type=0x8100) / Dot1Q(vlan=10) / inner)
    plain = bytes(Ether(src="02:00:00:00:00:02") / inner)
    rows = one_packet(tagged, plain).changes()
    assert [(r["field"], r["kind"], r["before"], r["expected"]) for r in rows] == [("vlan.id", "removed", "10", True)]
    assert one_packet(tagged, double).changes()[0]["after"] == "100,10"


def test_icmp_echo_through_a_nat_is_expected() -> None:
    """RFC 5508: the identifier is translated in place of a port."""
    ping = Ether() / IP(src="10.0.0.1", dst="198.51.100.9", ttl=64) / ICMP(id=7, seq=3) / Raw(b"ping")
    out = Ether() / IP(src="203.0.113.5", dst="198.51.100.9", ttl=63) / ICMP(id=4711, seq=3) / Raw(b"ping")
    rows = {row["field"]: row for row in one_packet(bytes(ping), bytes(out)).changes()}
    assert (rows["icmp.ident"]["before"], rows["icmp.ident"]["after"]) == ("7", "4711")
    assert {"ip.src", "ip.ttl", "icmp.checksum"} <= set(rows)
    assert all(row["expected"] for row in rows.values())


def test_ipv6_fields_have_their_own_names() -> None:
    """``ipv6.*`` and ``icmpv6.*`` instead of ``ip.*`` and ``icmp.*``."""

    def echo(**header) -> bytes:
        ends = {"src": "2001:db8::1", "dst": "2001:db8::2", "hlim": 64, **header}
        return bytes(
            Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
            / IPv6(**ends)
            / ICMPv6EchoRequest(id=1, seq=1, data=b"x")
        )

    rows = one_packet(echo(tc=2, fl=5), echo(tc=0, fl=6, hlim=63)).changes()
    assert {(row["field"], row["before"], row["after"]) for row in rows} == {
        ("ipv6.tclass.ecn", "2", "0"),
        ("ipv6.flow", "0x000005", "0x000006"),
        ("ipv6.hlim", "64", "63"),
    }


def test_udp_length_and_payload_are_compared() -> None:
    """An ALG that rewrites a datagram."""
    rows = one_packet(udp(data=b"abcd"), udp(data=b"abcdef")).news()
    assert ("udp.length", "12", "14") in rows
    assert ("udp.payload", "61626364", "616263646566") in rows
