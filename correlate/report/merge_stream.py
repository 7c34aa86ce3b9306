"""The file of a merged capture: its interfaces, frames in the order of one clock, its counters.

**In:** ``Head``, and a ``Teller`` who has the frames and knows what is said of each. **Out:** pcapng on a stream.
**Method:** rounds of frames (``interleave.py``) become blocks in one buffer (``merge_kernel.py``).
**Not here:** a run in memory as a teller (``merged.py``), captures done part by part (``scale/telling.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import BinaryIO, NamedTuple, Protocol

import attrs
import numpy as np

from correlate.errors import UnreadableCapture
from correlate.model.arrays import I64, frozen
from correlate.model.frames import FrameChunk, Interface, SideBlock
from correlate.report.blocks import interface_description, interface_statistics, section_header, side_block
from correlate.report.interleave import Batch, interleave
from correlate.report.merge_kernel import block_sizes, write_blocks
from correlate.report.remarks import Texts
from correlate.wire.linktypes import NO_PACKET

Key = tuple[int, int, int]
"""Vantage (input index), link type, bytes of FCS: what one written interface stands for."""


@attrs.frozen
class Outlet:
    """An interface of the file that is written."""

    name: str
    description: str
    members: tuple[Interface, ...]
    """The captured interfaces that it stands for."""

    def block(self, key: Key) -> bytes:
        """Return its description block."""
        _vantage, link_type, fcs_len = key
        filters = list(dict.fromkeys(one.capture_filter for one in self.members if one.capture_filter))
        is_whole = any(one.snaplen == 0 for one in self.members)
        return interface_description(
            link_type=link_type,
            snaplen=0 if is_whole else max(one.snaplen for one in self.members),
            name=self.name,
            description=self.description,
            capture_filter=filters[0] if len(filters) == 1 else "",
            fcs_len=fcs_len,
        )


@attrs.frozen
class Head:
    """What stands in the file besides frames."""

    reference: str
    """Name of the vantage whose clock all stamps are on."""
    outlets: Mapping[Key, Outlet]
    sides: Sequence[SideBlock]


class Told(NamedTuple):
    """What is written beside the frames of a batch, one row per frame."""

    packet: I64
    """Number; 0 = none."""
    first_remark: I64
    """Remarks of the frame, counted as ``texts`` counts: first, and behind the last."""
    last_remark: I64
    texts: Texts


class Teller(Protocol):
    """Who knows of the frames that are written."""

    def batches(self, vantage: int, lookup: Callable[[FrameChunk], I64]) -> Iterator[Batch]:
        """Yield a vantage's frames on the common clock; ``lookup`` numbers the interfaces of a chunk."""

    def told(self, vantage: int, part: Batch) -> Told:
        """Return what is said of rows of the vantage's latest batch."""


def stream_frames(head: Head, chosen: Sequence[int], teller: Teller, file: BinaryIO) -> None:
    """Write the frames of some vantages (input indices) in the order of one clock."""
    writing = _Writing(head=head, numbers={key: number for number, key in enumerate(head.outlets)}, teller=teller)
    file.write(section_header(_comment(head.reference)))
    for key, outlet in head.outlets.items():
        file.write(outlet.block(key))
    for side in head.sides:
        file.write(side_block(side))
    latest_ns = 0
    for piece, time_ns in writing.pieces(chosen):
        file.write(piece)
        latest_ns = max(latest_ns, time_ns)
    for key, outlet in head.outlets.items():
        file.write(
            interface_statistics(
                interface=writing.numbers[key],
                time_ns=latest_ns,
                received=_sum([one.received for one in outlet.members]),
                dropped=_sum([one.dropped for one in outlet.members]),
            )
        )


@attrs.define(kw_only=True)
class _Writing:
    """What every round of frames needs."""

    head: Head
    numbers: dict[Key, int]
    teller: Teller
    buffer: np.ndarray[tuple[int], np.dtype[np.uint8]] = attrs.field(factory=lambda: np.zeros(0, np.uint8))

    def pieces(self, chosen: Sequence[int]) -> Iterator[tuple[memoryview, int]]:
        """Yield the packet blocks of all frames in order, with the latest stamp of each piece."""
        streams = [self.teller.batches(vantage, partial(self._lookup, vantage)) for vantage in chosen]
        for parts, sequence in interleave(streams):
            yield self._blocks([(chosen[index], part) for index, part in parts], sequence)

    def _lookup(self, vantage: int, chunk: FrameChunk) -> I64:
        """Return the number in the written file of each interface of the chunk; -1 = holds no packets."""
        found = [
            self.numbers.get((vantage, one.link_type, one.fcs_len), -1) if one.link_type != NO_PACKET else -1
            for one in chunk.interfaces
        ]
        if -1 in found and any(
            number < 0 and one.link_type != NO_PACKET for number, one in zip(found, chunk.interfaces, strict=True)
        ):
            name = next((one.name for key, one in self.head.outlets.items() if key[0] == vantage), "the capture")
            raise UnreadableCapture(
                where=name, what="this capture changed while it was written again", advice="Run it once more."
            )
        return np.array(found, np.int64)

    def _blocks(self, parts: list[tuple[int, Batch]], sequence: I64) -> tuple[memoryview, int]:
        """Return the blocks of a round in its order."""
        told = [self.teller.told(vantage, part) for vantage, part in parts]
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


def of_outlets(batch: Batch) -> Batch:
    """Return the frames of a batch that go to an interface of the written file."""
    kept = np.flatnonzero(batch.interface >= 0)
    if len(kept) == len(batch.interface):
        return batch
    return Batch(batch.data, *(frozen(column[kept]) for column in batch[1:]))


def _comment(reference: str) -> str:
    return (
        f"Merged by correlate: all stamps on {reference}'s clock, one interface per vantage. "
        "frame.packet_id == N shows packet N along its whole path."
    )


def _sum(counts: list[int | None]) -> int | None:
    """Return the sum of what was counted; None = nothing was."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
