"""Rule: what is written is read again as it was: frames, numbers, stamps, interfaces, counters."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.read import read_frames
from correlate.wire.linktypes import NO_LINK
from correlate.write import PcapngWriter
from tests.read import captures, formats
from tests.read.captures import Record, option, records, whole
from tests.read.formats import START_NS


def rewritten(folder, data: bytes, chunk_bytes: int = 4096):
    """Return what was read of ``data``, and of the file written from it."""
    source, target = folder / "source", folder / "target.pcapng"
    source.write_bytes(data)
    with target.open("wb") as file:
        writer = PcapngWriter(file, "a comment")
        for chunk in read_frames(source, chunk_bytes=chunk_bytes):
            writer.add(chunk)
        writer.finish()
    return whole(source), whole(target)


@given(records(tick_ns=1), st.sampled_from(["<", ">"]), st.integers(1, 300))
@settings(max_examples=40, deadline=None)
def test_frames_and_stamps_come_back(tmp_path_factory, rows, order, chunk_bytes) -> None:
    folder = tmp_path_factory.mktemp("write")
    before, after = rewritten(folder, captures.pcapng(rows, order=order, unit_ns=1), chunk_bytes)
    assert after.records == before.records == rows
    assert after.interfaces == before.interfaces


def test_everything_a_file_tells_of_its_interfaces_is_kept(tmp_path) -> None:
    """Name, filter, resolution, frame check sequence, snaplen, counters; numbered blocks keep their numbers."""
    options = option(2, b"eth0") + option(9, b"\x03") + option(11, b"\0tcp") + option(13, b"\x04")
    counters = option(4, struct.pack("<Q", 9)) + option(5, struct.pack("<Q", 2))
    rows = [Record(START_NS, b"abcd" * 5, 70, 0), Record(START_NS + 10**6, b"xyz", 3, 1)]
    data = b"".join(
        [
            captures.section(),
            captures.interface(options=options, snaplen=96),
            captures.interface(link=101),
            captures.packet(rows[0], unit_ns=10**6),
            captures.block(0xBAD, bytes(8)),
            captures.packet(rows[1]),
            captures.block(3, struct.pack("<I", 60) + b"\1" * 60),
            captures.block(5, struct.pack("<III", 0, 0, 0) + counters),
        ]
    )
    before, after = rewritten(tmp_path, data)
    assert [row._replace(interface=0) for row in after.records] == [row._replace(interface=0) for row in before.records]
    kept = [[one for one in found.interfaces if one.link_type != 0xFFFF] for found in (before, after)]
    assert [attrs.evolve(one, description="") for one in kept[0]] == kept[1]


def test_points_within_an_interface_go_back_to_it(tmp_path) -> None:
    frame = struct.pack(">HHIHBB8s", 0x0800, 0, 7, 1, 0, 6, bytes(8)) + bytes(20)
    before, after = rewritten(tmp_path, captures.pcap([Record(START_NS, frame, len(frame))], link=276))
    assert after == before


def test_stamps_before_1970_survive(tmp_path) -> None:
    rows = [Record(-5_000_000_000, b"abcd", 4)]
    before, after = rewritten(tmp_path, formats.netmon(rows, start_ns=0))
    assert after.records == before.records == rows


def test_frames_without_a_time_stay_without_whatever_their_interface(tmp_path) -> None:
    """Only frames of a section's first interface can lack one (section 4.4): others begin a section of their own."""
    simple = captures.block(3, struct.pack("<I", 8) + b"abcdefgh")
    counters = captures.block(5, struct.pack("<III", 0, 0, 0) + option(5, struct.pack("<Q", 7)))
    timed = captures.packet(Record(START_NS, b"xyz", 3, 0))
    sections = [
        captures.section() + captures.interface(link=link, options=option(2, name)) + body
        for link, name, body in (
            (1, b"one", timed + counters),
            (101, b"two", simple + timed),
            (113, b"three", timed + simple + simple),
        )
    ]
    before, after = rewritten(tmp_path, b"".join(sections))
    assert [row[:3] for row in after.records] == [row[:3] for row in before.records]
    assert [row.ts_ns for row in after.records] == [START_NS, None, START_NS, START_NS, None, None]

    def links(found):
        return [found.interfaces[row.interface].link_type for row in found.records]

    assert links(after) == links(before) == [1, 101, 101, 113, 113, 113]
    assert sum(one.dropped or 0 for one in after.interfaces) == 7


def test_a_link_type_that_no_block_can_hold_is_written_as_none(tmp_path) -> None:
    data = bytearray(captures.pcap([Record(START_NS, b"abcd", 4)]))
    data[20:24] = (0x20001).to_bytes(4, "little")
    before, after = rewritten(tmp_path, bytes(data))
    assert before.interfaces[0].link_type == 0x20001
    assert after.interfaces[0].link_type == NO_LINK
    assert after.records == before.records


@pytest.mark.tshark
@pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark")
def test_tshark_reads_what_is_written(tmp_path) -> None:
    rows = [Record(START_NS + number * 1001, bytes([number]) * 61, 90) for number in range(1, 9)]
    rewritten(tmp_path, captures.pcapng(rows, unit_ns=1))
    fields = ["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len"]
    command = ["tshark", "-n", "-r", str(tmp_path / "target.pcapng"), *fields]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [line.split("\t") for line in done.stdout.splitlines()] == [
        [f"{row.ts_ns // 10**9}.{row.ts_ns % 10**9:09d}", "90", "61"] for row in rows
    ]


def test_a_file_without_frames_is_a_file(tmp_path) -> None:
    file = io.BytesIO()
    PcapngWriter(file, "").finish()
    (tmp_path / "empty").write_bytes(file.getvalue())
    assert whole(tmp_path / "empty").records == []
