"""Rule: snoop files are RFC 1761; Surveyor's of the same magic are told by their padding."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from correlate.errors import UnreadableCapture
from correlate.read import read_frames
from correlate.wire.linktypes import ETHERNET, NO_LINK
from tests.read import formats
from tests.read.captures import Record, records, whole

ROWS = [Record(1_600_000_000 * 10**9 + number * 1000, bytes([number]) * 61, 61) for number in range(1, 9)]


def read(folder, data: bytes, chunk_bytes: int = 4096):
    path = folder / "capture"
    path.write_bytes(data)
    return whole(path, chunk_bytes=chunk_bytes)


@given(records())
@settings(max_examples=40, deadline=None)
def test_records_come_back(tmp_path_factory, rows) -> None:
    found = read(tmp_path_factory.mktemp("snoop"), formats.snoop(rows), 64)
    assert (found.records, found.problems) == (rows, [])


def test_the_drop_counter_is_told_and_zero_says_nothing(tmp_path) -> None:
    """RFC 1761: cumulative drops; many writers leave 0 without counting."""
    assert read(tmp_path, formats.snoop(ROWS, drops=7)).interfaces[0].dropped == 7
    assert read(tmp_path, formats.snoop(ROWS)).interfaces[0].dropped is None


def test_surveyor_files_keep_the_frame_check_sequence(tmp_path) -> None:
    found = read(tmp_path, formats.snoop(ROWS, link=12, padding=16))
    assert found.records == ROWS
    assert (found.interfaces[0].link_type, found.interfaces[0].fcs_len) == (ETHERNET, 4)
    assert read(tmp_path, formats.snoop(ROWS, link=12)).interfaces[0].link_type == NO_LINK


@pytest.mark.parametrize("data", [b"snoop\0\0\0\0\0", formats.snoop(ROWS, version=6)])
def test_a_cut_header_or_an_unknown_version_is_refused(tmp_path, data) -> None:
    path = tmp_path / "capture"
    path.write_bytes(data)
    with pytest.raises(UnreadableCapture, match="snoop"):
        next(read_frames(path))


def test_damage_keeps_the_frames_before_it(tmp_path) -> None:
    data = bytearray(formats.snoop(ROWS))
    place = 16 + 3 * (24 + 64) + 8
    data[place : place + 4] = b"\0\0\0\x08"
    found = read(tmp_path, bytes(data))
    assert found.records == ROWS[:3]
    assert [problem.kind for problem in found.problems] == ["damaged"]
