"""Packets as rows for programs, of all parts: ``-T csv`` and ``-T jsonl``.

In: the run of a part; then all parts' files. Out: a file of each part; blocks of rows over all parts.
Method: a part writes the rows of the packets that it tells of, numbered from 1; reading shifts packets and renames
flows, one row group at a time. All parts have the columns of the whole path: what a part that lacks a vantage cannot
say is unknown.
Not here: what is in a row, and its text (``report/packets.py``); the other tables (``pieces.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from correlate.model.arrays import I64
from correlate.model.correlation import Correlation
from correlate.report.packets import packet_blocks, packet_schema
from correlate.scale.pieces import groups, kept_rows, renumbered

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = "packets.parquet"


def write_rows(run: Correlation, folder: Path, names: Sequence[str]) -> None:
    """Write the rows of a part into its folder; ``names``: vantages of the whole path, in its order."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    rank = np.concatenate([[0], np.where(run.kept, np.cumsum(run.kept), 0)])
    schema = packet_schema(names)
    with pq.ParquetWriter(folder / ROWS, schema, compression="zstd") as writer:
        for block in packet_blocks(run):
            writer.write_table(_with_columns(kept_rows(block, rank), schema))


def _with_columns(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with the columns of a schema, unknown where it has none."""
    import pyarrow as pa  # noqa: PLC0415

    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def joined_rows(
    names: Sequence[str], folders: Sequence[Path], firsts: Sequence[int], numbers: Sequence[I64]
) -> Iterator[pa.Table]:
    """Yield the rows of all parts under the numbers of the whole, after a block without rows.

    Parameters
    ----------
    names
        Vantages of the path, in its order.
    folders, firsts, numbers
        Per part: where it lies, packets told of before it, its flows' numbers in the whole.
    """
    yield packet_schema(names).empty_table()
    for folder, first, number in zip(folders, firsts, numbers, strict=True):
        for table in groups(folder / ROWS):
            yield renumbered(table, first, number)
