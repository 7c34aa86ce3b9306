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
