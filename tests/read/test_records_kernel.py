"""Rule: a kernel finds what the plainest reader finds, on sound and on broken bytes alike."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.model.arrays import frozen
from correlate.read import records_kernel as kernels
from tests.read import captures
from tests.read.captures import Record

pytestmark = pytest.mark.jit_off

ORDERS = st.sampled_from(["<", ">"])
CHANGES = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=3)


def changed(data: bytes, changes: list[tuple[int, int]], cut: int) -> bytes:
    broken = bytearray(data)
    for place, value in changes:
        if place < len(broken):
            broken[place] = value
    return bytes(broken[: len(broken) - min(cut, len(broken))])


def columns(size: int, *dtypes: type) -> list[np.ndarray]:
    return [np.zeros(size, dtype) for dtype in dtypes]


def walk_pcap(data: bytes, order: str, size: int = 64, lengths: int = 0) -> tuple[list[Record], int, int]:
    rows = columns(size, np.int64, np.int32, np.int32, np.int64)
    state = np.zeros(4, np.int64)
    view = frozen(np.frombuffer(data, np.uint8))
    big = int(order == ">")
    count = kernels.walk_pcap(view, 0, len(data), big, 16, lengths, 262144, 1000, *rows, state)
    found = zip(*(row[:count].tolist() for row in rows), strict=True)
    return [Record(ts, data[at : at + cap], wire) for at, cap, wire, ts in found], int(state[1]), int(state[0])


def walk_pcapng(data: bytes, order: str, interfaces: int, snaplen: int = 0, size: int = 64) -> tuple[list[Record], int]:
    rows = columns(size, np.int64, np.int32, np.int32, np.int64, np.int64, np.int32)
    state = np.zeros(4, np.int64)
    view = frozen(np.frombuffer(data, np.uint8))
    places, limits = np.arange(3, dtype=np.int64), np.full(3, 262144)
    snaplens = np.full(3, snaplen)
    big = int(order == ">")
    count = kernels.walk_pcapng(
        view, 0, len(data), big, interfaces, places, limits, snaplens, 99, 2**24, 0, *rows, state
    )
    found = []
    for at, cap, wire, high, low, interface in zip(*(row[:count].tolist() for row in rows), strict=True):
        stamp = None if high == kernels.NO_TICKS else high << 32 | low
        found.append(Record(stamp, data[at : at + cap], wire, interface))
    return found, int(state[1])


@given(captures.records(), ORDERS, CHANGES, st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_pcap_records_are_those_of_the_plain_reader(rows, order, changes, cut) -> None:
    data = changed(captures.pcap(rows, order=order)[24:], changes, cut)
    found, status, _ = walk_pcap(data, order)
    expected, is_damaged = captures.naive_pcap(data, order, 1000, 262144)
    assert (found, status == kernels.TOO_LONG) == (expected, is_damaged)


BLOCKS = st.sampled_from([2, 3, 4, 6, 6, 6, 9, 0xBAD, 0x40000BAD, 0x80000001, 1, 5, 0x0A0D0D0A])


@given(st.lists(st.tuples(BLOCKS, captures.records(max_size=1)), max_size=8), ORDERS, CHANGES, st.integers(0, 40))
@settings(max_examples=100, deadline=None)
def test_pcapng_packets_are_those_of_the_plain_reader(blocks, order, changes, cut) -> None:
    parts = [made_block(kind, row, order) for kind, rows in blocks for row in rows]
    data = changed(b"".join(parts), changes, cut)
    found, status = walk_pcapng(data, order, 2)
    expected, is_damaged = captures.naive_packet_blocks(data, order, 2, 262144)
    assert (found, status >= kernels.TOO_LONG) == (expected, is_damaged)


def made_block(kind: int, row: Record, order: str) -> bytes:
    if kind == 6:
        return captures.packet(row, order)
    if kind == 2:
        head = struct.pack(f"{order}HH4I", 1, 7, 0, 5, len(row.data), row.wire_len)
        return captures.block(2, head + row.data, order)
    if kind == 3:
        return captures.block(3, struct.pack(f"{order}I", row.wire_len) + row.data, order)
    return captures.block(kind, row.data, order)


def test_rows_that_do_not_fit_wait_for_the_next_walk() -> None:
    rows = [Record(0, b"abc", 3)] * 5
    found, status, position = walk_pcap(captures.pcap(rows)[24:], "<", size=3)
    assert (len(found), status, position) == (3, kernels.FULL, 3 * 19)


@pytest.mark.parametrize(("lengths", "expected"), [(0, (4, 4)), (1, (2, 4)), (2, (2, 4))])
def test_the_order_of_the_two_lengths_is_a_matter_of_version(lengths, expected) -> None:
    """pcap 2.0 to 2.2 stored the original length first, 2.3 either (libpcap savefile)."""
    data = struct.pack("<IIII", 1, 2, 4, 2) + b"abcd"
    found, _, _ = walk_pcap(data, "<", lengths=lengths)
    assert (len(found[0].data), found[0].wire_len) == expected


def test_a_simple_packet_is_cut_to_the_snaplen() -> None:
    """draft-ietf-opsawg-pcapng section 4.4: the captured length is the least of original length and snaplen."""
    found, _ = walk_pcapng(captures.block(3, struct.pack("<I", 900) + b"abcdefgh"), "<", 1, snaplen=6)
    assert found == [Record(None, b"abcdef", 900, 0)]
