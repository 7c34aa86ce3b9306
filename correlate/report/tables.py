"""The three Parquet files: every sighting, every fate, every change.

**In:** a ``Correlation``. **Out:** ``sightings.parquet``, ``fates.parquet``, ``mutations.parquet`` (contract, names,
types and order of the columns).
**Method:** blocks of rows become Arrow batches and row groups, so memory does not grow with the capture; texts are
dictionary-encoded; times are delta-packed. pyarrow is imported when a file is written, not before.
**Not here:** how values become text (``columns.py``), where files go (``folder.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from correlate.model.arrays import I16, I64
from correlate.model.correlation import Correlation
from correlate.model.mutations import MutationKind
from correlate.model.trajectories import NO_DELAY, Fate, FateGrade, Reason
from correlate.report.columns import (
    DIRECTION_CODES,
    DIRECTION_WORDS,
    FileNames,
    integers,
    value_texts,
    words,
)
from correlate.report.places import place_names
from correlate.report.sightings import Sightings, sightings_of
from correlate.wire.text import safe_text

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    Arrays = dict[str, pa.Array]

BLOCK = 1 << 17
"""Rows (or packets) per row group."""

INT64, INT32, BOOL, TEXT = "int64", "int32", "bool", "text"

SIGHTINGS = MappingProxyType(
    {
        "packet": INT64, "flow": INT32, "direction": TEXT, "vantage": TEXT, "file": TEXT, "frame": INT64,
        "captured_ns": INT64, "time_ns": INT64, "time_lo_ns": INT64, "time_hi_ns": INT64, "copy": BOOL,
    }
)  # fmt: skip
FATES = MappingProxyType(
    {
        "packet": INT64, "flow": INT32, "direction": TEXT, "hop_from": TEXT, "hop_to": TEXT, "fate": TEXT,
        "grade": TEXT, "reason": TEXT, "copy_of": INT64, "owd_ns": INT64, "owd_lo_ns": INT64, "owd_hi_ns": INT64,
    }
)  # fmt: skip
MUTATIONS = MappingProxyType(
    {
        "packet": INT64, "flow": INT32, "direction": TEXT, "hop_from": TEXT, "hop_to": TEXT, "field": TEXT,
        "kind": TEXT, "expected": BOOL, "before": TEXT, "after": TEXT, "frame_from": INT64, "file_from": TEXT,
        "frame_to": INT64, "file_to": TEXT,
    }
)  # fmt: skip

PARQUET_WRITERS: dict[str, Callable[[Correlation, Path], None]]


def write_parquet(correlation: Correlation, folder: str | Path) -> None:
    """Write the three Parquet files into an existing folder, replacing files of these names.

    Cost: about 100 bytes of memory per row of one block; disk about 30 bytes per sighting.
    """
    for name, write in PARQUET_WRITERS.items():
        write(correlation, Path(folder) / name)


def write_sightings(correlation: Correlation, path: Path) -> None:
    """Write one row per packet and frame that carries it."""
    _write(path, SIGHTINGS, _sighting_batches(correlation))


def _sighting_batches(correlation: Correlation) -> Iterator[Arrays]:
    files = FileNames.of(correlation)
    names = [vantage.name for vantage in correlation.vantages]
    for block in sightings_of(correlation, BLOCK):
        yield _sighting_columns(block, files, names)


def _sighting_columns(block: Sightings, files: FileNames, names: list[str]) -> Arrays:
    return {
        "packet": integers(block.packet + 1),
        "flow": integers(block.flow.astype(np.int32)),
        "direction": words(DIRECTION_CODES[block.direction + 1], DIRECTION_WORDS),
        "vantage": words(block.vantage, names),
        "file": words(files.index(block.vantage, block.file), files.names),
        "frame": integers(block.frame),
        "captured_ns": integers(block.captured_ns, ~block.is_stamped),
        "time_ns": integers(block.time_ns, ~block.is_placed),
        "time_lo_ns": integers(block.lo_ns, ~block.has_lo),
        "time_hi_ns": integers(block.hi_ns, ~block.has_hi),
        "copy": integers(block.is_copy),
    }


def write_fates(correlation: Correlation, path: Path) -> None:
    """Write one row per packet and hop on its way."""
    _write(path, FATES, _fate_batches(correlation))


def _fate_batches(correlation: Correlation) -> Iterator[Arrays]:
    order = _order_by_packet(correlation.fates.packet, correlation.fates.hop)
    names = place_names(correlation)
    for rows in _blocks(len(correlation.fates.packet), order):
        yield _fate_columns(correlation, rows, names)


def _fate_columns(correlation: Correlation, rows: slice | I64, names: list[str]) -> Arrays:
    fates, table = correlation.fates, correlation.trajectories
    packet, hop, fate = fates.packet[rows], fates.hop[rows], fates.fate[rows]
    original = table.duplicate_of[packet]
    is_copy = (original >= 0) & (fate == Fate.ORIGINATED)
    owd, lo, hi = fates.owd_ns[rows], fates.owd_lo_ns[rows], fates.owd_hi_ns[rows]
    has_no_delay = (owd == NO_DELAY) | (fate != Fate.DELIVERED)
    return {
        "packet": integers(packet + 1),
        "flow": integers(table.flow[packet]),
        "direction": words(DIRECTION_CODES[table.direction[packet] + 1], DIRECTION_WORDS),
        "hop_from": words(hop, names),
        "hop_to": words(hop + 1, names),
        "fate": words(fate, [one.code for one in Fate]),
        "grade": words(fates.grade[rows], [one.code for one in FateGrade]),
        "reason": words(fates.reason[rows], [one.code for one in Reason]),
        "copy_of": integers(original + 1, ~is_copy),
        "owd_ns": integers(owd, has_no_delay),
        "owd_lo_ns": integers(lo, has_no_delay | _is_unbounded(lo)),
        "owd_hi_ns": integers(hi, has_no_delay | _is_unbounded(hi)),
    }


def write_mutations(correlation: Correlation, path: Path) -> None:
    """Write one row per packet, hop and field that differs."""
    _write(path, MUTATIONS, _mutation_batches(correlation))


def _mutation_batches(correlation: Correlation) -> Iterator[Arrays]:
    files = FileNames.of(correlation)
    texts = [safe_text(text) for text in correlation.mutations.texts]
    for rows in _blocks(len(correlation.mutations.columns.packet), None):
        yield _mutation_columns(correlation, rows, files, texts)


def _mutation_columns(correlation: Correlation, rows: slice | I64, files: FileNames, texts: list[str]) -> Arrays:
    table, columns = correlation.trajectories, correlation.mutations.columns
    packet, hop, field = columns.packet[rows].astype(np.int64), columns.hop[rows], columns.field[rows]
    names = place_names(correlation)
    arrays = {
        "packet": integers(packet + 1),
        "flow": integers(table.flow[packet]),
        "direction": words(DIRECTION_CODES[table.direction[packet] + 1], DIRECTION_WORDS),
        "hop_from": words(hop, names),
        "hop_to": words(hop + 1, names),
        "field": words(field, list(correlation.mutations.fields)),
        "kind": words(columns.kind[rows], [one.code for one in MutationKind]),
        "expected": integers(columns.expected[rows]),
        "before": value_texts(correlation.mutations, texts, field, columns.before[rows]),
        "after": value_texts(correlation.mutations, texts, field, columns.after[rows]),
    }
    for end, place in (("from", hop.astype(np.int64)), ("to", hop.astype(np.int64) + 1)):
        vantage, file, frame = files.frames_at(correlation, packet, place)
        arrays[f"frame_{end}"] = integers(frame, frame < 0)
        arrays[f"file_{end}"] = words(np.where(frame < 0, -1, files.index(vantage, file)), files.names)
    return {name: arrays[name] for name in MUTATIONS}


def _is_unbounded(values: I64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return True where a delay bound is none: no delay between two frames reaches 68 years."""
    return np.asarray(np.abs(values) >= 2**61, np.bool_)


def _order_by_packet(packet: I64, hop: I16) -> I64 | None:
    """Return the order by packet and hop, None if it is that already."""
    key = packet.astype(np.int64) * 4096 + hop
    return None if bool((key[1:] >= key[:-1]).all()) else np.argsort(key, kind="stable")


def _blocks(size: int, order: I64 | None) -> Iterator[slice | I64]:
    """Return consecutive blocks of rows, at least one (an empty table has a schema too)."""
    for start in range(0, max(1, size), BLOCK):
        block = slice(start, min(size, start + BLOCK))
        yield block if order is None else order[block]


def arrow_table(correlation: Correlation, name: str) -> pa.Table:
    """Return ``sightings``, ``fates`` or ``mutations`` as one Arrow table, columns as in the Parquet file."""
    import pyarrow as pa  # noqa: PLC0415

    schema, batches = {
        "sightings": (SIGHTINGS, _sighting_batches),
        "fates": (FATES, _fate_batches),
        "mutations": (MUTATIONS, _mutation_batches),
    }[name]
    fields = _schema(schema)
    return pa.concat_tables([pa.table(arrays, schema=fields) for arrays in batches(correlation)]).unify_dictionaries()


def _schema(schema: MappingProxyType[str, str]) -> pa.Schema:
    import pyarrow as pa  # noqa: PLC0415

    kinds = {INT64: pa.int64(), INT32: pa.int32(), BOOL: pa.bool_(), TEXT: pa.dictionary(pa.int32(), pa.string())}
    return pa.schema([(name, kinds[kind]) for name, kind in schema.items()])


def open_writer(path: Path, name: str) -> pq.ParquetWriter:
    """Return a writer of the Parquet file of this name, one row group per table written."""
    return _open(path, SCHEMAS[name])


def _open(path: Path, schema: MappingProxyType[str, str]) -> pq.ParquetWriter:
    import pyarrow.parquet as pq  # noqa: PLC0415  -- 0.1 s to import; only who writes Parquet pays

    encodings = {name: "DELTA_BINARY_PACKED" for name, kind in schema.items() if kind in (INT64, INT32)}
    texts = [name for name, kind in schema.items() if kind == TEXT]
    return pq.ParquetWriter(
        path, _schema(schema), compression="zstd", use_dictionary=texts, column_encoding=encodings, store_schema=True
    )


def _write(path: Path, schema: MappingProxyType[str, str], batches: Iterator[Arrays]) -> None:
    """Write batches as row groups."""
    import pyarrow as pa  # noqa: PLC0415

    fields = _schema(schema)
    with _open(path, schema) as writer:
        for arrays in batches:
            writer.write_table(pa.table(arrays, schema=fields))


PARQUET_WRITERS = {
    "sightings.parquet": write_sightings,
    "fates.parquet": write_fates,
    "mutations.parquet": write_mutations,
}
"""File name -> its writer."""

SCHEMAS = {"sightings.parquet": SIGHTINGS, "fates.parquet": FATES, "mutations.parquet": MUTATIONS}
"""File name -> its columns."""
