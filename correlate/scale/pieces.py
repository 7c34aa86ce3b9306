"""Parquet files of parts, put together.

In: each part's files under its own numbers. Out: one file over all parts, row groups in order of time.
Method: a part writes what it tells of, its packets numbered from 1; joining shifts packets and renames flows. One row
group is in memory at a time.
Not here: columns and encodings (``report/tables.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from correlate.model.arrays import I64
from correlate.model.correlation import Correlation
from correlate.report.tables import PARQUET_WRITERS, open_writer

if TYPE_CHECKING:
    import pyarrow as pa

SHIFTED = ("packet", "copy_of")
"""Columns that hold packet numbers."""


def write_pieces(run: Correlation, folder: Path) -> None:
    """Write the Parquet files of a part: rows of packets that it tells of."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    rank = np.concatenate([[0], np.where(run.kept, np.cumsum(run.kept), 0)])
    for name, write in PARQUET_WRITERS.items():
        whole = folder / f".{name}"
        write(run, whole)
        with pq.ParquetFile(whole) as file, open_writer(folder / name, name) as writer:
            for group in range(file.num_row_groups):
                writer.write_table(kept_rows(file.read_row_group(group), rank))
        whole.unlink()


def kept_rows(table: pa.Table, rank: I64) -> pa.Table:
    """Return the rows of packets with a rank, under it; packets beyond the path have none."""
    packet = table["packet"].to_numpy()
    number = rank[np.where(packet < len(rank), packet, 0)]
    table = table.filter(number > 0)
    table = _replaced(table, "packet", number[number > 0])
    if "copy_of" in table.column_names:
        original = table["copy_of"]
        values = rank[original.fill_null(0).to_numpy()]
        table = _replaced(table, "copy_of", values, values == 0)
    return table


def join_pieces(name: str, folders: Sequence[Path], firsts: Sequence[int], numbers: Sequence[I64], path: Path) -> None:
    """Write one Parquet file from those of all parts.

    Parameters
    ----------
    name
        Of the file.
    folders, firsts, numbers
        Per part: where it lies, packets told of before it, its flows' numbers in the whole.
    path
        Where to.
    """
    with open_writer(path, name) as writer:
        for folder, first, number in zip(folders, firsts, numbers, strict=True):
            for table in groups(folder / name):
                writer.write_table(renumbered(table, first, number))


def groups(path: Path) -> Iterator[pa.Table]:
    """Yield the row groups of a file."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group)


def renumbered(table: pa.Table, first: int, number: I64) -> pa.Table:
    """Return a part's rows with the numbers of the whole; as :func:`join_pieces`."""
    for name in SHIFTED:
        if name in table.column_names:
            column = table[name]
            absent = column.is_null().to_numpy()
            table = _replaced(table, name, column.fill_null(0).to_numpy() + first, absent)
    flow = table["flow"].to_numpy()
    known = np.append(number, -1)
    return _replaced(table, "flow", known[np.minimum(flow, len(number))].astype(np.int32))


def _replaced(table: pa.Table, name: str, values: np.ndarray, absent: np.ndarray | None = None) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415

    at = table.column_names.index(name)
    field = table.schema.field(at)
    return table.set_column(at, field, pa.array(values, type=field.type, mask=absent))
