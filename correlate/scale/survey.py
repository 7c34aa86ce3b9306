"""One look at a whole capture: where its times lie in its files, what its frames are, and a sample of its packets.

In: a vantage's files. Out: ``Survey``.
Method: everything is read and dissected once, chunk after chunk, and only a row per chunk is kept, which is an index of
the capture, with filters of the flows that occur, and the packets whose content hashes to a round number: two captures
of one path sample the same packets.
Not here: what the sample says of the clocks (``alignment.py``), where to cut (``cuts.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import attrs
import numpy as np

from correlate.dissect import PacketPart, TupleInterner, dissect_frames
from correlate.load import pauses_between
from correlate.model.arrays import I32, I64, Bool, concatenate, freeze, frozen
from correlate.model.fingerprints import mixed
from correlate.model.frames import NO_TIME, FrameChunk, Interface, Problem
from correlate.model.packets import TCP, FrameFate, PacketColumns
from correlate.read import is_file, read_frames, size_of
from correlate.scale.flow_index import FlowIndex, FlowIndexBuilder
from correlate.scale.keys import keys_of

CHUNK_BYTES = 1 << 18
"""Bytes between two places where a part may begin, at least."""

PLACE_FRAMES = 1 << 11
"""Frames between two such places, about, where a capture has enough of them: each place costs a millisecond."""

MOST_FRAME = 1600
"""Bytes of a frame, at the most, as far as places go: a capture may begin with frames larger than most of it."""

ENOUGH_PLACES = 1 << 8
"""Of a capture; they are closer together where it is small."""

MOST_PLACES = 1 << 18
"""Of a capture: places are further apart where it is larger."""

SAMPLE_BITS = 7
"""One packet in 128 is sampled; fewer where those would be too many."""

MOST_SAMPLED = 1 << 18
"""Packets in a sample."""

MOST_TUPLES = 1 << 16
"""Pairs of addresses that are remembered, which makes reading quicker."""

LEAST_PAYLOAD = 8
"""Bytes of payload that tell a packet without its numbers."""


class Places(NamedTuple):
    """One row per chunk, in record order: an index of the capture."""

    file: I32
    position: I64
    """``Start`` of the chunk, as are the next two."""
    frame: I64
    interfaces: I32
    frames: I64
    packets: I64
    low_ns: I64
    """Earliest and latest stamp, own clock; ``NO_TIME`` where no frame of it has one."""
    high_ns: I64


class Sample(NamedTuple):
    """Some packets, the same ones at each vantage."""

    key: I64
    """Hash of what no router and no NAT changes."""
    ts_ns: I64
    place: I64
    """Row of ``Places``: ascending, as packets are in record order."""


@attrs.frozen(kw_only=True)
class Survey:
    """What a capture holds."""

    places: Places
    sample: Sample
    fates: tuple[int, ...]
    """Frames by ``FrameFate``."""
    problems: tuple[Problem, ...] = ()
    interfaces: tuple[tuple[Interface, ...], ...] = ()
    """Per file, with their counters."""
    flows: FlowIndex | None = None
    """Which flows occur where; None = not known."""

    @property
    def packets(self) -> int:
        """All packets."""
        return self.fates[FrameFate.PACKET]

    @property
    def span_ns(self) -> tuple[int, int] | None:
        """First and last stamp, own clock; None = no frame has one."""
        has_time = self.places.low_ns != NO_TIME
        if not has_time.any():
            return None
        return int(self.places.low_ns[has_time].min()), int(self.places.high_ns.max())

    @property
    def set_back_ns(self) -> int:
        """How far the clock was once behind what it had shown before, ns."""
        places, most = self.places, 0
        for file in np.unique(places.file).tolist():
            mine = (places.file == file) & (places.low_ns != NO_TIME)
            shown = np.maximum.accumulate(places.low_ns[mine])
            most = max(most, int((shown - places.high_ns[mine]).max(initial=0)))
        return most

    def frames_of(self, file: int) -> int:
        """Return the frames of a file."""
        return int(self.places.frames[self.places.file == file].sum())


def survey(paths: Sequence[str], on_bytes: Callable[[int], None] | None = None) -> Survey:
    """Look at every frame of a capture.

    Parameters
    ----------
    paths
        Its files, in order.
    on_bytes
        Called with the bytes read since the last call.

    Raises
    ------
    UnreadableCapture
        If a file cannot be read at all; what lies behind damage is not looked at.
    """
    rows: list[tuple[int, ...]] = []
    samples: list[Sample] = []
    problems: list[Problem] = []
    interfaces: list[tuple[Interface, ...]] = []
    fates = np.zeros(len(FrameFate), np.int64)
    tuples, bits, sampled = TupleInterner(), SAMPLE_BITS, 0
    silence_ns = 0
    flows, keys = FlowIndexBuilder(), np.zeros(0, np.int64)
    chunk_bytes = _chunk_bytes(paths)
    for index, path in enumerate(paths):
        position = 0
        interfaces.append(())
        latest_ns = None
        for chunk in read_frames(path, chunk_bytes=chunk_bytes):
            part = dissect_frames(chunk, tuples, index)
            columns = part.columns
            keys = np.concatenate([keys, keys_of(tuples.columns(len(keys)))]) if len(tuples) > len(keys) else keys
            flows.take(keys[np.unique(columns.tuple_id)])
            if len(tuples) >= MOST_TUPLES:
                tuples, keys = TupleInterner(), np.zeros(0, np.int64)
            fates += [part.counts[fate] for fate in FrameFate]
            samples.append(_sampled(columns, len(rows), bits))
            sampled += len(samples[-1].key)
            if sampled > MOST_SAMPLED:
                bits += 1
                samples = [_rarer(one, bits) for one in samples]
                sampled = sum(len(one.key) for one in samples)
            rows.append(_place(index, chunk, part))
            silence_ns, latest_ns = _silence(columns.ts_ns, latest_ns, silence_ns)
            problems.extend(chunk.problems)
            interfaces[-1] = chunk.interfaces
            if on_bytes is not None:
                on_bytes(chunk.bytes_read - position)
            position = chunk.bytes_read
    table = np.array(rows, np.int64).reshape(-1, len(Places._fields))
    narrow = {"file": np.int32, "interfaces": np.int32}
    laid = (frozen(column, narrow.get(name, np.int64)) for name, column in zip(Places._fields, table.T, strict=True))
    empty = Sample(*(np.zeros(0, np.int64),) * 3)
    sample = freeze(concatenate([empty, *samples]))
    places = Places(*laid)
    if len(paths) > 1:
        problems += pauses_between(list(_spans(places)), paths, silence_ns)
    return Survey(
        places=places,
        sample=sample,
        fates=tuple(fates.tolist()),
        problems=tuple(problems),
        interfaces=tuple(interfaces),
        flows=flows.built(),
    )


def is_packed(paths: Sequence[str]) -> bool:
    """Tell whether the first file of a capture holds more than it is long."""
    first = _first(paths)
    return first is not None and first.bytes_read < _unpacked(first)


def _first(paths: Sequence[str]) -> FrameChunk | None:
    first = next(iter(read_frames(paths[0], chunk_bytes=CHUNK_BYTES)), None)
    return first if first is not None and len(first) else None


def _unpacked(chunk: FrameChunk) -> int:
    return int(chunk.columns.offset[-1]) + int(chunk.columns.cap_len[-1])


def _chunk_bytes(paths: Sequence[str]) -> int:
    """Return how many bytes of a capture make a place: by its first frames, whatever is packed around them."""
    size, first = sum(size_of(path) for path in paths if is_file(path)), _first(paths)
    each = 0 if first is None else min(MOST_FRAME, _unpacked(first) // len(first))
    return max(CHUNK_BYTES, min(PLACE_FRAMES * each, size // ENOUGH_PLACES), size // MOST_PLACES)


def _silence(stamps: I64, latest_ns: int | None, silence_ns: int) -> tuple[int, int | None]:
    """Return the longest silence so far of a file's packets, and the last stamp."""
    stamps = stamps[stamps != NO_TIME]
    if not len(stamps):
        return silence_ns, latest_ns
    steps = np.diff(stamps if latest_ns is None else np.append(latest_ns, stamps))
    return max(silence_ns, int(steps.max(initial=0))), int(stamps[-1])


def _spans(places: Places) -> Iterator[tuple[int, int, int]]:
    """Yield first stamp, last stamp and index of every file that has stamps."""
    has_time = places.low_ns != NO_TIME
    for file in np.unique(places.file[has_time]).tolist():
        mine = has_time & (places.file == file)
        yield int(places.low_ns[mine].min()), int(places.high_ns[mine].max()), file


def _place(index: int, chunk: FrameChunk, part: PacketPart) -> tuple[int, ...]:
    stamps = chunk.columns.ts_ns
    stamps = stamps[stamps != NO_TIME]
    span = (int(stamps.min()), int(stamps.max())) if len(stamps) else (NO_TIME, NO_TIME)
    start = (chunk.position, chunk.first_frame, len(chunk.interfaces))
    return (index, *start, len(chunk), len(part), *span)


def _sampled(columns: PacketColumns, place: int, bits: int) -> Sample:
    """Return the packets whose key is round: by their payload, or by their numbers."""
    numbers = mixed(columns.ip_id, columns.seq, columns.ack, columns.payload_len)
    has_bytes = (columns.head_digest != 0) & (columns.payload_len >= LEAST_PAYLOAD)
    key = np.where(has_bytes, columns.head_digest, numbers)
    is_telling = has_bytes | (columns.proto == TCP)
    chosen = np.flatnonzero(is_telling & _is_round(key, bits) & (columns.ts_ns != NO_TIME))
    return Sample(key[chosen], columns.ts_ns[chosen], np.full(len(chosen), place, np.int64))


def _is_round(key: I64, bits: int) -> Bool:
    return np.asarray(key & ((1 << bits) - 1) == 0)


def _rarer(one: Sample, bits: int) -> Sample:
    """Return the packets of a sample whose key is rounder still: those that a rarer sample has."""
    chosen = _is_round(one.key, bits)
    return Sample(*(column[chosen] for column in one))
