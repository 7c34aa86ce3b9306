"""Parquet files of parts, joined, are those of the whole; packets are counted on, flows renamed."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest

from correlate.report.tables import PARQUET_WRITERS
from correlate.scale.pieces import join_pieces, write_pieces


@pytest.mark.parametrize("name", PARQUET_WRITERS)
def test_a_single_piece_is_the_file_itself(whole_run, tmp_path, name) -> None:
    folder = tmp_path / "part"
    folder.mkdir()
    write_pieces(whole_run, folder)
    numbers = np.arange(len(whole_run.joined.proto), dtype=np.int64)
    join_pieces(name, [folder], [0], [numbers], tmp_path / "joined")
    PARQUET_WRITERS[name](whole_run, tmp_path / "whole")
    assert pq.read_table(tmp_path / "joined").equals(pq.read_table(tmp_path / "whole"))


@pytest.mark.parametrize("name", PARQUET_WRITERS)
def test_rows_are_those_of_packets_told_of_numbered_on(runs, whole_run, tmp_path, name) -> None:
    folders = [tmp_path / str(number) for number in range(2)]
    for run, folder in zip(runs, folders, strict=True):
        folder.mkdir()
        write_pieces(run, folder)
        assert sorted(path.name for path in folder.iterdir()) == sorted(PARQUET_WRITERS)
    first = int(runs[0].kept.sum())
    numbers = [np.arange(len(run.joined.proto), dtype=np.int64) + 100 for run in runs]
    join_pieces(name, folders, [0, first], numbers, tmp_path / "joined")
    PARQUET_WRITERS[name](whole_run, tmp_path / "whole")
    found, whole = pq.read_table(tmp_path / "joined"), pq.read_table(tmp_path / "whole")
    assert found.schema == whole.schema
    assert len(found) == len(whole)
    packets = found["packet"].to_numpy()
    assert packets.min() >= 1
    assert packets.max() <= len(whole_run.trajectories.flow)
    own = pq.read_table(folders[1] / name)["packet"].to_numpy()
    assert packets[-len(own) :].tolist() == (own + first).tolist()
    assert found["flow"].to_numpy().min() >= 100
