"""Transport headers: RFC 9293, RFC 768, RFC 792, RFC 4443."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, IPv6

from correlate.model.packets import ChecksumState, LengthOwner, StopReason
from correlate.model.packets import PacketFlag as Flag
from tests.dissect.chunks import one_row
from tests.dissect.packets import packets4, packets6, payload_of

CASE_3 = bytes.fromhex(
    "4500000057d040008006 0000c0a87933c0a86417 1f910cc45283a3f2a2a206be5018fadb5ea20000".replace(" ", "")
)


@settings(max_examples=120, deadline=None)
@given(st.one_of(packets4(fragments=False), packets6()))
def test_transport_columns_are_what_scapy_reads(packet):
    """Every column that an independent dissector can tell."""
    frame = bytes(packet)
    row = one_row(frame, link_type=101)
    whole = (IP if isinstance(packet, IP) else IPv6)(frame)
    if TCP in whole:
        tcp = whole[TCP]
        assert (row["seq"], row["ack"], row["window"], row["urgent"]) == (tcp.seq, tcp.ack, tcp.window, tcp.urgptr)
        assert row["tcp_flags"] == tcp.reserved << 9 | int(tcp.flags)
        assert (*row["ends"][4:], row["l4_csum"]) == (tcp.sport, tcp.dport, tcp.chksum)
    elif UDP in whole:
        udp = whole[UDP]
        assert (*row["ends"][4:], row["l4_csum"], row["payload_len"]) == (udp.sport, udp.dport, udp.chksum, udp.len - 8)
    for kind in (ICMP, ICMPv6EchoRequest, ICMPv6EchoReply):
        if kind in whole:
            assert (row["icmp_type"], row["icmp_code"], row["seq"]) == (
                whole[kind].type,
                whole[kind].code,
                whole[kind].seq,
            )
            assert row["ends"][4:] == (whole[kind].id, whole[kind].id)
    header = numbers_header(payload_of(packet), row["proto"]) if Flag(row["flags"]) & Flag.NUMBERED else 0
    assert row["payload_len"] == row["payload_cap"] == len(payload_of(packet)) - header
    assert frame[row["payload_offset"] :] == payload_of(packet)[header:]


def test_segmentation_offload_is_recognised_with_and_without_the_length():
    """Case 3: length 0, header checksum 0, TCP field 0x5EA2 = pseudo-header sum with the length left out."""
    row = one_row(bytes(12) + b"\x08\x00" + CASE_3 + b"HTTP/1.1 200 OK", wire_lens=[2634])
    assert row["l4_csum_state"] == ChecksumState.PARTIAL
    assert Flag(row["flags"]) & Flag.IP_LEN_ZERO
    assert not Flag(row["flags"]) & (Flag.IP_CSUM_BAD | Flag.PAYLOAD_SUM_KNOWN)
    assert (row["payload_len"], row["len_owner"]) == (2580, LengthOwner.CAPTURE)
    packet = IP(src="192.168.121.51", dst="192.168.100.23") / TCP() / b"HTTP"
    with_length = struct.unpack(">HHHH", bytes([192, 168, 121, 51, 192, 168, 100, 23]))
    total = sum(with_length) + 6 + 24
    packet[TCP].chksum = (total & 0xFFFF) + (total >> 16)
    assert one_row(bytes(packet), link_type=101)["l4_csum_state"] == ChecksumState.PARTIAL


def udp(declared, payload=b"12345678", **fields):
    return bytes(IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=1, dport=2, len=declared, **fields) / payload)


def test_a_shorter_udp_length_owns_the_payload():
    """RFC 768: bytes behind the UDP length belong to no datagram."""
    row = one_row(udp(12), link_type=101)
    assert (row["payload_len"], row["len_owner"]) == (4, LengthOwner.UDP)


@pytest.mark.parametrize(
    ("declared", "stop"), [(0, StopReason.DONE), (7, StopReason.CUT_BY_UDP_LENGTH), (60, StopReason.DONE)]
)
def test_a_udp_length_that_cannot_be_is_a_lie(declared, stop):
    """The IP length decides, and the checksum is not held against the packet."""
    row = one_row(udp(declared), link_type=101)
    assert Flag(row["flags"]) & Flag.LEN_LIES
    assert (row["payload_len"], row["stop"], row["l4_csum_state"]) == (8, stop, ChecksumState.UNKNOWN)


@pytest.mark.parametrize("packet", [IP() / UDP(chksum=0) / b"x", IPv6() / UDP(chksum=0) / b"x"])
def test_a_udp_checksum_of_zero_is_absent(packet):
    """RFC 768; RFC 6935 for tunnels over IPv6."""
    assert one_row(bytes(packet), link_type=101)["l4_csum_state"] == ChecksumState.ABSENT


TCP_FRAME = bytes(IP(src="10.0.0.1", dst="10.0.0.2") / TCP(sport=5, dport=6, options=[("MSS", 1460)]) / b"data")


@pytest.mark.parametrize(
    ("kept", "stop", "ports", "has_header"),
    [
        (23, StopReason.CUT_BY_CAPTURE, (-1, -1), False),
        (24, StopReason.CUT_BY_CAPTURE, (5, 6), False),
        (39, StopReason.CUT_BY_CAPTURE, (5, 6), False),
        (40, StopReason.CUT_BY_CAPTURE, (5, 6), True),  # options cut
        (44, StopReason.DONE, (5, 6), True),
    ],
)
def test_what_a_snaplen_leaves_is_read(kept, stop, ports, has_header):
    """Layers reached before the cut are kept, and the capture is named as who cut."""
    row = one_row(TCP_FRAME[:kept], link_type=101, wire_lens=[len(TCP_FRAME)])
    assert (row["stop"], row["ends"][4:]) == (stop, ports)
    assert bool(Flag(row["flags"]) & Flag.TRANSPORT) == has_header
    assert bool(Flag(row["flags"]) & Flag.OPTIONS_CUT) == (kept == 40)
    if has_header:
        assert (row["payload_len"], row["payload_cap"]) == (4, 0)


def test_an_ip_length_that_ends_inside_the_header_is_named():
    """The IP length cuts, not the capture."""
    frame = bytearray(TCP_FRAME[:40])
    frame[2:4] = struct.pack(">H", 35)
    row = one_row(bytes(frame), link_type=101)
    assert row["stop"] == StopReason.CUT_BY_IP_LENGTH
    assert row["payload_len"] == 15


def test_a_tcp_header_length_below_five_words_is_bad():
    """RFC 9293 section 3.1: the least is 5."""
    frame = bytearray(TCP_FRAME)
    frame[32] = 0x40
    row = one_row(bytes(frame), link_type=101)
    assert row["stop"] == StopReason.BAD_HEADER_LENGTH
    assert row["ends"][4:] == (5, 6)
    assert not Flag(row["flags"]) & Flag.TRANSPORT


def numbers_header(payload: bytes, proto: int) -> int:
    """Bytes that hold SCTP's, ESP's, AH's or GRE's own numbers (``numbers_kernel.py``)."""
    if proto == 47:  # RFC 2890: checksum, key, sequence number
        return 8 + 4 * (payload[0] >> 7) + 4 * (payload[0] >> 5 & 1)
    return {50: 8, 51: 12, 132: 12}[proto]


def test_other_protocols_are_rows_without_ports():
    """IP payload as payload."""
    row = one_row(bytes(IP(src="10.0.0.1", dst="10.0.0.2", proto=253) / bytes(30)), link_type=101)
    assert (row["stop"], row["ends"][4:], row["payload_len"], row["proto"]) == (
        StopReason.UNKNOWN_PROTOCOL,
        (-1, -1),
        30,
        253,
    )
