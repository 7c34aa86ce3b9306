"""Captures are guessed to about a tenth before they are read; what fits into memory is not cut."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from correlate.scale.estimate import estimated_frames, must_be_cut


def test_the_guess_is_about_right(small, whole_run) -> None:
    total = sum(vantage.frames for vantage in whole_run.vantages)
    assert estimated_frames(path for paths in small.values() for path in paths) == pytest.approx(total, rel=0.1)


def test_a_packed_file_is_taken_for_more_than_its_size(small, tmp_path) -> None:
    data = Path(small["client"][0]).read_bytes()
    packed = tmp_path / "a.gz"
    packed.write_bytes(gzip.compress(data, 1))
    assert estimated_frames([str(packed)]) > 0


def test_an_empty_capture_has_no_frames(small, tmp_path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(Path(small["client"][0]).read_bytes()[:24])
    assert estimated_frames([str(empty)]) == 0


def test_captures_that_fit_are_not_cut(small) -> None:
    assert not must_be_cut(small, None)
    assert not must_be_cut(small, 2**30)


def test_captures_that_do_not_fit_are_cut(small, tmp_path, monkeypatch) -> None:
    """No run holds fewer than ``LEAST_PACKETS``; a file named twice counts once."""
    monkeypatch.setattr("correlate.budget.LEAST_PACKETS", 100)
    assert must_be_cut(small, 1)
    assert not must_be_cut({"gone": [str(tmp_path / "gone.pcap")]}, 1)
