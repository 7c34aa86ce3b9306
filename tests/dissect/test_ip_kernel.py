"""IP headers: RFC 791, RFC 8200, and who owns the length."""

import struct

import pytest
from hypothesis import given, settings
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting

from correlate.model.packets import LengthOwner, StopReason
from correlate.model.packets import PacketFlag as Flag
from tests.dissect.chunks import one_row
from tests.dissect.packets import packets4, packets6

V4 = bytes(IP(src="10.0.0.1", dst="10.0.0.2", id=7) / UDP(sport=1, dport=2) / bytes(100))


@settings(max_examples=60, deadline=None)
@given(packets4())
def test_ipv4_columns_are_what_scapy_reads(packet):
    """An independent dissector agrees on every header field."""
    frame = bytes(packet)
    row, ip = one_row(frame, link_type=101), IP(frame)
    assert (row["ip_len"], row["ip_id"], row["ttl"], row["tos"]) == (ip.len, ip.id, ip.ttl, ip.tos)
    assert (row["proto"], row["frag_offset"], row["ip_csum"]) == (ip.proto, ip.frag, ip.chksum)
    flags = Flag(row["flags"])
    assert (Flag.DF in flags, Flag.MF in flags) == (bool(ip.flags.DF), bool(ip.flags.MF))
    assert (Flag.FRAGMENT in flags) == bool(ip.frag or ip.flags.MF)
    assert (Flag.IP_OPTIONS in flags) == bool(ip.options) == bool(row["ip_options"])
    assert Flag.IP_CSUM_BAD not in flags
    assert row["ends"][2][12:] == bytes(int(part) for part in ip.src.split("."))


@settings(max_examples=60, deadline=None)
@given(packets6())
def test_ipv6_columns_are_what_scapy_reads(packet):
    """Extension headers are walked as scapy walks them."""
    frame = bytes(packet)
    row, ip = one_row(frame, link_type=229), IPv6(frame)
    assert (row["ip_len"], row["ttl"], row["tos"], row["flow_label"]) == (ip.plen + 40, ip.hlim, ip.tc, ip.fl)
    flags = Flag(row["flags"])
    assert (Flag.HAS_IP_ID in flags) == (IPv6ExtHdrFragment in ip)
    if IPv6ExtHdrFragment in ip:
        assert row["ip_id"] == ip[IPv6ExtHdrFragment].id
        assert (Flag.FRAGMENT in flags) == bool(ip[IPv6ExtHdrFragment].m)
    assert (Flag.IP_OPTIONS in flags) == any(
        layer in packet for layer in (IPv6ExtHdrDestOpt, IPv6ExtHdrRouting, IPv6ExtHdrHopByHop)
    )


def lengths(frame, **options):
    """(flags, IP length, owner) of a raw IP frame."""
    row = one_row(frame, link_type=101, **options)
    return Flag(row["flags"]), row["ip_len"], LengthOwner(row["len_owner"])


def with_total(total):
    return V4[:2] + struct.pack(">H", total) + V4[4:]


def test_length_zero_takes_the_length_of_the_record():
    """Segmentation offload leaves total length 0 (case 3)."""
    flags, ip_len, owner = lengths(with_total(0)[:60], wire_lens=[128])
    assert flags & Flag.IP_LEN_ZERO
    assert flags & Flag.CAP_CUT
    assert (ip_len, owner) == (128, LengthOwner.CAPTURE)


def test_a_length_beyond_the_wire_is_a_lie_and_the_shorter_counts():
    """The record says the frame was whole; the header claims more."""
    flags, ip_len, owner = lengths(with_total(200))
    assert flags & Flag.LEN_LIES
    assert not flags & Flag.CAP_CUT
    assert (ip_len, owner) == (128, LengthOwner.CAPTURE)


def test_a_short_capture_of_an_honest_packet_is_cut_and_no_lie():
    """Snaplen: wire length is known, bytes are not."""
    flags, ip_len, owner = lengths(V4[:60], wire_lens=[128])
    assert flags & Flag.CAP_CUT
    assert not flags & Flag.LEN_LIES
    assert (ip_len, owner) == (128, LengthOwner.IP)


def test_bytes_beyond_the_ip_length_are_padding_and_no_payload():
    """Ethernet's least frame (IEEE 802.3): the two bytes of case 1 must not become payload."""
    row = one_row(V4 + b"\0\0", link_type=101)
    assert Flag(row["flags"]) & Flag.PADDED
    assert row["payload_len"] == one_row(V4, link_type=101)["payload_len"] == 100


def test_a_bad_header_checksum_is_flagged_and_zero_is_not():
    """0 = left for the card to compute."""
    bad = V4[:10] + b"\x12\x34" + V4[12:]
    zero = V4[:10] + b"\0\0" + V4[12:]
    assert Flag(one_row(bad, link_type=101)["flags"]) & Flag.IP_CSUM_BAD
    assert not Flag(one_row(zero, link_type=101)["flags"]) & Flag.IP_CSUM_BAD


def test_a_later_fragment_has_no_ports():
    """Offset > 0: what looks like ports is data."""
    row = one_row(bytes(IP(src="10.0.0.1", dst="10.0.0.2", frag=10, proto=17) / bytes(40)), link_type=101)
    assert row["ends"][4:] == (-1, -1)
    assert row["stop"] == StopReason.LATER_FRAGMENT
    assert Flag(row["flags"]) & Flag.LATER_FRAGMENT
    assert row["payload_len"] == 40


def test_an_atomic_fragment_is_a_whole_packet():
    """RFC 6946: fragment header with offset 0 and no more; it has an identification and a verifiable checksum."""
    row = one_row(bytes(IPv6() / IPv6ExtHdrFragment(id=9) / UDP(sport=1, dport=2) / b"x"), link_type=101)
    assert not Flag(row["flags"]) & Flag.FRAGMENT
    assert row["ip_id"] == 9
    assert Flag(row["flags"]) & Flag.PAYLOAD_SUM_KNOWN


@pytest.mark.parametrize(("count", "stop"), [(8, StopReason.DONE), (9, StopReason.TOO_MANY_HEADERS)])
def test_extension_headers_are_walked_to_a_bound(count, stop):
    """A fuzzer's chain of headers ends the walk, not the tool."""
    packet = IPv6()
    for _ in range(count):
        packet /= IPv6ExtHdrDestOpt()
    assert one_row(bytes(packet / UDP()), link_type=101)["stop"] == stop


def test_a_jumbo_length_of_zero_takes_the_length_of_the_record():
    """RFC 2675 and Linux BIG TCP write payload length 0."""
    packet = bytearray(bytes(IPv6() / UDP() / bytes(30)))
    packet[4:6] = b"\0\0"
    flags, ip_len, owner = lengths(bytes(packet))
    assert flags & Flag.IP_LEN_ZERO
    assert (ip_len, owner) == (len(packet), LengthOwner.CAPTURE)
