"""Packets quoted by ICMP errors: RFC 792, RFC 4443 section 3."""

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, ICMPv6TimeExceeded, IPv6, IPv6ExtHdrFragment

from correlate.model.packets import PacketFlag as Flag
from tests.dissect.chunks import dissect, ends_of

SENT = IP(src="10.0.0.1", dst="192.0.2.9", id=77, ttl=1) / TCP(sport=4000, dport=443, seq=12345) / bytes(50)


def quoted(frame, **options):
    """(table, first quote's endpoints)."""
    table, _ = dissect([frame], link_type=101, **options)
    return table, ends_of(table.tuples, table.quotes.tuple_id[0]) if len(table.quotes.row) else None


@pytest.mark.jit_off
def test_the_quoted_packet_has_the_tuple_of_the_packet_itself():
    """The error and what it is about meet in one tuple row, so a flow finds its errors."""
    error = IP(src="172.16.0.1", dst="10.0.0.1") / ICMP(type=11, code=0) / bytes(SENT)[:28]
    table, _ = dissect([bytes(SENT), bytes(error)], link_type=101)
    quotes = table.quotes
    assert quotes.row.tolist() == [1]
    assert quotes.tuple_id[0] == table.columns.tuple_id[0]
    assert (int(quotes.ip_id[0]), int(quotes.ttl[0]), int(quotes.seq[0])) == (77, 1, 12345)
    assert (int(quotes.ip_len[0]), int(quotes.l4_csum[0])) == (90, -1)
    assert table.columns.flags[1] & Flag.ICMP_ERROR
    assert ends_of(table.tuples, table.columns.tuple_id[1])[4:] == (-1, -1)


def test_a_longer_quote_has_the_checksum_too():
    """RFC 1812 section 4.3.2.3: as much as fits."""
    table, _ = quoted(bytes(IP() / ICMP(type=3, code=4) / bytes(SENT)))
    assert table.quotes.l4_csum[0] == int.from_bytes(bytes(SENT)[36:38], "big")


def test_quoted_udp_has_ports_and_checksum():
    """Eight bytes are the whole UDP header."""
    sent = bytes(IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=5, dport=6) / b"abc")
    table, ends = quoted(bytes(IP() / ICMP(type=3, code=3) / sent[:28]))
    assert ends[4:] == (5, 6)
    assert table.quotes.l4_csum[0] == int.from_bytes(sent[26:28], "big")
    assert table.quotes.seq[0] == -1


def test_quoted_echo_has_its_identifier():
    """Over IPv6, behind a fragment header."""
    sent = bytes(
        IPv6(src="2001:db8::1", dst="2001:db8::2") / IPv6ExtHdrFragment(id=1, m=1) / ICMPv6EchoRequest(id=9, seq=1)
    )
    table, ends = quoted(bytes(IPv6() / ICMPv6TimeExceeded() / sent))
    assert ends[0] == 6
    assert ends[4:] == (9, 9)
    assert table.quotes.ip_id[0] == -1


def test_a_quoted_later_fragment_has_no_ports():
    """Its bytes are data."""
    sent = bytes(IP(src="10.0.0.1", dst="10.0.0.2", frag=10, proto=17) / bytes(30))
    _, ends = quoted(bytes(IP() / ICMP(type=11) / sent))
    assert ends[4:] == (-1, -1)


def test_a_quote_that_is_cut_is_no_quote():
    """The error stays a row; there is just nothing to say whose it was."""
    frame = bytes(IP() / ICMP(type=11) / bytes(SENT))
    table, _ = dissect([frame[:40]], wire_lens=[len(frame)], link_type=101)
    assert len(table.quotes.row) == 0
    assert table.columns.flags[0] & Flag.ICMP_ERROR


def sums(sent, wrap):
    """(payload sum of a packet, payload sum of its quote)."""
    table, _ = dissect([bytes(sent), bytes(wrap / bytes(sent)[:48])], link_type=101)
    return int(table.columns.payload_sum[0]), int(table.quotes.payload_sum[0])


@pytest.mark.jit_off
def test_eight_quoted_bytes_tell_the_sum_of_the_payload():
    """RFC 1624: the sum that the packet itself has, so a packet and its quote agree, whatever a NAT made of both."""
    error4, error6 = IP() / ICMP(type=3, code=3), IPv6() / ICMPv6TimeExceeded()
    for sent, error in (
        (IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=5, dport=6) / b"abcdef", error4),
        (IP(src="10.0.0.1", dst="10.0.0.2") / ICMP(id=5, seq=6) / b"abcdef", error4),
        (IPv6(src="fd00::1", dst="fd00::2") / UDP(sport=5, dport=6) / b"abcdef", error6),
        (IPv6(src="fd00::1", dst="fd00::2") / ICMPv6EchoRequest(id=5, seq=6, data=b"abcdef"), error6),
    ):
        own, of_quote = sums(sent, error)
        assert own == of_quote == (int.from_bytes(b"ab", "big") + int.from_bytes(b"cd", "big") + 0x6566) % 65535


def test_extensions_are_no_part_of_the_quote():
    """RFC 4884: the length in the header ends the quote, what follows describes labels and interfaces."""
    sent = bytes(IP(src="10.0.0.1", dst="10.0.0.2", id=7) / UDP(sport=5, dport=6))
    icmp = bytes(ICMP(type=11, code=0))
    frame = bytes(IP(proto=1) / (icmp[:5] + b"\x06" + icmp[6:8] + sent[:24] + b"\x20\0\0\0" + bytes(8)))
    table, ends = quoted(frame)
    assert ends[4:] == (5, 6)
    assert table.quotes.l4_csum[0] == -1
