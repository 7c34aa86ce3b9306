"""What a part keeps of frames: its packets' numbers, times, remarks (docs/report.md, merged.pcapng)."""

from __future__ import annotations

import numpy as np

from correlate.report.labels import labels_of
from correlate.scale.marks import FRAME_BITS, Marks, write_marks
from correlate.scale.pieces import write_pieces


def marks(run, folder, vantage: int) -> Marks:
    write_marks(run, folder)
    return Marks(folder=folder, vantage=vantage)


def test_every_frame_of_a_whole_run_has_the_label_that_it_has_in_memory(whole_run, tmp_path) -> None:
    for vantage, label in enumerate(labels_of(whole_run)):
        (tmp_path / str(vantage)).mkdir()
        rows = marks(whole_run, tmp_path / str(vantage), vantage).rows
        held = np.flatnonzero(label.packet > 0)
        columns = whole_run.packets[vantage].columns
        assert (rows.key == (columns.file[held].astype(np.int64) << FRAME_BITS | columns.frame[held])).all()
        for name in ("packet", "last", "carried", "is_copy"):
            assert (getattr(rows, name) == getattr(label, name)[held]).all(), name


def test_a_part_marks_the_frames_that_its_tables_tell_of(runs, tmp_path) -> None:
    import pyarrow.parquet as pq

    for at, run in enumerate(runs):
        folder = tmp_path / str(at)
        folder.mkdir()
        write_pieces(run, folder)
        write_marks(run, folder)
        sightings = pq.read_table(folder / "sightings.parquet").to_pylist()
        for vantage, one in enumerate(run.vantages):
            told = {(row["frame"], row["time_ns"]) for row in sightings if row["vantage"] == one.name}
            rows = Marks(folder=folder, vantage=vantage).rows
            assert set(zip((rows.key & ((1 << FRAME_BITS) - 1)).tolist(), rows.time_ns.tolist(), strict=True)) == told


def test_a_stamp_is_moved_by_the_part_s_clock(runs, tmp_path) -> None:
    run = runs[1]
    clock = run.clocks.vantages[1]
    kept = marks(run, tmp_path, clock.vantage)
    at = run.packets[clock.vantage].columns.ts_ns[:50]
    assert (kept.moved(at) == at - clock.offset_at(at)[0]).all()
