"""A part is done once; what is kept of it is its own summary."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.options import Options
from correlate.report.tables import PARQUET_WRITERS
from correlate.scale.task import Task, count_task, do_task
from correlate.scale.work import Work


@pytest.fixture
def task(small, parts, tmp_path):
    return Task(
        number=1,
        captures=small,
        options=Options(),
        part=parts[1],
        work=Work(folder=tmp_path, known=tmp_path),
        order=list(small),
        keeps=("tables", "rows", "marks"),
    )


def test_a_part_is_kept_and_not_done_again(task, summaries) -> None:
    assert do_task(task) == 1
    found = task.work.read(1)
    assert found is not None
    assert (found.packets, found.told, found.members) == (
        summaries[1].packets,
        summaries[1].told,
        summaries[1].members,
    )
    kept = task.work.part(1)
    before = {path.name: path.stat().st_mtime_ns for path in kept.iterdir()}
    assert set(before) == {"summary.zip", *PARQUET_WRITERS, "packets.parquet", "marks"}
    do_task(task)
    assert {path.name: path.stat().st_mtime_ns for path in kept.iterdir()} == before


def test_a_part_counts_before_it_judges(task) -> None:
    number, tallies = count_task(task)
    assert number == 1
    assert tallies is not None
    assert tallies.order == ("client", "server")
    assert (np.array(tallies.forward.resent) <= tallies.forward.sent).all()
