"""Read and dissect one capture: files to packet columns.

In: a vantage's name and the files that together are its capture.
Out: a ``Loaded`` vantage: its description, its PacketTable, and how many frames ended in which ``FrameFate``, all and
per interface.
Method: ``read`` streams chunks, ``dissect`` turns each into columns at once; no frame's bytes outlive their chunk.
One thread per capture is worth it: the kernels release the interpreter lock.
Not here: which interfaces are vantages of their own (``split.py``); anything that compares captures (``pipeline.py``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs
import numpy as np

from correlate.dissect import PacketPart, Room, TupleInterner, dissect_frames, gather
from correlate.errors import UnreadableCapture
from correlate.model.arrays import I64, take
from correlate.model.frames import NO_TIME, CaptureFile, FrameChunk, Interface, Problem, Start, Stretch
from correlate.model.packets import FrameFate, PacketTable
from correlate.model.vantage import Kind, Vantage
from correlate.read import open_raw, read_stretch, size_of

CHUNK_BYTES = 4 * 1024 * 1024
"""Read and dissected at once; reading stops at such a piece."""

NOTHING = Stretch(Start(0, 1, 0), 0)
"""No frame of a file."""

LEAST_PAUSE_NS = 100_000_000
"""Time without frames between two chained files that is told; rings change files within less."""

EXPECTED_MORE = 16
"""One more packet for so many is expected: the first frames may be longer than the others."""

SMALL_FILE_BYTES = 16 * 1024 * 1024
"""Files up to this size are hashed unasked: it costs less than a blink and names the evidence."""


@attrs.define(kw_only=True)
class Seen:
    """What one interface saw."""

    file: int
    """Index of its file."""
    counts: dict[FrameFate, int] = attrs.field(factory=lambda: dict.fromkeys(FrameFate, 0))
    """Its frames by what became of them."""
    first_ns: int | None = None
    last_ns: int | None = None

    @property
    def frames(self) -> int:
        """All its frames."""
        return sum(self.counts.values())

    def note_times(self, stamps: I64) -> None:
        """Widen the span by further stamps."""
        if len(stamps) and int(stamps.min()) == NO_TIME:
            stamps = stamps[stamps != NO_TIME]
        if len(stamps) == 0:
            return
        first, last = int(stamps.min()), int(stamps.max())
        self.first_ns = first if self.first_ns is None else min(first, self.first_ns)
        self.last_ns = last if self.last_ns is None else max(last, self.last_ns)


@attrs.frozen(kw_only=True)
class Loaded:
    """One capture, read and dissected."""

    vantage: Vantage
    packets: PacketTable
    frame_counts: dict[FrameFate, int]
    seen: tuple[Seen, ...]
    """Per interface of the vantage."""


@attrs.define(kw_only=True)
class _Tally:
    """What accumulates while one capture is read."""

    bytes: int
    """Of all its files on disk."""
    room: Room = attrs.field(factory=Room)
    parts: list[PacketPart] = attrs.field(factory=list)
    files: list[CaptureFile] = attrs.field(factory=list)
    interfaces: list[Interface] = attrs.field(factory=list)
    problems: list[Problem] = attrs.field(factory=list)
    seen: list[Seen] = attrs.field(factory=list)

    @property
    def frames(self) -> int:
        """All frames so far."""
        return sum(one.frames for one in self.seen)

    @property
    def packets(self) -> int:
        """All packets so far."""
        return sum(one.counts[FrameFate.PACKET] for one in self.seen)

    def expect(self, chunk: FrameChunk, most_packets: int | None) -> None:
        """Let the room know how many packets are still to come, if frames stay as long as they were so far."""
        done = sum(file.bytes for file in self.files) + chunk.bytes_read
        frames = self.frames
        left = (frames + len(chunk)) * self.bytes // max(1, done) - frames
        left += left // EXPECTED_MORE
        self.room.expected = left if most_packets is None else min(left, most_packets - self.packets + len(chunk))


def split_path(path: str) -> tuple[str, str | None]:
    """Return the file and the interface that ``FILE#INTERFACE`` names; what exists as a path is one."""
    file, mark, interface = path.rpartition("#")
    if not mark or not interface or os.path.lexists(path):
        return path, None
    return file, interface


def load_vantage(  # noqa: PLR0913 -- each is a choice of its own
    name: str,
    paths: Sequence[str],
    *,
    kind: Kind = "unknown",
    with_sha256: bool = False,
    on_bytes: Callable[[int], None] | None = None,
    most_packets: int | None = None,
    stretches: Mapping[int, Stretch] | None = None,
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
    most_packets
        Reading stops behind the chunk in which there are so many, and a ``Problem`` of the vantage says where.
    stretches
        Read these frames of these files (by index) only, and none of the others; None = everything.

    Raises
    ------
    UnreadableCapture
        If a file cannot be read at all. Damage inside a file is a ``Problem`` of the vantage instead.
    """
    tally = _Tally(bytes=sum(os.stat(path).st_size for path in paths if os.path.exists(path)))  # noqa: PTH116, PTH110 -- paths are strings
    if stretches is not None:
        tally.room.expected = sum(stretch.frames for stretch in stretches.values())
    tuples = TupleInterner()
    for index, path in enumerate(paths):
        stretch = None if stretches is None else stretches.get(index, NOTHING)
        is_whole = stretch == NOTHING or _load_file(path, index, tally, tuples, on_bytes, most_packets, stretch)
        size, digest = _size_and_digest(path, is_hashed=stretch is None, is_asked=with_sha256)
        frames = tally.frames - sum(file.frames for file in tally.files)
        start = None if stretch is None else stretch.start
        tally.files.append(CaptureFile(path=path, frames=frames, bytes=size, sha256=digest, start=start))
        if not is_whole:
            tally.problems.append(_stopped(path, frames, len(paths) - 1 - index))
            break
    packets = gather(tally.parts, tuples)
    # Not at the head: the clocks are imported while the captures are read.
    from correlate.clocks import measure_tick  # noqa: PLC0415

    if stretches is None and len(tally.files) > 1:
        tally.problems += pauses_between(list(_spans(tally)), paths, _longest_silence(packets))
    vantage = Vantage(
        name=name,
        files=tuple(tally.files),
        interfaces=tuple(tally.interfaces),
        frames=tally.frames,
        first_captured_ns=min((one.first_ns for one in tally.seen if one.first_ns is not None), default=None),
        last_captured_ns=max((one.last_ns for one in tally.seen if one.last_ns is not None), default=None),
        tick_ns=measure_tick(packets.columns.ts_ns, min((i.tick_ns for i in tally.interfaces), default=1)),
        kind=kind,
        problems=tuple(tally.problems),
    )
    counts = {fate: sum(one.counts[fate] for one in tally.seen) for fate in FrameFate}
    return Loaded(vantage=vantage, packets=packets, frame_counts=counts, seen=tuple(tally.seen))


def _size_and_digest(path: str, *, is_hashed: bool, is_asked: bool) -> tuple[int, str | None]:
    try:
        return size_of(path), digest_of(path, is_asked=is_asked) if is_hashed else None
    except OSError as error:
        what = f"the file went away while it was read ({error.strerror or error})"
        raise UnreadableCapture(where=path, what=what, advice="Copy it to where nobody removes it.") from None


def pauses_between(spans: Sequence[tuple[int, int, int]], paths: Sequence[str], silence_ns: int) -> list[Problem]:
    """Say where chained files leave a time uncovered: longer than any silence inside them.

    Parameters
    ----------
    spans
        First stamp, last stamp and index of every file that has stamps.
    paths
        Of all files.
    silence_ns
        Longest time between two packets of one file.
    """
    pauses = []
    end: tuple[int, int] | None = None
    for first_ns, last_ns, file in sorted(spans):
        if end is not None and first_ns - end[0] > max(silence_ns, LEAST_PAUSE_NS):
            pauses.append((first_ns - end[0], paths[end[1]], paths[file]))
        end = max(end, (last_ns, file)) if end is not None else (last_ns, file)
    if not pauses:
        return []
    longest_ns, before, after = max(pauses)
    more = f" (the longest of {len(pauses)} pauses)" if len(pauses) > 1 else ""
    detail = f"nothing was captured for {longest_ns / 1e9:.3f} s between {before} and {after}{more}"
    return [Problem(kind="pause-between-files", detail=detail)]


def _spans(tally: _Tally) -> Iterator[tuple[int, int, int]]:
    """Yield first stamp, last stamp and index of every file that has stamps."""
    spans: dict[int, tuple[int, int]] = {}
    for one in tally.seen:
        if one.first_ns is not None and one.last_ns is not None:
            first_ns, last_ns = spans.get(one.file, (one.first_ns, one.last_ns))
            spans[one.file] = min(first_ns, one.first_ns), max(last_ns, one.last_ns)
    for file, (first_ns, last_ns) in spans.items():
        yield first_ns, last_ns, file


def _longest_silence(packets: PacketTable) -> int:
    """Return the longest time between two packets of one file, ns."""
    is_timed = packets.columns.ts_ns != NO_TIME
    files, stamps = packets.columns.file[is_timed], packets.columns.ts_ns[is_timed]
    return int(np.diff(stamps)[files[1:] == files[:-1]].max(initial=0))


def _stopped(path: str, frames: int, left: int) -> Problem:
    """Say that reading stopped, and what to do."""
    rest = "the rest of it" if left == 0 else f"the rest of it and {left} more {'file' if left == 1 else 'files'}"
    return Problem(
        kind="memory",
        detail=f"{path} was read up to frame {frames}: {rest} would not fit into memory. Allow more with --memory, "
        "or cut all captures to the same time with editcap -A -B",
    )


def _load_file(  # noqa: PLR0913, PLR0917 -- as ``load_vantage``
    path: str,
    index: int,
    tally: _Tally,
    tuples: TupleInterner,
    on_bytes: Callable[[int], None] | None,
    most_packets: int | None,
    stretch: Stretch | None,
) -> bool:
    """Add a file's packets to the tally; return False if reading stopped before its end."""
    is_whole = True
    base = len(tally.interfaces)
    position = 0
    interfaces: tuple[Interface, ...] = ()
    for chunk in read_stretch(path, stretch, chunk_bytes=CHUNK_BYTES):
        interfaces = chunk.interfaces
        tally.problems.extend(chunk.problems)
        while len(tally.seen) < base + len(interfaces):
            tally.seen.append(Seen(file=index))
        if stretch is None:
            tally.expect(chunk, most_packets)
        part = dissect_frames(chunk, tuples, index, room=tally.room, base=base)
        _note(chunk, part, tally.seen[base:])
        tally.parts.append(part)
        if on_bytes is not None:
            on_bytes(chunk.bytes_read - position)
        position = chunk.bytes_read
        if most_packets is not None and tally.packets >= most_packets:
            is_whole = False
            break
    tally.interfaces.extend(
        attrs.evolve(one, parent=one.parent + base) if one.parent >= 0 and base else one for one in interfaces
    )
    return is_whole


def _note(chunk: FrameChunk, part: PacketPart, seen: Sequence[Seen]) -> None:
    """Count the frames of a chunk at their interfaces."""
    interface = chunk.columns.interface
    is_one = len(interface) > 0 and bool((interface == interface[0]).all())
    used = [int(interface[0])] if is_one else np.unique(interface).tolist()
    if len(used) == 1:
        _count(chunk.columns.ts_ns, part.counts, seen[used[0]])
        return
    is_packet = np.zeros(len(chunk), np.bool_)
    is_packet[part.columns.frame - chunk.first_frame] = True
    for index in used:
        rows = np.flatnonzero(interface == index)
        # What is no packet is rare: looking at it again costs less than a count per interface in the kernel.
        others = rows[~is_packet[rows]]
        counts = dict.fromkeys(FrameFate, 0)
        if len(others):
            rest = attrs.evolve(chunk, columns=take(chunk.columns, others))
            counts = dict(dissect_frames(rest, TupleInterner(), 0).counts)
        counts[FrameFate.PACKET] += len(rows) - len(others)
        _count(chunk.columns.ts_ns[rows], counts, seen[index])


def _count(stamps: I64, counts: Mapping[FrameFate, int], seen: Seen) -> None:
    for fate, count in counts.items():
        seen.counts[fate] += count
    seen.note_times(stamps)


def digest_of(path: str, *, is_asked: bool) -> str | None:
    """Return the digest of a file; of a large one only if it is asked for."""
    return _sha256(path) if is_asked or size_of(path) <= SMALL_FILE_BYTES else None


def _sha256(path: str) -> str:
    import hashlib  # noqa: PLC0415  -- as the clocks

    with open_raw(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
