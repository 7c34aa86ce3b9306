"""The frames of captures done part by part, with what the parts know of them: who tells a merged capture.

In: the files, the marks of all parts, the findings of the whole. Out: a ``Teller``.
Method: every file is read once more from its beginning to its end, so each frame is there once and in the order of its
capture. A frame that holds packets has number, time and remarks from the part that tells of them; one that holds none
is stamped by the clock of the part whose packet came before it. One chunk per vantage is in memory.
Not here: the order of the vantages' frames (``report/interleave.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import I64, frozen
from correlate.model.correlation import Correlation
from correlate.model.frames import NO_TIME, FrameChunk
from correlate.report.interleave import Batch
from correlate.report.merge_stream import Told, of_outlets
from correlate.report.merged import NO_TEXTS, written_times
from correlate.report.remarks import (
    COPY,
    EVIDENCE,
    HOP,
    MOST_EVIDENCE,
    SEVERAL,
    Texts,
    cited_pair,
    cited_texts,
    copy_texts,
    numbered,
    paired,
    several_texts,
)
from correlate.scale.marks import FRAME_BITS, Marks
from correlate.scale.sources import Source, changed

if TYPE_CHECKING:
    import pyarrow as pa

MOST_OPEN = 8
"""Marks that are mapped at once: a few parts of a few vantages. Those that a jump of a clock throws together are opened
again and again; what was read of others would count as memory."""

LARGEST = np.iinfo(np.int64).max


class _Window(NamedTuple):
    """What is known of the frames of one chunk, a row for each."""

    packet: I64
    last: I64
    carried: I64
    is_copy: I64
    time_ns: I64
    part: I64
    """Index of the part that tells of it; -1 = none does."""


@attrs.define(kw_only=True)
class PartTeller:
    """A ``Teller`` of parts."""

    sources: Sequence[Source]
    """Per vantage."""
    folders: Sequence[Path]
    """Of the parts, in order of time."""
    firsts: Sequence[int]
    """Packets told of before each part."""
    evidence: Sequence[tuple[I64, list[tuple[str, str]]]]
    """Per vantage: keys of frames that findings cite, ascending, and the two texts of each."""
    current: dict[int, Told] = attrs.field(factory=dict)
    """By vantage: what is said of its latest chunk."""
    open_marks: Callable[[int, int], Marks] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Keep a few parts open."""
        self.open_marks = lru_cache(MOST_OPEN)(lambda part, vantage: Marks(folder=self.folders[part], vantage=vantage))

    def batches(self, vantage: int, lookup: Callable[[FrameChunk], I64]) -> Iterator[Batch]:
        """Yield the vantage's frames; ``row`` is that of the chunk."""
        spans = self._spans(vantage)
        part, previous_ns = -1, 0
        for file, chunk in self.sources[vantage].chunks():
            if not len(chunk):
                continue
            base = (file << FRAME_BITS) + chunk.first_frame
            near = np.flatnonzero((spans[0] < base + len(chunk)) & (spans[1] >= base)).tolist()
            window = self._window(vantage, chunk, base, near, self.sources[vantage].paths[file])
            time_ns, part = self._times(vantage, chunk.columns.ts_ns, window, part, previous_ns)
            self.current[vantage] = self._said(vantage, base, window, near)
            columns = chunk.columns
            batch = Batch(
                data=chunk.data,
                offset=columns.offset,
                cap_len=columns.cap_len,
                wire_len=columns.wire_len,
                time_ns=time_ns,
                interface=frozen(lookup(chunk)[columns.interface], np.int64),
                row=frozen(np.arange(len(chunk)), np.int64),
            )
            batch = of_outlets(batch)
            if len(batch.row):
                previous_ns = int(batch.time_ns[-1])
                yield batch

    def told(self, vantage: int, part: Batch) -> Told:
        """Return packet ids and remarks of rows of the vantage's latest chunk."""
        packet, first, last, texts = self.current[vantage]
        return Told(frozen(packet[part.row]), frozen(first[part.row]), frozen(last[part.row]), texts)

    def _spans(self, vantage: int) -> tuple[I64, I64]:
        """Return the first and the last key of each part; a part without rows meets nothing."""
        ends = []
        for part in range(len(self.folders)):
            key = self.open_marks(part, vantage).rows.key
            ends.append((int(key[0]), int(key[-1])) if len(key) else (LARGEST, -1))
        table = np.array(ends, np.int64).reshape(-1, 2)
        return table[:, 0], table[:, 1]

    def _window(self, vantage: int, chunk: FrameChunk, base: int, near: Sequence[int], path: str) -> _Window:
        """Return what the parts know of the frames of a chunk; a frame may hold packets of two parts."""
        size = len(chunk)
        packet, last, carried, is_copy, time = (np.zeros(size, np.int64) for _ in range(5))
        part_of = np.full(size, -1, np.int64)
        for part in near:
            rows = self.open_marks(part, vantage).rows
            mine = slice(*np.searchsorted(rows.key, [base, base + size]))
            at = rows.key[mine] - base
            is_same = rows.captured_ns[mine] == chunk.columns.ts_ns[at]
            if not is_same.all():
                frame = int(at[~is_same][0]) + chunk.first_frame
                raise changed(path, f"frame {frame} is another one")
            fresh, first = part_of[at] < 0, self.firsts[part]
            packet[at] = np.where(fresh, rows.packet[mine] + first, np.minimum(packet[at], rows.packet[mine] + first))
            last[at] = np.maximum(last[at], rows.last[mine] + first)
            carried[at] += rows.carried[mine]
            is_copy[at] |= rows.is_copy[mine]
            time[at] = np.where(fresh, rows.time_ns[mine], time[at])
            part_of[at] = np.where(fresh, part, part_of[at])
        return _Window(packet, last, carried, is_copy, time, part_of)

    def _times(self, vantage: int, ts_ns: I64, window: _Window, part: int, previous_ns: int) -> tuple[I64, int]:
        """Return the frames' times as they are written, and the part of the last frame."""
        known = np.flatnonzero(window.part >= 0)
        if part < 0:
            part = int(window.part[known[0]]) if len(known) else 0
        before = np.maximum.accumulate(np.where(window.part >= 0, np.arange(len(ts_ns)), -1))
        clock = np.where(before >= 0, window.part[np.maximum(before, 0)], part)
        is_stamped = ts_ns != NO_TIME
        moved = np.where(window.part >= 0, window.time_ns, 0)
        for one in np.unique(clock[(window.part < 0) & is_stamped]).tolist():
            mine = (window.part < 0) & is_stamped & (clock == one)
            moved[mine] = self.open_marks(one, vantage).moved(ts_ns[mine])
        return written_times(moved, is_stamped, previous_ns), int(clock[-1])

    def _said(self, vantage: int, base: int, window: _Window, near: Sequence[int]) -> Told:
        """Return ids and remarks of the frames of a chunk."""
        import pyarrow as pa  # noqa: PLC0415

        pieces = [*self._on_hops(vantage, base, len(window.packet), near), *self._of_frames(vantage, base, window)]
        packet = frozen(window.packet)
        if not pieces:
            nothing = frozen(np.zeros(len(packet), np.int64))
            return Told(packet, nothing, nothing, NO_TEXTS)
        rows = np.concatenate([piece.row for piece in pieces])
        kinds = np.concatenate([np.full(len(piece.row), piece.kind) for piece in pieces])
        order = np.lexsort((kinds, rows))
        people, programs = (pa.concat_arrays([piece.texts[side] for piece in pieces]) for side in (0, 1))
        texts: Texts = paired(people, programs, np.asarray(order, np.int64))
        frames = np.arange(len(packet))
        first, last = (np.searchsorted(rows[order], frames, side) for side in ("left", "right"))
        return Told(packet, frozen(first, np.int64), frozen(last, np.int64), texts)

    def _on_hops(self, vantage: int, base: int, size: int, near: Sequence[int]) -> Iterator[_Piece]:
        """Yield what parts say of hops."""
        for part in near:
            marks = self.open_marks(part, vantage)
            first, last = np.searchsorted(marks.remark_keys, [base, base + size]).tolist()
            if first < last:
                table = marks.remarks(first, last).combine_chunks()
                number = table["packet"].to_numpy() + self.firsts[part]
                texts = tuple(numbered(table[name].combine_chunks(), number) for name in ("people", "programs"))
                yield _Piece(np.asarray(marks.remark_keys[first:last] - base, np.int64), HOP, texts)

    def _of_frames(self, vantage: int, base: int, window: _Window) -> Iterator[_Piece]:
        """Yield what follows from frames alone, and what findings cite."""
        at = np.flatnonzero(window.carried > 1)
        if len(at):
            yield _Piece(at, SEVERAL, several_texts(window.packet[at], window.last[at], window.carried[at]))
        at = np.flatnonzero(window.is_copy)
        if len(at):
            yield _Piece(at, COPY, copy_texts(window.packet[at]))
        keys, pairs = self.evidence[vantage]
        first, last = np.searchsorted(keys, [base, base + len(window.packet)]).tolist()
        if first < last:
            at = np.asarray(keys[first:last] - base, np.int64)
            yield _Piece(at, EVIDENCE, cited_texts(window.packet[at], pairs[first:last]))


class _Piece(NamedTuple):
    """Remarks of one kind."""

    row: I64
    kind: int
    texts: tuple[pa.Array, ...]
    """For people, for programs."""


def evidence_of(run: Correlation) -> list[tuple[I64, list[tuple[str, str]]]]:
    """Return, per vantage, which frames the findings of the whole cite, and what is said of them."""
    found: dict[str, list[tuple[int, tuple[str, str]]]] = {vantage.name: [] for vantage in run.vantages}
    files = {vantage.name: {file.path: index for index, file in enumerate(vantage.files)} for vantage in run.vantages}
    for finding in run.findings:
        for one in finding.evidence[:MOST_EVIDENCE]:
            file = files.get(one.vantage, {}).get(one.file)
            if file is not None:
                found[one.vantage].append(((file << FRAME_BITS) + one.frame, cited_pair(finding, one.note)))
    told = []
    for pairs in found.values():
        pairs.sort(key=lambda pair: pair[0])
        told.append((np.array([key for key, _texts in pairs], np.int64), [texts for _key, texts in pairs]))
    return told
