"""Rule: standard input becomes a file that can be read twice, or one line says why not and nothing is left behind."""

from __future__ import annotations

import io

import pytest

from correlate.errors import UnreadableCapture
from correlate.read import spool_stdin


def test_the_copy_holds_the_bytes(tmp_path) -> None:
    data = bytes(3_000_000)
    assert spool_stdin(io.BytesIO(data), folder=tmp_path).read_bytes() == data


def test_an_endless_stream_stops_at_the_limit_and_leaves_nothing(tmp_path) -> None:
    with pytest.raises(UnreadableCapture, match="longer than 1000 bytes"):
        spool_stdin(io.BytesIO(bytes(5000)), folder=tmp_path, limit_bytes=1000)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told_in_one_line(tmp_path) -> None:
    with pytest.raises(UnreadableCapture, match="cannot be copied"):
        spool_stdin(io.BytesIO(b""), folder=tmp_path / "absent")
