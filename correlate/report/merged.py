"""merged.pcapng: every frame of every capture on one clock, for Wireshark.

**In:** a ``Correlation``, a source of its frames, names and secrets of its files. **Out:** one pcapng file, or one per
vantage.
**Method:** one interface per vantage (per link type, where a capture has several), stamps moved to the reference clock
in whole nanoseconds, ``epb_packetid`` = packet number on every frame that carries a packet, remarks as comments.
Memory: one chunk per vantage and the blocks made of them.
**Not here:** what the remarks say (``remarks.py``), the order of frames (``interleave.py``), where files go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import attrs
import numpy as np

from correlate.errors import UnreadableCapture
from correlate.model.arrays import I64, frozen
from correlate.model.clocks import VantageClock
from correlate.model.correlation import Correlation
from correlate.model.frames import NO_TIME, FrameChunk, FrameSource, Interface, SideBlock
from correlate.model.packets import PacketTable
from correlate.report.blocks import interface_description, interface_statistics, section_header, side_block
from correlate.report.durations import duration, long_duration
from correlate.report.interleave import Batch, interleave
from correlate.report.labels import Labels, labels_of
from correlate.report.merge_kernel import block_sizes, write_blocks
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
    writing = _Writing(
        correlation=correlation,
        labels=labels,
        remarks=remarks_of(correlation, labels),
        numbers=_interface_numbers(correlation, chosen),
    )
    file.write(section_header(_comment(correlation)))
    for vantage, link_type, fcs_len in writing.numbers:
        file.write(_description(correlation, vantage, link_type, fcs_len))
    sides = dict.fromkeys(side for vantage in chosen for side in parts.sides.get(vantage, ()))
    for side in sides:
        file.write(side_block(side))
    latest_ns = 0
    for piece, time_ns in writing.pieces(chosen, parts.frames):
        file.write(piece)
        latest_ns = max(latest_ns, time_ns)
    for (vantage, link_type, fcs_len), number in writing.numbers.items():
        members = _members(correlation, vantage, link_type, fcs_len)
        file.write(
            interface_statistics(
                interface=number,
                time_ns=latest_ns,
                received=_sum([one.received for one in members]),
                dropped=_sum([one.dropped for one in members]),
            )
        )


@attrs.define(kw_only=True)
class _Writing:
    """What every round of frames needs."""

    correlation: Correlation
    labels: list[Labels]
    remarks: Remarks
    numbers: dict[tuple[int, int, int], int]
    buffer: np.ndarray[tuple[int], np.dtype[np.uint8]] = attrs.field(factory=lambda: np.zeros(0, np.uint8))

    def pieces(self, chosen: Sequence[int], frames: FrameSource) -> Iterator[tuple[memoryview, int]]:
        """Yield the packet blocks of all frames in order, with the latest stamp of each piece."""
        streams = [self._batches(vantage, frames) for vantage in chosen]
        for parts, sequence in interleave(streams):
            yield self._blocks([(chosen[index], part) for index, part in parts], sequence)

    def _batches(self, vantage: int, frames: FrameSource) -> Iterator[Batch]:
        table = self.correlation.packets[vantage]
        columns = table.columns
        clock = next((one for one in self.correlation.clocks.vantages if one.vantage == vantage), None)
        starts = np.searchsorted(columns.file, np.arange(len(self.correlation.vantages[vantage].files) + 1))
        previous_ns = 0
        for file, chunk in frames(vantage):
            first, last = int(starts[file]), int(starts[file + 1])
            if len(chunk):
                batch = _batch(chunk, columns.frame[first:last], first, self._lookup(vantage, chunk))
                batch = batch._replace(time_ns=_times(_on_one_clock(batch, table), clock, previous_ns))
                kept = np.flatnonzero(batch.interface >= 0)
                if len(kept) < len(chunk):
                    batch = Batch(batch.data, *(frozen(column[kept]) for column in batch[1:]))
                if len(kept):
                    previous_ns = int(batch.time_ns[-1])
                    yield batch

    def _lookup(self, vantage: int, chunk: FrameChunk) -> I64:
        """Return the number in the written file of each interface of the chunk; -1 = holds no packets."""
        found = [
            self.numbers.get((vantage, one.link_type, one.fcs_len), -1) if one.link_type != NO_PACKET else -1
            for one in chunk.interfaces
        ]
        if -1 in found and any(
            number < 0 and one.link_type != NO_PACKET for number, one in zip(found, chunk.interfaces, strict=True)
        ):
            name = self.correlation.vantages[vantage].name
            raise UnreadableCapture(
                where=name, what="this capture changed while it was written again", advice="Run it once more."
            )
        return np.array(found, np.int64)

    def _blocks(self, parts: list[tuple[int, Batch]], sequence: I64) -> tuple[memoryview, int]:
        """Return the blocks of a round in its order."""
        told = [self._told(vantage, part) for vantage, part in parts]
        sizes = [np.zeros(len(part.row), np.int64) for _vantage, part in parts]
        total = 0
        for (_vantage, part), (packet, first, last, texts), size in zip(parts, told, sizes, strict=True):
            total += int(block_sizes(part.cap_len, packet, first, last, texts.ends, size))
        ordered = np.concatenate(sizes)[sequence]
        at = np.zeros(len(sequence), np.int64)
        at[sequence] = np.cumsum(ordered) - ordered
        if total > len(self.buffer):
            self.buffer = np.zeros(total + total // 4, np.uint8)
        start, latest_ns = 0, 0
        for (_vantage, part), (packet, first, last, texts), size in zip(parts, told, sizes, strict=True):
            stop = start + len(part.row)
            write_blocks(
                self.buffer, at[start:stop], size, part.data, part.offset, part.cap_len, part.wire_len,
                part.time_ns, part.interface, packet, first, last, texts.ends, texts.data,
            )  # fmt: skip
            start = stop
            latest_ns = max(latest_ns, int(part.time_ns.max(initial=0)))
        return memoryview(self.buffer)[:total], latest_ns  # type: ignore[arg-type]  # an array is a buffer

    def _told(self, vantage: int, part: Batch) -> tuple[I64, I64, I64, Texts]:
        """Return packet ids and remarks of the rows of a batch; remarks are counted from the first of the batch."""
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
            return frozen(packet, np.int64), nothing, nothing, NO_TEXTS
        texts = self.remarks.texts(vantage, begin, end)
        first, last = np.where(is_packet, first - begin, 0), np.where(is_packet, last - begin, 0)
        return frozen(packet, np.int64), frozen(first, np.int64), frozen(last, np.int64), texts


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
    moved = local - (clock.offset_at(local)[0] if clock is not None else 0)
    if not is_stamped.all():
        last = np.maximum.accumulate(np.where(is_stamped, np.arange(len(ts_ns)), -1))
        moved = np.where(last >= 0, moved[np.maximum(last, 0)], previous_ns)
    return frozen(np.maximum(moved, 0), np.int64)


def _members(correlation: Correlation, vantage: int, link_type: int, fcs_len: int) -> list[Interface]:
    """Return the captured interfaces that one written interface stands for."""
    return [
        one for one in correlation.vantages[vantage].interfaces if (one.link_type, one.fcs_len) == (link_type, fcs_len)
    ]


def _interface_numbers(correlation: Correlation, chosen: Sequence[int]) -> dict[tuple[int, int, int], int]:
    """Return (vantage, link type, bytes of FCS) -> number of the interface that is written for it."""
    keys = dict.fromkeys(
        (vantage, one.link_type, one.fcs_len)
        for vantage in chosen
        for one in correlation.vantages[vantage].interfaces
        if one.link_type != NO_PACKET
    )
    return {key: number for number, key in enumerate(keys)}


def _description(correlation: Correlation, vantage: int, link_type: int, fcs_len: int) -> bytes:
    members = _members(correlation, vantage, link_type, fcs_len)
    filters = list(dict.fromkeys(one.capture_filter for one in members if one.capture_filter))
    paths = [file.path for file in correlation.vantages[vantage].files]
    files = paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
    return interface_description(
        link_type=link_type,
        snaplen=0 if any(one.snaplen == 0 for one in members) else max(one.snaplen for one in members),
        name=correlation.vantages[vantage].name,
        description=f"{files}; {clock_text(correlation, vantage)}",
        capture_filter=filters[0] if len(filters) == 1 else "",
        fcs_len=fcs_len,
    )


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


def _comment(correlation: Correlation) -> str:
    reference = correlation.vantages[correlation.clocks.reference].name
    return (
        f"Merged by correlate: all stamps on {reference}'s clock, one interface per vantage. "
        "frame.packet_id == N shows packet N along its whole path."
    )


def _sum(counts: list[int | None]) -> int | None:
    """Return the sum of what was counted; None = nothing was."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
