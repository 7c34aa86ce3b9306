"""The dissector as a whole: against its naive twin, and under hostile frames."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_NOP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6, IPv6ExtHdrDestOpt

from correlate.dissect import TupleInterner, dissect_frames, gather
from correlate.model.frames import NO_TIME
from correlate.model.packets import FrameFate, PacketFlag
from tests.dissect.chunks import chunk_of, dissect, ends_of, row_of, stack_of
from tests.dissect.naive_packets import naive_packet
from tests.dissect.packets import LINKS, any_frame, mutated

LINK_TYPES = (0, 1, 9, 12, 14, 50, 101, 104, 108, 113, 147, 228, 229, 276)
PLACES = {"ts_ns", "frame", "file", "interface", "cap_len", "wire_len", "tuple_id", "tunnel"}


def assert_equals_twin(frames, wire_lens, link_type):
    """Every column of every row, every fate, every quote."""
    table, counts = dissect(frames, wire_lens=wire_lens, link_type=link_type, gap=3)
    expected = [naive_packet(frame, wire, link_type) for frame, wire in zip(frames, wire_lens, strict=True)]
    assert [counts[fate] for fate in FrameFate] == [sum(got[0] == fate for got in expected) for fate in FrameFate]
    packets = [(number, *got[1:]) for number, got in enumerate(expected, 1) if got[0] == FrameFate.PACKET]
    assert len(table) == len(packets)
    quotes = []
    for row, (number, columns, ends, quote, stack) in enumerate(packets):
        got = row_of(table, row)
        assert got["frame"] == number
        assert got["ends"] == ends
        assert {name: got[name] for name in got if name not in PLACES | {"ends"}} == columns
        assert stack_of(table, got["tunnel"]) == stack
        if quote:
            quotes.append((row, *quote))
    assert len(table.quotes.row) == len(quotes)
    for at, (row, columns, ends) in enumerate(quotes):
        assert table.quotes.row[at] == row
        assert {name: int(getattr(table.quotes, name)[at]) for name in columns} == columns
        assert ends_of(table.tuples, table.quotes.tuple_id[at]) == ends


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(any_frame(), st.integers(0, 40)), min_size=1, max_size=8))
def test_valid_packets_are_read_as_the_naive_twin_reads_them(frames):
    """Kernel = twin on packets as hosts send them, behind every link."""
    for (frame, link_type), more in frames:
        assert_equals_twin([frame], [len(frame) + more], link_type)


@settings(max_examples=100, deadline=None)
@given(mutated(), st.integers(0, 50))
def test_damaged_packets_are_read_as_the_naive_twin_reads_them(damaged, more):
    """Kernel = twin on packets with bytes changed and ends cut; nothing raises."""
    frame, link_type = damaged
    assert_equals_twin([frame], [len(frame) + more], link_type)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=90), max_size=12), st.sampled_from(LINK_TYPES))
def test_random_bytes_never_raise_and_every_frame_has_one_fate(frames, link_type):
    """Conservation (style: Ledger), for every link type, known or not."""
    assert_equals_twin(frames, [len(frame) for frame in frames], link_type)


@settings(max_examples=100, deadline=None)
@given(st.integers(4, 6), st.binary(max_size=120))
def test_random_bytes_behind_a_version_nibble_are_read_as_the_twin_reads_them(version, rest):
    """Random bytes that start like IP reach deeper than wholly random ones."""
    frame = bytes([version << 4 | 5]) + rest
    assert_equals_twin([frame], [len(frame)], 101)


@pytest.mark.jit_off
@pytest.mark.parametrize("link", sorted(LINKS))
def test_compiled_and_interpreted_kernels_agree_with_the_twin(link):
    """Run with CORRELATE_JIT=0 as well (marker ``jit_off``): both equal the twin, so both are equal."""
    link_type, wrap = LINKS[link]
    tcp = TCP(
        sport=1,
        dport=2,
        seq=2**32 - 1,
        flags="SA",
        options=[("MSS", 1460), ("Timestamp", (2**32 - 1, 7)), ("SAck", (3, 4))],
    )
    packets = [
        IP(src="10.0.0.1", dst="255.255.255.255") / tcp / bytes(range(200)),
        IP(src="10.0.0.1", dst="10.0.0.2", options=[IPOption_NOP()]) / UDP() / b"odd",
        IPv6(src="fe80::1", dst="ff02::1") / IPv6ExtHdrDestOpt() / ICMPv6EchoRequest(id=65535, seq=1) / bytes(40),
        IP(src="10.0.0.9", dst="10.0.0.1") / ICMP(type=11) / bytes(IP(src="10.0.0.1", dst="10.0.0.2") / tcp),
    ]
    frames = [wrap(packet)[:cut] for packet in packets for cut in (None, 70, 30)]
    assert_equals_twin(frames, [len(frame) + 2 for frame in frames], link_type)


def test_frames_keep_their_place_time_and_number():
    """Row order is record order; the frame number counts the frames that are no packets too."""
    packet = bytes.fromhex("45000014000100004011") + bytes(10)
    chunk = chunk_of([packet, b"\x00", packet], link_type=101, first_frame=10)
    chunk.columns.ts_ns[2] = NO_TIME
    tuples = TupleInterner()
    part = dissect_frames(chunk, tuples, 3)
    columns = part.columns
    assert part.counts == {
        FrameFate.PACKET: 2,
        FrameFate.NOT_IP: 0,
        FrameFate.UNSUPPORTED_LINK: 0,
        FrameFate.MALFORMED: 1,
    }
    assert columns.frame.tolist() == [10, 12]
    assert columns.file.tolist() == [3, 3]
    assert columns.ts_ns.tolist() == [0, NO_TIME]
    assert [bool(flags & PacketFlag.NO_TIME) for flags in columns.flags.tolist()] == [False, True]
    assert not any(column.flags.writeable for column in columns)


@settings(max_examples=15, deadline=None)
@given(st.lists(any_frame(), min_size=1, max_size=10), st.data())
def test_where_a_capture_is_cut_into_chunks_changes_nothing(frames, data):
    """Law: file split changes nothing (style: Tests)."""
    frames = [frame for frame, link_type in frames if link_type == 1]
    cut = data.draw(st.integers(0, len(frames)))
    whole, _ = dissect(frames)
    tuples = TupleInterner()
    parts = [
        dissect_frames(chunk_of(frames[:cut]), tuples, 0),
        dissect_frames(chunk_of(frames[cut:], first_frame=cut + 1), tuples, 0),
    ]
    split = gather(parts, tuples)
    assert parts == []
    for name in set(whole.columns._fields) - {"ts_ns"}:
        assert np.array_equal(getattr(split.columns, name), getattr(whole.columns, name)), name
    for ours, theirs in zip(
        (*split.tuples, *split.quotes, *split.tunnels), (*whole.tuples, *whole.quotes, *whole.tunnels), strict=True
    ):
        assert np.array_equal(ours, theirs)


def test_no_parts_make_an_empty_table():
    """A capture without records is a capture."""
    table = gather([], TupleInterner())
    assert len(table) == 0
    assert len(table.quotes.row) == 0


def test_a_frame_check_sequence_is_no_part_of_the_packet():
    """pcapng if_fcslen: the last bytes of each frame are not padding; a cut frame has lost them first."""
    packet = bytes.fromhex("4500001c000100004011") + bytes(10) + bytes.fromhex("0001000200080000")
    ethernet = bytes(12) + b"\x08\x00" + packet + b"FCSF"
    whole, _ = dissect([ethernet], fcs_len=4)
    assert not whole.columns.flags[0] & PacketFlag.PADDED
    assert whole.columns.wire_len[0] == len(ethernet)
    cut, _ = dissect([ethernet[:-6]], wire_lens=[len(ethernet)], fcs_len=4)
    assert cut.columns.flags[0] & PacketFlag.CAP_CUT


@pytest.mark.jit_off
def test_tuples_are_shared_by_chunks():
    """The same addresses and ports get the same number in a later chunk; the way back gets another."""
    there = bytes.fromhex("4500001c000100004011000001010101020202020001000200080000")
    back = bytes.fromhex("4500001c000100004011000002020202010101010002000100080000")
    tuples = TupleInterner()
    numbers = [
        dissect_frames(chunk_of([frame], link_type=101), tuples, 0).columns.tuple_id[0]
        for frame in (there, back, there)
    ]
    assert numbers == [0, 1, 0]
