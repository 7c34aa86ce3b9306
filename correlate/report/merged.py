"""merged.pcapng: every frame of every capture on one clock, for Wireshark.

**In:** a ``Correlation``, a source of its frames, names and secrets of its files. **Out:** one pcapng file, or one per
vantage.
**Method:** one interface per vantage (per link type, where a capture has several), stamps moved to the reference clock
in whole nanoseconds, ``epb_packetid`` = packet number on every frame that carries a packet, remarks as comments.
Memory: one chunk per vantage and the blocks made of them.
**Not here:** what the remarks say (``remarks.py``), the file itself (``merge_stream.py``), where files go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import attrs
import numpy as np

from correlate.model.arrays import I64, Bool, frozen
from correlate.model.clocks import VantageClock
from correlate.model.correlation import Correlation
from correlate.model.frames import NO_TIME, FrameChunk, FrameSource, Interface, SideBlock
from correlate.model.packets import PacketTable
from correlate.report.durations import duration, long_duration
from correlate.report.interleave import Batch
from correlate.report.labels import Labels, labels_of
from correlate.report.merge_stream import Head, Key, Outlet, Told, of_outlets, stream_frames
from correlate.report.places import in_path_order
from correlate.report.remarks import Remarks, Texts, remarks_of
from correlate.report.sources import offset_bounds
from correlate.wire.linktypes import NO_PACKET

MERGED_NAME = "merged.pcapng"
NO_TEXTS = Texts(frozen([0], np.int64), frozen([], np.uint8))


@attrs.frozen(kw_only=True)
class CaptureParts:
    """What of the captured files the report cannot know from the tables."""

    frames: FrameSource
    sides: Mapping[int, tuple[SideBlock, ...]] = attrs.field(factory=dict)
    """Vantage (input index) -> names and secrets of its files."""
    fetch: Callable[[int, I64], list[bytes]] | None = None
    """Reads the bytes of single packet rows again; None = no bytes are shown."""


def split_files(names: Sequence[str], merged: str = MERGED_NAME) -> dict[str, int]:
    """Return the file of each vantage beside ``merged`` -> its index; names that would look alike are numbered.

    >>> split_files(["client", "any:eth0"])
    {'merged-client.pcapng': 0, 'merged-any_eth0.pcapng': 1}
    """
    stem, dot, extension = merged.rpartition(".")
    stem, extension = (stem, dot + extension) if dot else (merged, "")
    files: dict[str, int] = {}
    for index, vantage in enumerate(names):
        name = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in vantage)
        if f"{stem}-{name}{extension}".lower() in {taken.lower() for taken in files}:
            name = f"{name}-{index + 1}"
        files[f"{stem}-{name}{extension}"] = index
    return files


def write_merged(
    correlation: Correlation, parts: CaptureParts, path: Path, *, vantages: Sequence[int] | None = None
) -> None:
    """Write the merged capture to a file; ``vantages`` (input indices) chooses some, None = all in path order.

    Raises
    ------
    UnreadableCapture
        If a capture can no longer be read as it was.
    """
    with path.open("wb") as file:
        stream_merged(correlation, parts, file, vantages=vantages)


def stream_merged(
    correlation: Correlation, parts: CaptureParts, file: BinaryIO, *, vantages: Sequence[int] | None = None
) -> None:
    """Write the merged capture to an open file, pipe or terminal-less standard output; as :func:`write_merged`."""
    chosen = in_path_order(correlation) if vantages is None else list(vantages)
    labels = labels_of(correlation)
    told = _Run(correlation=correlation, frames=parts.frames, labels=labels, remarks=remarks_of(correlation, labels))
    members = [vantage.interfaces for vantage in correlation.vantages]
    texts = [clock_text(correlation, vantage) for vantage in range(len(correlation.vantages))]
    sides = dict.fromkeys(side for vantage in chosen for side in parts.sides.get(vantage, ()))
    reference = correlation.vantages[correlation.clocks.reference].name
    stream_frames(Head(reference, outlets_of(correlation, chosen, members, texts), tuple(sides)), chosen, told, file)


def outlets_of(
    correlation: Correlation, chosen: Sequence[int], members: Sequence[Sequence[Interface]], texts: Sequence[str]
) -> dict[Key, Outlet]:
    """Return the interfaces to be written: one per vantage and link type.

    Parameters
    ----------
    correlation
        Names and files of the vantages.
    chosen
        Vantages (input indices).
    members, texts
        Per vantage: the captured interfaces, and what is said of its clock.
    """
    found: dict[Key, list[Interface]] = {}
    for vantage in chosen:
        for one in members[vantage]:
            if one.link_type != NO_PACKET:
                found.setdefault((vantage, one.link_type, one.fcs_len), []).append(one)
    outlets = {}
    for key, mine in found.items():
        one_vantage = correlation.vantages[key[0]]
        paths = [file.path for file in one_vantage.files]
        files = paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
        outlets[key] = Outlet(one_vantage.name, f"{files}; {texts[key[0]]}", tuple(mine))
    return outlets


@attrs.frozen(kw_only=True)
class _Run:
    """A ``Teller`` of a run in memory."""

    correlation: Correlation
    frames: FrameSource
    labels: list[Labels]
    remarks: Remarks

    def batches(self, vantage: int, lookup: Callable[[FrameChunk], I64]) -> Iterator[Batch]:
        """Yield the vantage's frames; ``row`` is that of its PacketTable."""
        table = self.correlation.packets[vantage]
        columns = table.columns
        clock = next((one for one in self.correlation.clocks.vantages if one.vantage == vantage), None)
        starts = np.searchsorted(columns.file, np.arange(len(self.correlation.vantages[vantage].files) + 1))
        previous_ns = 0
        for file, chunk in self.frames(vantage):
            first, last = int(starts[file]), int(starts[file + 1])
            if len(chunk):
                batch = _batch(chunk, columns.frame[first:last], first, lookup(chunk))
                batch = batch._replace(time_ns=_times(_on_one_clock(batch, table), clock, previous_ns))
                batch = of_outlets(batch)
                if len(batch.row):
                    previous_ns = int(batch.time_ns[-1])
                    yield batch

    def told(self, vantage: int, part: Batch) -> Told:
        """Return packet ids and remarks of the rows; remarks are counted from the first of the batch."""
        is_packet = part.row >= 0
        packet = np.where(
            is_packet, self.labels[vantage].packet[part.row] if len(self.labels[vantage].packet) else 0, 0
        )
        rows = self.remarks.rows[vantage].row
        wanted = np.where(is_packet, part.row, -1)
        first, last = np.searchsorted(rows, wanted, "left"), np.searchsorted(rows, wanted, "right")
        begin, end = int(first.min(initial=len(rows))), int(last.max(initial=0))
        if begin >= end:
            nothing = frozen(np.zeros(len(part.row), np.int64))
            return Told(frozen(packet, np.int64), nothing, nothing, NO_TEXTS)
        texts = self.remarks.texts(vantage, begin, end)
        first, last = np.where(is_packet, first - begin, 0), np.where(is_packet, last - begin, 0)
        return Told(frozen(packet, np.int64), frozen(first, np.int64), frozen(last, np.int64), texts)


def _batch(chunk: FrameChunk, frames: I64, first_row: int, lookup: I64) -> Batch:
    """Return a chunk as a batch, its stamps still the capture's own; ``frames`` are those of the file's packet rows."""
    row = np.full(len(chunk), -1, np.int64)
    low, high = np.searchsorted(frames, [chunk.first_frame, chunk.first_frame + len(chunk)])
    row[frames[low:high] - chunk.first_frame] = np.arange(first_row + low, first_row + high)
    columns = chunk.columns
    return Batch(
        data=chunk.data,
        offset=columns.offset,
        cap_len=columns.cap_len,
        wire_len=columns.wire_len,
        time_ns=columns.ts_ns,
        interface=frozen(lookup[columns.interface], np.int64),
        row=frozen(row),
    )


def _on_one_clock(batch: Batch, table: PacketTable) -> I64:
    """Return a batch's stamps; where a capture has a clock per direction, all on the first one."""
    if not table.has_two_clocks or not len(table):
        return batch.time_ns
    moved = (table.captured_ns - table.columns.ts_ns)[np.maximum(batch.row, 0)]
    return frozen(batch.time_ns - np.where(batch.row >= 0, moved, 0), np.int64)


def _times(ts_ns: I64, clock: VantageClock | None, previous_ns: int) -> I64:
    """Return stamps on the reference clock; a frame without stamp gets that of the frame before it.

    A vantage without a place keeps its own clock. Times before 1970 cannot be written and become 1970.
    """
    is_stamped = ts_ns != NO_TIME
    local = np.where(is_stamped, ts_ns, 0)
    moved = local - clock.offset_at(local)[0] if clock is not None else local
    return written_times(moved, is_stamped, previous_ns)


def written_times(moved: I64, is_stamped: Bool, previous_ns: int) -> I64:
    """Return times on the reference clock as they are written: none is before 1970, and none is missing.

    Parameters
    ----------
    moved, is_stamped
        Times, where there are any.
    previous_ns
        Time of the frame before them.
    """
    if not is_stamped.all():
        last = np.maximum.accumulate(np.where(is_stamped, np.arange(len(moved)), -1))
        moved = np.where(last >= 0, moved[np.maximum(last, 0)], previous_ns)
    return frozen(np.maximum(moved, 0), np.int64)


def clock_text(correlation: Correlation, vantage: int) -> str:
    """Return how far the stamps of a vantage were moved, with bounds."""
    reference = correlation.vantages[correlation.clocks.reference].name
    clock = next((one for one in correlation.clocks.vantages if one.vantage == vantage), None)
    if clock is None:
        return "own clock: it shares no packet with the others"
    if vantage == correlation.clocks.reference:
        return "own clock, on which all stamps are"
    offset, lo, hi = offset_bounds(correlation, clock)
    if offset is None:
        return f"stamps as captured: nothing is known of its clock against {reference}"
    bounds = "one-sided bounds" if lo is None or hi is None else f"+-{duration(max(hi - offset, offset - lo))}"
    skew = f", skew {clock.skew_ppb / 1000:+.3f} ppm" if clock.skew_ppb else ""
    return f"stamps moved by {long_duration(-offset)} ({bounds}) to {reference}'s clock{skew}"
