"""All layers in turn: where packets lie in their capture, and which of them want a further look."""

import numpy as np
import pytest
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import Ether

from correlate.dissect import Room, TupleInterner, dissect_frames, gather
from correlate.dissect.packets_kernel import count_rare
from correlate.dissect.room import zeros
from correlate.model.packets import PacketColumns, PacketFlag
from correlate.model.quic import LEAST_PAYLOAD
from tests.dissect.chunks import chunk_of, dissect

PING = bytes(Ether() / IP(src="10.0.0.1", dst="10.0.0.2") / ICMP())
NO_IP = bytes(12) + b"\x08\x06" + bytes(28)


@pytest.mark.jit_off
def test_packets_of_later_files_say_so():
    """File and interface count on over the files of a vantage; frame numbers begin anew in each."""
    room, tuples = Room(), TupleInterner()
    parts = [
        dissect_frames(chunk_of([PING, NO_IP, PING]), tuples, 0, room=room),
        dissect_frames(chunk_of([NO_IP, PING], first_frame=1), tuples, 1, room=room, base=4),
    ]
    columns = gather(parts, tuples).columns
    assert columns.file.tolist() == [0, 0, 1]
    assert columns.interface.tolist() == [0, 0, 4]
    assert columns.frame.tolist() == [1, 3, 2]


@pytest.mark.jit_off
def test_a_frame_that_is_no_packet_leaves_nothing_in_the_row_after_it():
    """Zeros are not written, so a row must not have been used before."""
    room = Room(expected=100)
    tagged = bytes(Ether() / IP(src="10.0.0.1", dst="10.0.0.2", tos=8, frag=3) / bytes(20))
    parts = [dissect_frames(chunk_of([tagged, NO_IP, tagged[:20]]), TupleInterner(), 0, room=room)]
    parts.append(dissect_frames(chunk_of([PING]), TupleInterner(), 0, room=room))
    alone, _ = dissect([PING])
    for name in set(PacketColumns._fields) - {"tuple_id"}:
        assert np.array_equal(getattr(parts[1].columns, name), getattr(alone.columns, name)), name


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("proto", "first", "captured", "flags", "expected"),
    [
        (17, 0xC3, LEAST_PAYLOAD, PacketFlag.TRANSPORT, [0, 1, 0]),
        (17, 0x40, LEAST_PAYLOAD, PacketFlag.TRANSPORT, [0, 0, 1]),
        (17, 0xC3, LEAST_PAYLOAD - 1, PacketFlag.TRANSPORT, [0, 0, 0]),
        (17, 0xC3, LEAST_PAYLOAD, 0, [0, 0, 0]),
        (6, 0xC3, LEAST_PAYLOAD, PacketFlag.TRANSPORT, [0, 0, 0]),
        (1, 0, 8, PacketFlag.TRANSPORT | PacketFlag.ICMP_ERROR, [1, 0, 0]),
    ],
)
def test_what_wants_a_further_look_is_counted(proto, first, captured, flags, expected):
    """ICMP errors, and datagrams by the form of a QUIC header (RFC 9000 section 17)."""
    out = zeros(PacketColumns, 1)
    out.proto[0], out.payload_cap[0], out.flags[0] = proto, captured, int(flags)
    seen = np.zeros(3, np.int64)
    count_rare(np.array([first], np.uint8), np.zeros(1, np.int64), out, seen)
    assert seen.tolist() == expected


def test_a_datagram_of_one_chunk_is_quic_after_the_handshake_of_another():
    """What is not looked at must not have told anything: short headers count behind the first long one."""
    long = bytes([0xC3, 0, 0, 0, 1, 8, *range(8), 8, *range(8, 16)]) + bytes(60)
    short = bytes([0x41, *range(8)]) + bytes(60)
    frames = [bytes(Ether() / IP() / UDP(sport=5, dport=443) / one) for one in (short, long, short)]
    tuples = TupleInterner()
    parts = [dissect_frames(chunk_of([frame]), tuples, 0) for frame in frames]
    assert gather(parts, tuples).quic.row.tolist() == [1, 2]
