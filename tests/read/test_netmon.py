"""Rule: the frame table rules which frame is which; times are what Wireshark reads (TZ=UTC)."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess

import pytest
from hypothesis import given, settings

from correlate.errors import UnreadableCapture
from correlate.read import read_frames
from correlate.read.netmon import MAX_JUMPS
from correlate.wire.linktypes import ETHERNET, LINUX_SLL, NO_LINK, RAW
from tests.read import formats
from tests.read.captures import Record, whole
from tests.read.formats import START_NS, records_since

ROWS = [Record(START_NS + number * 10_000_000, bytes([number]) * 61, 70) for number in range(1, 9)]
VERSIONS = {(1, 1): 1_000_000, (2, 0): 1000, (2, 1): 1000, (2, 2): 1000, (2, 3): 100}
ZONE = ["time-zone-unknown"]


def read(folder, data: bytes, chunk_bytes: int = 4096):
    path = folder / "capture"
    path.write_bytes(data)
    return whole(path, chunk_bytes=chunk_bytes)


def kinds(found) -> list[str]:
    return [problem.kind for problem in found.problems]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_gives_its_frames_with_its_resolution(tmp_path_factory, version) -> None:
    @given(records_since(START_NS, VERSIONS[version]))
    @settings(max_examples=20, deadline=None)
    def law(rows) -> None:
        found = read(tmp_path_factory.mktemp("netmon"), formats.netmon(rows, version=version, hole=3), 64)
        assert found.records == rows
        assert kinds(found) == ([] if version == (2, 3) else ZONE)
        assert found.interfaces[0].tick_ns == VERSIONS[version]

    law()


def test_a_frame_before_the_start_has_a_time_before_it(tmp_path) -> None:
    row = Record(START_NS - 5_000_000, b"abcd", 4)
    assert read(tmp_path, formats.netmon([row])).records == [row]


def test_a_table_that_goes_back_is_followed(tmp_path) -> None:
    """Wireshark: some captures put the record with statistics first and number it last."""
    order = [1, 2, 3, 4, 5, 6, 7, 0]
    found = read(tmp_path, formats.netmon(ROWS, order=order), 128)
    assert found.records == [ROWS[index] for index in order]
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(formats.netmon(ROWS * 2000, order=[*range(1, 16000), 0])))
    assert kinds(whole(packed)) == [*ZONE, "damaged"]


def test_a_table_that_dances_cannot_cost_more_than_the_file_is_worth(tmp_path) -> None:
    found = read(tmp_path, formats.netmon(ROWS, order=[0, 1] * (MAX_JUMPS + 9)))
    assert kinds(found) == [*ZONE, "damaged"]
    assert len(found.records) == 2 * MAX_JUMPS + 2


def test_records_that_are_no_frames_are_not_numbered(tmp_path) -> None:
    networks = [1, 0xFFFD, 7, 0xFFFF, 0xE071, 0xFFFE, 6, 1]
    found = read(tmp_path, formats.netmon(ROWS, version=(2, 1), networks=networks))
    assert found.records == [
        ROWS[index]._replace(interface=place) for index, place in ((0, 0), (2, 1), (3, 2), (4, 3), (6, 4), (7, 0))
    ]
    assert [one.link_type for one in found.interfaces] == [ETHERNET, RAW, NO_LINK, LINUX_SLL, NO_LINK]


@pytest.mark.parametrize(("cut", "left"), [(1, 8), (30, 8), (33, 7), (200, 5)])
def test_without_its_table_a_file_is_walked_frame_by_frame(tmp_path, cut, left) -> None:
    whole_file = formats.netmon(ROWS)
    found = read(tmp_path, whole_file[: len(whole_file) - cut])
    assert found.records == ROWS[:left]
    assert "truncated-file" in kinds(found)


def test_a_hostile_table_is_neither_believed_nor_allocated(tmp_path) -> None:
    data = bytearray(formats.netmon(ROWS))
    data[28:32] = b"\xff\xff\xff\xff"
    assert read(tmp_path, bytes(data)).records == ROWS
    data = bytearray(formats.netmon(ROWS))
    data[-8:-4] = b"\xff\xff\xff\xff"
    found = read(tmp_path, bytes(data))
    assert found.records == ROWS[:6]
    assert kinds(found) == [*ZONE, "truncated-file"]


@pytest.mark.parametrize("version", [(1, 1), (2, 0)])
@pytest.mark.parametrize(("field", "value"), [(10, b"\x63\0"), (8, b"\x88\x13"), (8, b"\x00\x01")])
def test_a_start_that_is_no_date_counts_from_1970(tmp_path, version, field, value) -> None:
    """Month 99, the year 5000 (beyond int64 ns; found by Hypothesis) and the year 256."""
    data = bytearray(formats.netmon(ROWS, version=version))
    data[field : field + 2] = value
    found = read(tmp_path, bytes(data))
    assert [row.ts_ns for row in found.records] == [row.ts_ns - START_NS for row in ROWS]
    assert kinds(found) == ["odd-time-stamps"]


@pytest.mark.parametrize("data", [b"GMBU\0\2", formats.netmon(ROWS, version=(2, 0)).replace(b"GMBU\0\2", b"GMBU\0\3")])
def test_a_cut_header_or_an_unknown_version_is_refused(tmp_path, data) -> None:
    path = tmp_path / "capture"
    path.write_bytes(data)
    with pytest.raises(UnreadableCapture, match="Network Monitor"):
        next(read_frames(path))


@pytest.mark.tshark
@pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark")
@pytest.mark.parametrize("version", VERSIONS)
def test_tshark_reads_the_same(tmp_path, version) -> None:
    path = tmp_path / "capture.cap"
    order = None if version[0] == 1 else [1, 2, 3, 0, 4, 5, 6, 7]
    path.write_bytes(formats.netmon(ROWS, version=version, order=order))
    fields = ["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len"]
    done = subprocess.run(
        ["tshark", "-n", "-r", str(path), *fields],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TZ": "UTC"},
    )
    theirs = [tuple(line.split("\t")) for line in done.stdout.splitlines()]
    ours = [
        (f"{row.ts_ns // 10**9}.{row.ts_ns % 10**9:09d}", str(row.wire_len), str(len(row.data)))
        for row in whole(path).records
    ]
    assert ours == theirs
