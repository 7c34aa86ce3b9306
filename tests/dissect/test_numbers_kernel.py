"""SCTP, ESP, AH and GRE: numbers that tell packets apart although nothing else is read."""

import struct

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.ipsec import AH, ESP
from scapy.layers.sctp import SCTP, SCTPChunkData, SCTPChunkInit, SCTPChunkSACK
from scapy.packet import Raw

from correlate.model.packets import ChecksumState, PacketFlag, StopReason
from tests.dissect.chunks import one_row
from tests.dissect.test_frames import assert_equals_twin


def row_of_packet(packet):
    frame = bytes(packet)
    assert_equals_twin([frame], [len(frame)], 101)
    return one_row(frame, link_type=101)


@pytest.mark.parametrize("outer", [IP(src="10.0.0.1", dst="10.0.0.2"), IPv6(src="fd00::1", dst="fd00::2")])
@pytest.mark.parametrize(
    ("chunk", "kind", "tsn"),
    [
        (SCTPChunkData(tsn=77, data=b"hello"), 0, 77),
        (SCTPChunkInit(init_tsn=99), 1, 99),
        (SCTPChunkSACK(cumul_tsn_ack=55), 3, 55),
        (Raw(b"\x04\0\0\4"), 4, 0),
    ],
)
def test_sctp_has_ports_tag_and_tsn(outer, chunk, kind, tsn):
    """RFC 9260 section 3; CRC32c is not verified, so a card's unfinished one is not called bad."""
    row = row_of_packet(outer / SCTP(sport=1000, dport=2000, tag=7, chksum=1) / chunk)
    assert row["ends"][4:] == (1000, 2000)
    assert (row["ack"], row["seq"], row["icmp_type"]) == (7, tsn, kind)
    assert row["flags"] & PacketFlag.NUMBERED
    assert not row["flags"] & PacketFlag.TRANSPORT
    assert row["l4_csum_state"] == ChecksumState.UNKNOWN
    assert row["stop"] == StopReason.DONE


def test_esp_and_ah_have_spi_and_sequence():
    """RFC 4303 section 2, RFC 4302 section 2."""
    row = row_of_packet(IP() / ESP(spi=5, seq=6, data=b"ciphertext"))
    assert (row["ack"], row["seq"], row["payload_len"]) == (5, 6, 10)
    row = row_of_packet(IP(proto=51) / AH(nh=17, spi=5, seq=6, icv=bytes(12)) / UDP())
    assert (row["ack"], row["seq"]) == (5, 6)


def test_gre_that_is_not_opened_has_key_and_sequence():
    """RFC 2890; without a sequence number there is nothing to read."""
    header = struct.pack(">HHII", 0x3000, 0xCAFE, 5, 6) + bytes(20)
    row = row_of_packet(IP(proto=47) / Raw(header))
    assert (row["ack"], row["seq"]) == (5, 6)
    row = row_of_packet(IP(proto=47) / Raw(struct.pack(">HHI", 0x2000, 0xCAFE, 5) + bytes(20)))
    assert not row["flags"] & PacketFlag.NUMBERED
    assert row["stop"] == StopReason.UNKNOWN_PROTOCOL


@pytest.mark.parametrize("proto", [47, 50, 51, 132, 89])
@pytest.mark.parametrize("size", [0, 3, 7, 8, 11, 12, 15, 16, 40])
def test_cut_headers_are_left_unread(proto, size):
    """Whatever is captured of them; the twin agrees."""
    row_of_packet(IP(proto=proto) / Raw((b"\x10\0\xca\xfe" + bytes(range(60)))[:size]))
