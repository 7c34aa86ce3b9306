"""Rows of packets kept part by part (docs/report.md, -T csv)."""

from __future__ import annotations

import numpy as np

from correlate.report.packets import packet_schema, packet_table
from correlate.scale.rows import joined_rows, write_rows


def test_rows_of_two_halves_are_those_of_the_whole(whole_run, runs, small, tmp_path) -> None:
    """Each packet in one half, under numbers that go on; times and delays are those of a part's clock."""
    folders, firsts = [], []
    for at, run in enumerate(runs):
        folders.append(tmp_path / str(at))
        folders[-1].mkdir()
        write_rows(run, folders[-1], list(small))
        firsts.append(sum(int(one.kept.sum()) for one in runs[:at]))
    numbers = [np.arange(len(run.joined)) for run in runs]
    tables = list(joined_rows(list(small), folders, firsts, numbers))
    assert len(tables[0]) == 0
    rows = [row for table in tables for row in table.to_pylist()]
    told = packet_table(whole_run).to_pylist()
    assert [row["packet"] for row in rows] == [row["packet"] for row in told]
    columns = [name for name in told[0] if name.endswith((".frame", ".fate")) or name in ("direction", "protocol")]
    assert sorted(str([row[name] for name in columns]) for row in rows) == sorted(
        str([row[name] for name in columns]) for row in told
    )


def test_a_part_that_lacks_a_vantage_has_its_columns(runs, tmp_path) -> None:
    names = ["client", "between", "server"]
    write_rows(runs[0], tmp_path, names)
    _heading, *tables = joined_rows(names, [tmp_path], [0], [np.arange(len(runs[0].joined))])
    assert all(table.schema.equals(packet_schema(names)) for table in tables)
    assert tables[0]["between.frame"].null_count == len(tables[0])
    assert tables[0]["client.frame"].null_count < len(tables[0])
