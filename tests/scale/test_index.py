"""Rule (module head): a survey is made once; a changed file, or a damaged index, makes a new one."""

from __future__ import annotations

import os
import shutil

import numpy as np

from correlate.scale import index
from correlate.scale.index import surveyed
from correlate.scale.survey import Survey


def looked(paths, folder) -> tuple[Survey, int]:
    counted: list[int] = []
    return surveyed(paths, folder, counted.append), len(counted)


def same(one: Survey, other: Survey) -> bool:
    columns = zip((*one.places, *one.sample), (*other.places, *other.sample), strict=True)
    return all(np.array_equal(mine, theirs) for mine, theirs in columns) and (one.fates, one.problems) == (
        other.fates,
        other.problems,
    )


def test_the_second_look_reads_the_index_only(small, tmp_path) -> None:
    first, reads = looked(small["client"], tmp_path)
    assert reads
    again, reads = looked(small["client"], tmp_path)
    assert reads == 0
    assert same(first, again)


def test_a_changed_file_is_looked_at_again(small, tmp_path) -> None:
    path = tmp_path / "copy.pcap"
    shutil.copy(small["client"][0], path)
    looked([str(path)], tmp_path / "index")
    os.utime(path, ns=(0, 10**9))
    _found, reads = looked([str(path)], tmp_path / "index")
    assert reads


def test_a_damaged_index_is_made_again(small, tmp_path) -> None:
    first, _reads = looked(small["client"], tmp_path)
    (kept,) = tmp_path.glob("survey-*.npz")
    for damage in (kept.read_bytes()[:200], b"", b"no index"):
        kept.write_bytes(damage)
        found, reads = looked(small["client"], tmp_path)
        assert reads
        assert same(found, first)


def test_a_place_that_cannot_be_written_is_no_failure(small, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    found, reads = looked(small["client"], tmp_path / "file")
    assert reads
    assert found.packets


def test_old_surveys_make_room(small, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(index, "MOST_KEPT", 1)
    for name in ("client", "server"):
        looked(small[name], tmp_path)
    assert len(list(tmp_path.glob("survey-*.npz"))) == 1
    assert not list(tmp_path.glob(".survey-*"))
