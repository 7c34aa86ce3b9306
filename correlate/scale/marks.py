"""What a part knows of the frames that hold its packets, for captures written at the end.

In: the run of a part. Out: files in the part's folder; ``Marks``, which reads them back stretch by stretch.
Method: per vantage one row per frame that holds a packet which the part tells of, in order of file and frame, as plain
arrays that are mapped into memory; remarks as Arrow texts without packet numbers, which only the whole knows; the
curve of the clock, for frames that hold no packet.
Not here: the capture that is written (``telling.py``); what is said in remarks (``report/remarks.py``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import I64
from correlate.model.clocks import OffsetCurve, VantageClock, read_curve
from correlate.model.correlation import Correlation
from correlate.model.frames import NO_TIME
from correlate.report.labels import Labels
from correlate.report.remarks import HOP, Remarks, remarks_of

if TYPE_CHECKING:
    import pyarrow as pa

MARKS = "marks"
"""Folder of them within the part's."""

FRAME_BITS = 40
"""Of a key: file index above, frame number below."""

BLOCK = 1 << 16
"""Remarks made at once."""


class MarkRows(NamedTuple):
    """Frames of one vantage, by file and frame."""

    key: I64
    """``file << FRAME_BITS | frame``."""
    packet: I64
    """First packet that it holds, numbered from 1 among those the part tells of."""
    last: I64
    carried: I64
    """Packets of the part that it holds."""
    is_copy: I64
    time_ns: I64
    """On the reference clock; ``NO_TIME`` = the frame bears no stamp."""
    captured_ns: I64


@attrs.frozen(kw_only=True)
class Marks:
    """What a part knows of the frames of one vantage."""

    folder: Path
    vantage: int
    """Input index."""

    @cached_property
    def rows(self) -> MarkRows:
        """The frames, on disk."""
        return MarkRows(*_mapped(self._file("rows.npy")))

    @cached_property
    def remark_keys(self) -> I64:
        """Keys of the remarks, ascending, on disk."""
        return _mapped(self._file("remarks.npy"))

    @cached_property
    def _remarks(self) -> pa.Table:
        import pyarrow as pa  # noqa: PLC0415

        with pa.memory_map(str(self._file("remarks.arrow"))) as source:
            return pa.ipc.open_file(source).read_all()

    def remarks(self, first: int, last: int) -> pa.Table:
        """Return remarks ``first`` to ``last`` (exclusive): ``packet``, ``people``, ``programs``."""
        return self._remarks.slice(first, last - first)

    @cached_property
    def _clock(self) -> tuple[OffsetCurve, int] | None:
        with np.load(self._file("clock.npz")) as kept:
            if not len(kept["base_ns"]):
                return None
            curve = OffsetCurve(*(kept[name] for name in OffsetCurve._fields))
            return curve, int(kept["base_ns"][0])

    def moved(self, ts_ns: I64) -> I64:
        """Return stamps of the vantage on the reference clock; a vantage without a place keeps its own."""
        if self._clock is None:
            return ts_ns
        curve, base_ns = self._clock
        return ts_ns - read_curve(curve, base_ns, ts_ns)[0]

    @cached_property
    def picked(self) -> list[list[int]] | None:
        """Per file: its interfaces whose frames are the vantage's; None = all."""
        found: list[list[int]] | None = json.loads(self._file("picked.json").read_text("utf-8"))
        return found

    def _file(self, name: str) -> Path:
        return self.folder / MARKS / f"{self.vantage}-{name}"


def _mapped(path: Path) -> I64:
    array: I64 = np.load(path, mmap_mode="r")
    return array


def write_marks(run: Correlation, folder: Path) -> None:
    """Write the marks of a part into its folder."""
    place = folder / MARKS
    place.mkdir()
    labels = [_labels(run, vantage) for vantage in range(len(run.vantages))]
    remarks = remarks_of(attrs.evolve(run, findings=()), labels)
    rank = np.cumsum(run.kept, dtype=np.int64)
    for vantage, label in enumerate(labels):
        clock = next((one for one in run.clocks.vantages if one.vantage == vantage), None)
        np.save(place / f"{vantage}-rows.npy", np.stack(_rows(run, vantage, label, clock)))
        _write_remarks(run, remarks, vantage, rank, place)
        _write_clock(clock, place / f"{vantage}-clock.npz")
        picked = run.vantages[vantage].picked
        told = None if picked is None else [sorted(one) for one in picked]
        (place / f"{vantage}-picked.json").write_text(json.dumps(told), "utf-8")


def _labels(run: Correlation, vantage: int) -> Labels:
    """Return which of the packets that the part tells of each row of a vantage holds, numbered among those."""
    size, table = len(run.packets[vantage]), run.trajectories
    first, last, carried = (np.zeros(size, np.int64) for _ in range(3))
    is_copy = np.zeros(size, np.bool_)
    if vantage in run.path.order:
        place = run.path.order.index(vantage)
        rank = np.where(run.kept, np.cumsum(run.kept), 0)
        held = np.flatnonzero((table.rows[:, place] >= 0) & run.kept)
        rows = table.rows[held, place]
        last[rows] = rank[held]
        first[rows[::-1]] = rank[held[::-1]]
        carried = np.bincount(rows, minlength=size)
        packet, at, copied = table.copies
        here = np.flatnonzero((at == place) & run.kept[packet])
        packet, copied = packet[here], copied[here]
        bare = first[copied] == 0
        first[copied[bare]] = last[copied[bare]] = rank[packet[bare]]
        is_copy[copied] = True
    return Labels(first, last, carried, is_copy)


def _rows(run: Correlation, vantage: int, label: Labels, clock: VantageClock | None) -> MarkRows:
    table = run.packets[vantage]
    at = np.flatnonzero(label.packet > 0)
    columns = table.columns
    stamp, captured = columns.ts_ns[at], table.captured_ns[at]
    time = stamp if clock is None else stamp - clock.offset_at(stamp)[0]
    return MarkRows(
        key=_keys(run, vantage, at),
        packet=label.packet[at],
        last=label.last[at],
        carried=label.carried[at].astype(np.int64),
        is_copy=label.is_copy[at].astype(np.int64),
        time_ns=np.where(captured == NO_TIME, NO_TIME, time),
        captured_ns=captured.astype(np.int64),
    )


def _keys(run: Correlation, vantage: int, rows: I64) -> I64:
    columns = run.packets[vantage].columns
    return np.asarray(columns.file[rows].astype(np.int64) << FRAME_BITS | columns.frame[rows], np.int64)


def _write_remarks(run: Correlation, remarks: Remarks, vantage: int, rank: I64, place: Path) -> None:
    """Write what is said of hops; the rest follows from the rows and from the findings of the whole."""
    import pyarrow as pa  # noqa: PLC0415

    mine = remarks.rows[vantage]
    at = np.flatnonzero(mine.kind == HOP)
    np.save(place / f"{vantage}-remarks.npy", _keys(run, vantage, mine.row[at]))
    kinds = [("packet", pa.int64()), ("people", pa.large_string()), ("programs", pa.large_string())]
    with (
        pa.OSFile(str(place / f"{vantage}-remarks.arrow"), "wb") as sink,
        pa.ipc.new_file(sink, pa.schema(kinds)) as out,
    ):
        for refs in _blocks(mine.ref[at]):
            people, programs = remarks.without_numbers(refs)
            packet = pa.array(rank[run.fates.packet[refs]])
            out.write_batch(pa.record_batch([packet, people, programs], schema=pa.schema(kinds)))


def _blocks(refs: I64) -> Iterator[I64]:
    for start in range(0, len(refs), BLOCK):
        yield refs[start : start + BLOCK]


def _write_clock(clock: VantageClock | None, path: Path) -> None:
    nothing: Any = np.zeros(0)
    curve = OffsetCurve(*(nothing,) * len(OffsetCurve._fields)) if clock is None else clock.curve
    np.savez(path, base_ns=np.array([] if clock is None else [clock.base_ns], np.int64), **curve._asdict())
