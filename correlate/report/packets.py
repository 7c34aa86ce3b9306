"""One row per packet: what programs and spreadsheets read.

**In:** a ``Correlation``. **Out:** blocks of Arrow columns; JSON Lines, CSV.
**Method:** wide rows: frame and time at every vantage (``client.frame``), fate and delay on every hop
(``client>server.fate``). Columns are made and written block by block, nothing runs per packet in Python. Text cells of
a CSV that a spreadsheet would take for a formula get an apostrophe.
**Not here:** one row per sighting or fate (``tables.py``).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from correlate.model.arrays import I64
from correlate.model.correlation import Correlation
from correlate.model.trajectories import NO_DELAY, Fate, FateGrade, Reason
from correlate.report.columns import DIRECTION_CODES, DIRECTION_WORDS, integers, words
from correlate.report.endpoints import protocol_name
from correlate.report.places import hop_names, place_names
from correlate.wire.text import safe_text

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK = 1 << 16
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet computes."""
FIELD_BITS = 62


def csv_text(text: str) -> str:
    """Return a text as a cell that no spreadsheet computes.

    >>> csv_text("=1+1"), csv_text("lost")
    ("'=1+1", 'lost')
    """
    clean = safe_text(text)
    return f"'{clean}" if clean.startswith(FORMULA) else clean


def packet_blocks(correlation: Correlation, block: int = BLOCK) -> Iterator[pa.Table]:
    """Yield the packets that are told of, in order, of ``block`` packets at a time, at least one table.

    They bear the numbers that they bear in the other tables.
    """
    rows_of_hop = [_fate_rows(correlation, hop) for hop in range(correlation.path.hop_count)]
    changed = _changed_texts(correlation)
    kept = correlation.kept
    for start in range(0, max(1, len(kept)), block):
        told = start + np.flatnonzero(kept[start : start + block])
        yield _block(correlation, told, rows_of_hop, changed)


def packet_table(correlation: Correlation) -> pa.Table:
    """Return the packets that the options leave in as one Arrow table."""
    import pyarrow as pa  # noqa: PLC0415

    return pa.concat_tables(packet_blocks(correlation), promote_options="default")


def packet_schema(names: Sequence[str]) -> pa.Schema:
    """Return the columns of packets along a path, vantages in its order."""
    import pyarrow as pa  # noqa: PLC0415

    text = pa.dictionary(pa.int32(), pa.string())
    columns = [("packet", pa.int64()), ("flow", pa.int64())]
    columns += [(name, text) for name in ("direction", "protocol", "changed")]
    for name in map(safe_text, names):
        columns += [(f"{name}.frame", pa.int64()), (f"{name}.time_ns", pa.int64())]
    for near, far in pairwise(map(safe_text, names)):
        columns += [(f"{near}>{far}.{name}", text) for name in ("fate", "grade", "reason")]
        columns += [(f"{near}>{far}.{name}", pa.int64()) for name in ("owd_ns", "owd_lo_ns", "owd_hi_ns")]
    return pa.schema(columns)


def _fate_rows(correlation: Correlation, hop: int) -> I64:
    """Return, per packet, its fate row on a hop; -1 = it did not come there."""
    mine = np.flatnonzero(correlation.fates.hop == hop)
    rows = np.full(len(correlation.trajectories), -1, np.int64)
    rows[correlation.fates.packet[mine]] = mine
    return rows


def _changed_texts(correlation: Correlation) -> tuple[I64, list[str]]:
    """Return, per packet, an index into the distinct lists of unexpectedly changed fields."""
    columns = correlation.mutations.odd
    odd = np.flatnonzero(~columns.expected)
    bits = np.zeros(len(correlation.trajectories), np.int64)
    shifts = np.minimum(columns.field[odd].astype(np.int64), FIELD_BITS)
    np.bitwise_or.at(bits, columns.packet[odd], np.int64(1) << shifts)
    distinct, which = np.unique(bits, return_inverse=True)
    fields = correlation.mutations.fields
    texts = [
        " ".join(name for at, name in enumerate(fields) if one >> min(at, FIELD_BITS) & 1) for one in distinct.tolist()
    ]
    return np.asarray(which.reshape(-1), np.int64), texts


def _block(correlation: Correlation, packets: I64, rows_of_hop: list[I64], changed: tuple[I64, list[str]]) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415

    table = correlation.trajectories
    protos, proto_of = np.unique(correlation.joined.proto[table.flow[packets]], return_inverse=True)
    columns: dict[str, Any] = {
        "packet": integers(packets + 1),
        "flow": integers(table.flow[packets]),
        "direction": words(DIRECTION_CODES[table.direction[packets] + 1], DIRECTION_WORDS),
        "protocol": words(proto_of.reshape(-1), [protocol_name(int(proto)) for proto in protos] or [""]),
        "changed": words(changed[0][packets], changed[1] or [""]),
    }
    for place, name in enumerate(place_names(correlation)):
        rows = table.rows[packets, place]
        held, at = rows >= 0, np.where(rows >= 0, rows, 0)
        frame = correlation.packets[correlation.path.order[place]].columns.frame
        columns[f"{safe_text(name)}.frame"] = integers(frame[at] if len(frame) else at, ~held)
        columns[f"{safe_text(name)}.time_ns"] = integers(table.time_ns[packets, place], ~held)
    for hop, rows in enumerate(rows_of_hop):
        columns |= _hop_columns(correlation, ">".join(map(safe_text, hop_names(correlation, hop))), rows[packets])
    return pa.table(columns)


def _hop_columns(correlation: Correlation, name: str, rows: I64) -> dict[str, Any]:
    fates = correlation.fates
    has = rows >= 0
    if len(fates.hop) == 0:
        has, rows = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.int64)
        nothing = integers(rows, ~has)
        texts = words(np.full(len(rows), -1), [""])
        return {
            f"{name}.{key}": texts if key in ("fate", "grade", "reason") else nothing
            for key in ("fate", "grade", "reason", "owd_ns", "owd_lo_ns", "owd_hi_ns")
        }
    at = np.where(has, rows, 0)
    timed = has & (fates.owd_ns[at] != NO_DELAY) & (fates.fate[at] == Fate.DELIVERED)
    bounds = (fates.owd_lo_ns[at], fates.owd_hi_ns[at])
    return {
        f"{name}.fate": words(np.where(has, fates.fate[at], -1), [one.code for one in Fate]),
        f"{name}.grade": words(np.where(has, fates.grade[at], -1), [one.code for one in FateGrade]),
        f"{name}.reason": words(np.where(has, fates.reason[at], -1), [one.code for one in Reason]),
        f"{name}.owd_ns": integers(fates.owd_ns[at], ~timed),
        f"{name}.owd_lo_ns": integers(bounds[0], ~(timed & (np.abs(bounds[0]) < 2**61))),
        f"{name}.owd_hi_ns": integers(bounds[1], ~(timed & (np.abs(bounds[1]) < 2**61))),
    }


def packet_csv(correlation: Correlation) -> Iterator[str]:
    """Yield the packets as CSV (RFC 4180), the heading first."""
    return csv_of(packet_blocks(correlation))


def csv_of(blocks: Iterable[pa.Table]) -> Iterator[str]:
    """Yield blocks of packets as CSV, as :func:`packet_csv`; there is at least one."""
    import pyarrow.csv as pc  # noqa: PLC0415

    for number, table in enumerate(blocks):
        if number == 0:
            quoted = (csv_text(name).replace('"', '""') for name in table.column_names)
            yield ",".join(f'"{name}"' for name in quoted) + "\r\n"
        plain = table.cast(_plain_schema(table))
        sink = io.BytesIO()
        pc.write_csv(plain, sink, pc.WriteOptions(include_header=False))
        yield sink.getvalue().decode("utf-8").replace("\n", "\r\n")


def _plain_schema(table: pa.Table) -> pa.Schema:
    """Return the schema with plain texts in place of dictionaries."""
    import pyarrow as pa  # noqa: PLC0415

    return pa.schema(
        [(one.name, pa.string() if pa.types.is_dictionary(one.type) else one.type) for one in table.schema]
    )


def packet_lines(correlation: Correlation) -> Iterator[str]:
    """Yield the packets as JSON Lines, a block of lines at a time; unknown is null."""
    return lines_of(packet_blocks(correlation))


def lines_of(blocks: Iterable[pa.Table]) -> Iterator[str]:
    """Yield blocks of packets as JSON Lines, as :func:`packet_lines`."""
    for table in blocks:
        if len(table):
            yield "".join(f"{line}\n" for line in _json_rows(table))


def _json_rows(table: pa.Table) -> list[str]:
    """Return one JSON object per row, joined column by column."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    pieces: list[Any] = ['{"type":"packet"']
    for name, column in zip(table.column_names, table.columns, strict=True):
        key = f",{json.dumps(name)}:"
        if pa.types.is_dictionary(column.type):
            # Words are few: each is written as JSON once, rows take it by its index.
            whole = column.combine_chunks()
            word = pa.array([json.dumps(one) for one in whole.dictionary.to_pylist()], pa.string())
            text = word.take(whole.indices)
        else:
            text = column.cast(pa.string())
        pieces += [key, pc.fill_null(text, "null")]
    whole = pc.binary_join_element_wise(*pieces, "}", "")
    return [str(line) for line in whole.to_pylist()]
