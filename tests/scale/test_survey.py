"""Laws: an index row per chunk covers every frame once; two captures of one path sample the same packets."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from correlate.errors import UnreadableCapture
from correlate.load import load_vantage
from correlate.model.frames import NO_TIME
from correlate.read import read_frames
from correlate.scale import survey as survey_module
from correlate.scale.survey import is_packed, survey
from tests.netsim.files import write_capture


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(survey_module, "CHUNK_BYTES", 1 << 13)
    monkeypatch.setattr(survey_module, "SAMPLE_BITS", 2)


def test_chunks_cover_every_frame_once(small, whole_run) -> None:
    for paths, vantage, ledger in zip(small.values(), whole_run.vantages, whole_run.ledgers, strict=True):
        found = survey([*paths, *paths])
        places = found.places
        assert len(places.file) > 10
        for file in (0, 1):
            mine = places.file == file
            behind = places.frame[mine] + places.frames[mine]
            assert places.frame[mine].tolist() == [1, *behind[:-1].tolist()]
            assert found.frames_of(file) == vantage.frames
        assert sum(found.fates) == 2 * ledger.read
        assert found.span_ns == (vantage.first_captured_ns, vantage.last_captured_ns)


def test_both_ends_of_a_nat_sample_the_same_packets(small) -> None:
    """Hashes are of what neither routers nor NAT change."""
    one, other = (survey(paths) for paths in small.values())
    common = np.intersect1d(one.sample.key, other.sample.key)
    assert len(common) > 0.8 * len(np.unique(one.sample.key))
    assert (np.diff(one.sample.place) >= 0).all()


def test_a_sample_that_grows_gets_rarer_and_stays_the_same_at_both_ends(small, monkeypatch) -> None:
    """What is held of a capture of any size is bounded; what the rarer sample has, the other has, too."""
    whole, other = (survey(paths) for paths in small.values())
    monkeypatch.setattr(survey_module, "MOST_SAMPLED", len(whole.sample.key) // 3)
    rare = survey(next(iter(small.values())))
    assert 0 < len(rare.sample.key) <= len(whole.sample.key) // 3
    assert np.isin(rare.sample.key, whole.sample.key).all()
    assert len(np.intersect1d(rare.sample.key, other.sample.key)) > 0.8 * len(np.unique(rare.sample.key))


def test_places_are_further_apart_in_larger_captures(small, monkeypatch) -> None:
    monkeypatch.setattr(survey_module, "MOST_PLACES", 3)
    assert 2 <= len(survey(small["client"]).places.file) <= 4


def test_forgetting_addresses_changes_nothing(small, monkeypatch) -> None:
    whole = survey(small["client"])
    monkeypatch.setattr(survey_module, "MOST_TUPLES", 1)
    found = survey(small["client"])
    assert found.fates == whole.fates
    assert np.array_equal(found.sample.key, whole.sample.key)


def test_packing_changes_no_sample(small, tmp_path) -> None:
    (path,) = small["client"]
    packed = tmp_path / "client.pcap.gz"
    packed.write_bytes(gzip.compress(Path(path).read_bytes()))
    one, other = survey([path]), survey([str(packed)])
    assert np.array_equal(one.sample.key, other.sample.key)
    assert one.fates == other.fates
    assert (is_packed([path]), is_packed([str(packed)])) == (False, True)


def test_places_hold_some_frames_each_where_there_are_enough_of_them(small, monkeypatch) -> None:
    """Larger captures have no more places than parts can use: each costs time."""
    (path,) = small["client"]
    monkeypatch.setattr(survey_module, "ENOUGH_PLACES", 1)
    monkeypatch.setattr(survey_module, "PLACE_FRAMES", 1)
    monkeypatch.setattr(survey_module, "CHUNK_BYTES", 1 << 10)
    close = survey([path]).places.frames
    monkeypatch.setattr(survey_module, "PLACE_FRAMES", 60)
    wide = survey([path]).places.frames
    assert close.sum() == wide.sum()
    assert 2 <= len(wide) < len(close)
    monkeypatch.setattr(survey_module, "ENOUGH_PLACES", 1 << 20)
    assert survey([path]).places.frames.tolist() != wide.tolist(), "a small capture has as many places as bytes allow"


def test_progress_adds_up_to_the_bytes_of_the_files(small) -> None:
    (path,) = small["client"]
    counted: list[int] = []
    survey([path], counted.append)
    assert sum(counted) == Path(path).stat().st_size


def test_a_capture_without_frames_has_no_span(small, tmp_path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(Path(small["client"][0]).read_bytes()[:24])
    found = survey([str(empty)])
    assert (found.span_ns, found.packets) == (None, 0)
    assert not (found.places.low_ns != NO_TIME).any()


def test_what_lies_behind_damage_is_said(small, tmp_path) -> None:
    cut = tmp_path / "cut.pcap"
    data = Path(small["client"][0]).read_bytes()
    cut.write_bytes(data[: len(data) // 2 + 3])
    found = survey([str(cut)])
    assert found.problems
    assert 0 < found.packets < survey(small["client"]).packets


def test_no_capture_is_an_error(tmp_path) -> None:
    with pytest.raises(UnreadableCapture):
        survey([str(tmp_path / "nothing.pcap")])


def test_a_pause_between_chained_files_is_told_as_in_memory(small, tmp_path) -> None:
    """docs/cli.md, globs: a time in which nothing was captured, longer than any silence inside the files."""
    chunks = list(read_frames(small["client"][0]))
    columns = chunks[0].columns
    rows = [
        (int(ts), bytes(chunks[0].data[at : at + size]), int(wire))
        for ts, at, size, wire in zip(columns.ts_ns, columns.offset, columns.cap_len, columns.wire_len, strict=True)
    ]
    told = 0
    for at in range(20, len(rows) - 20, 25):
        paths = [str(tmp_path / f"{at}-{piece}.pcap") for piece in (0, 1)]
        for late_ns in (0, 5 * 10**9, 60 * 10**9):
            later = [(ts + late_ns, data, wire) for ts, data, wire in rows[at:]]
            for path, frames in zip(paths, (rows[:at], later), strict=True):
                write_capture(Path(path), frames, 0)
            found = survey(paths).problems
            assert found == load_vantage("client", paths).vantage.problems
            told += bool(found)
    assert told
