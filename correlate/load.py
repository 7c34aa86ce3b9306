"""Read and dissect one capture: files to packet columns.

In: a vantage's name and the files that together are its capture.
Out: a ``Loaded`` vantage: its description, its PacketTable, and how many frames ended in which ``FrameFate``.
Method: ``read`` streams chunks, ``dissect`` turns each into columns at once; no frame's bytes outlive their chunk.
One thread per capture is worth it: the kernels release the interpreter lock.
Not here: anything that compares captures (``pipeline.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import numpy as np

from correlate.clocks import measure_tick
from correlate.dissect import PacketPart, TupleInterner, dissect_frames, gather
from correlate.model.arrays import frozen
from correlate.model.frames import NO_TIME, CaptureFile, FrameChunk, Interface, Problem
from correlate.model.packets import FrameFate, PacketTable
from correlate.model.vantage import Kind, Vantage
from correlate.read import read_frames

SMALL_FILE_BYTES = 16 * 1024 * 1024
"""Files up to this size are hashed unasked: it costs less than a blink and names the evidence."""


@attrs.frozen(kw_only=True)
class Loaded:
    """One capture, read and dissected."""

    vantage: Vantage
    packets: PacketTable
    frame_counts: dict[FrameFate, int]


@attrs.define(kw_only=True)
class _Tally:
    """What accumulates while one capture is read."""

    parts: list[PacketPart] = attrs.field(factory=list)
    files: list[CaptureFile] = attrs.field(factory=list)
    interfaces: list[Interface] = attrs.field(factory=list)
    problems: list[Problem] = attrs.field(factory=list)
    frames: int = 0
    first_ns: int | None = None
    last_ns: int | None = None
    counts: dict[FrameFate, int] = attrs.field(factory=lambda: dict.fromkeys(FrameFate, 0))


def load_vantage(
    name: str,
    paths: Sequence[str],
    *,
    kind: Kind = "unknown",
    with_sha256: bool = False,
    on_bytes: Callable[[int], None] | None = None,
) -> Loaded:
    """Read every file of a capture in the given order and return its packets.

    Parameters
    ----------
    name
        The vantage's name.
    paths
        At least one file; several are one chained capture.
    kind
        Where the capture was taken, if the user said so.
    with_sha256
        Hash every file; small ones always are.
    on_bytes
        Called with the bytes read since the last call.

    Raises
    ------
    UnreadableCapture
        If a file cannot be read at all. Damage inside a file is a ``Problem`` of the vantage instead.
    """
    tally = _Tally()
    tuples = TupleInterner()
    for index, path in enumerate(paths):
        _load_file(path, index, tally, tuples, on_bytes)
        size = Path(path).stat().st_size
        digest = _sha256(path) if with_sha256 or size <= SMALL_FILE_BYTES else None
        frames = tally.frames - sum(file.frames for file in tally.files)
        tally.files.append(CaptureFile(path=path, frames=frames, bytes=size, sha256=digest))
    packets = gather(tally.parts, tuples)
    vantage = Vantage(
        name=name,
        files=tuple(tally.files),
        interfaces=tuple(tally.interfaces),
        frames=tally.frames,
        first_captured_ns=tally.first_ns,
        last_captured_ns=tally.last_ns,
        tick_ns=measure_tick(packets.columns.ts_ns, min((i.tick_ns for i in tally.interfaces), default=1)),
        kind=kind,
        problems=tuple(tally.problems),
    )
    return Loaded(vantage=vantage, packets=packets, frame_counts=tally.counts)


def _load_file(
    path: str, index: int, tally: _Tally, tuples: TupleInterner, on_bytes: Callable[[int], None] | None
) -> None:
    base = len(tally.interfaces)
    position = 0
    interfaces: tuple[Interface, ...] = ()
    for chunk in read_frames(path):
        interfaces = chunk.interfaces
        tally.problems.extend(chunk.problems)
        _note_times(chunk, tally)
        tally.frames += len(chunk)
        part = dissect_frames(chunk, tuples, index)
        for fate, count in part.counts.items():
            tally.counts[fate] += count
        if base:
            shifted = frozen(part.columns.interface + base, np.int32)
            part = attrs.evolve(part, columns=part.columns._replace(interface=shifted))
        tally.parts.append(part)
        if on_bytes is not None:
            on_bytes(chunk.bytes_read - position)
        position = chunk.bytes_read
    tally.interfaces.extend(interfaces)


def _note_times(chunk: FrameChunk, tally: _Tally) -> None:
    stamps = chunk.columns.ts_ns
    stamps = stamps[stamps != NO_TIME]
    if len(stamps) == 0:
        return
    first, last = int(stamps.min()), int(stamps.max())
    tally.first_ns = first if tally.first_ns is None else min(first, tally.first_ns)
    tally.last_ns = last if tally.last_ns is None else max(last, tally.last_ns)


def _sha256(path: str) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
