"""Frames of several captures in the order of one clock, without holding a capture.

**In:** per vantage a stream of batches with corrected times. **Out:** rounds: slices of batches and their common order.
**Method:** a merge by heads. The order of frames within a capture stays; a frame whose stamp runs backwards keeps its
stamp and follows the frame before it, as ``mergecap`` has it. A round ends where the first batch is used up, so one
batch per vantage is in memory.
**Not here:** reading frames (the pipeline gives the source), what is written (``merged.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import I32, I64, U8


class Batch(NamedTuple):
    """Consecutive frames of one vantage; columns have one element per frame."""

    data: U8
    offset: I64
    cap_len: I32
    wire_len: I32
    time_ns: I64
    """On the common clock."""
    interface: I64
    """Number in the file that is written."""
    row: I64
    """Row of the PacketTable; -1 = no IP packet."""

    def part(self, start: int, stop: int) -> Batch:
        """Return a slice of the rows."""
        columns: list[Any] = [column[start:stop] for column in self[1:]]
        return Batch(self.data, *columns)


class Round(NamedTuple):
    """Frames that follow those of the round before."""

    parts: list[tuple[int, Batch]]
    """(index of the stream, rows)."""
    sequence: I64
    """The rows of all parts, one part after another, in the order of time: ``sequence[k]`` is the k-th to write."""


@attrs.define
class _Head:
    """What is not used yet of a stream."""

    stream: Iterator[Batch]
    batch: Batch | None = None
    keys: I64 = attrs.field(factory=lambda: np.zeros(0, np.int64))
    used: int = 0
    latest: int = -(2**63)

    def refill(self) -> bool:
        """Make sure that unused frames are at hand; False = the stream has ended."""
        while self.batch is None or self.used == len(self.keys):
            self.batch = next(self.stream, None)
            if self.batch is None:
                return False
            self.used = 0
            self.keys = np.maximum.accumulate(np.maximum(self.batch.time_ns, self.latest))
            self.latest = int(self.keys[-1]) if len(self.keys) else self.latest
        return True

    def take(self, until_ns: int, *, with_ties: bool) -> tuple[Batch, I64]:
        """Return the unused frames up to a time, with their keys."""
        assert self.batch is not None, "a head is asked only after it was refilled"
        start, stop = self.used, int(np.searchsorted(self.keys, until_ns, "right" if with_ties else "left"))
        self.used = stop
        return self.batch.part(start, stop), self.keys[start:stop]


def interleave(streams: Sequence[Iterator[Batch]]) -> Iterator[Round]:
    """Yield the frames of all streams, merged; frames of one time come in the order of the streams.

    A round must be used before the next one is asked for: its batches point into the readers' buffers.
    """
    heads = [_Head(stream) for stream in streams]
    while True:
        open_heads = [(index, head) for index, head in enumerate(heads) if head.refill()]
        if not open_heads:
            return
        # The first head that ends first is used up; later streams keep what may come after its next frames.
        until_ns, ending = min((int(head.keys[-1]), index) for index, head in open_heads)
        taken = [(index, *head.take(until_ns, with_ties=index <= ending)) for index, head in open_heads]
        keys = np.concatenate([part_keys for _index, _part, part_keys in taken])
        yield Round([(index, part) for index, part, _keys in taken], np.argsort(keys, kind="stable"))
