"""Rule: a frame number brings back the very bytes that were read the first time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from correlate.errors import UnreadableCapture
from correlate.read import fetch_frames
from tests.read import captures
from tests.read.captures import Record


@given(captures.records(), st.sets(st.integers(1, 15)))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_frames_are_fetched_by_number(tmp_path, rows, numbers) -> None:
    path = tmp_path / "capture"
    path.write_bytes(captures.gzipped(captures.pcapng(rows)))
    found = fetch_frames(path, np.array(sorted(numbers), np.int64))
    assert found == {number: (rows[number - 1].data, 1) for number in numbers if number <= len(rows)}


def test_each_frame_has_the_link_type_of_its_interface(tmp_path) -> None:
    path = tmp_path / "capture"
    parts = [captures.section(), captures.interface(link=1), captures.interface(link=113)]
    parts += [captures.packet(Record(0, b"ab", 2, index)) for index in (1, 0)]
    path.write_bytes(b"".join(parts))
    assert fetch_frames(path, np.array([1, 2])) == {1: (b"ab", 113), 2: (b"ab", 1)}


def test_frames_that_bear_other_stamps_than_before_are_absent(tmp_path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(captures.pcap([Record(1000, b"ab", 2), Record(2000, b"cd", 2)]))
    assert fetch_frames(path, np.array([1, 2]), stamps=np.array([1000, 3000])) == {1: (b"ab", 1)}


def test_standard_input_cannot_be_read_twice() -> None:
    with pytest.raises(UnreadableCapture, match="standard input"):
        fetch_frames("-", np.array([1]))
