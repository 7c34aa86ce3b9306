"""A capture file as a stream of chunks.

In: the path of a capture file, as it is or packed; ``-`` is standard input.
Out: ``FrameChunk`` after ``FrameChunk``, in bounded memory; damage as a ``Problem`` of the chunk it ends.
Method: fill the window, walk complete records, hand out the rows, keep the rest for the next filling.
Not here: layout of the formats (``formats.py`` lists them) and of packets (``dissect``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import attrs
import numpy as np

from correlate.model.arrays import frozen, take
from correlate.model.frames import FrameChunk, FrameColumns, Interface, Problem, Start
from correlate.read.erf import ErfWalker
from correlate.read.formats import open_walker
from correlate.read.pcap import PcapWalker
from correlate.read.pcapng import PcapngWalker
from correlate.read.points import Points
from correlate.read.snoop import SnoopWalker
from correlate.read.steps import Step, Walker
from correlate.read.streams import open_stream
from correlate.read.window import Window

CHUNK_BYTES = 4 * 1024 * 1024
NOTHING = FrameColumns(*(frozen([], dtype) for dtype in (np.int64, np.int32, np.int32, np.int64, np.int32)))
"""No rows."""


def read_frames(
    path: str | os.PathLike[str],
    *,
    chunk_bytes: int = CHUNK_BYTES,
    is_resuming: bool = False,
    start: Start | None = None,
) -> Iterator[FrameChunk]:
    """Read a capture file chunk by chunk.

    Parameters
    ----------
    path
        A file of a format that ``formats.py`` lists, plain or packed with gzip, Zstandard or LZ4; ``-`` reads
        standard input.
    chunk_bytes
        Bytes of (unpacked) file per chunk, at least 1. A longer record gets a longer chunk.
    is_resuming
        Look for sound records behind damage and go on there; a ``skipped`` problem tells which bytes were passed over.
        Frame numbers then count what is read.
    start
        Begin there: a place that reading the same file has told before. Plain pcap and pcapng files are entered at
        once; others are walked up to there and their frames thrown away.

    Yields
    ------
    FrameChunk
        At least one, but none behind the end of a file. The last one knows all interfaces with their final counters.

    Raises
    ------
    UnreadableCapture
        If the file cannot be opened or is not a capture. Damage further on is a ``Problem`` (``damaged``, or
        ``truncated-file`` where the file ends too early): frames before it are used, nothing after it is.
    """
    name = os.fspath(path)
    with open_stream(name) as stream:
        window = Window(stream)
        walker = open_walker(name, window)
        if isinstance(walker, PcapWalker | SnoopWalker | ErfWalker):
            walker.doubt.is_on = is_resuming
        reading = _Reading(window, walker, chunk_bytes, is_resuming)
        if start is None or reading.enter(start):
            yield from reading.chunks()
        else:
            yield from (_from(chunk, start) for chunk in reading.chunks() if _ends(chunk) > start.frame)


def _ends(chunk: FrameChunk) -> int:
    """Return the number of the first frame behind a chunk; one without rows tells of its end."""
    return chunk.first_frame + max(1, len(chunk))


def _from(chunk: FrameChunk, start: Start) -> FrameChunk:
    """Return a chunk without frames before a start."""
    skipped = start.frame - chunk.first_frame
    if skipped <= 0:
        return chunk
    return attrs.evolve(chunk, columns=take(chunk.columns, slice(skipped, None)), first_frame=start.frame)


@attrs.define
class _Reading:
    """One file, while it is read."""

    window: Window
    walker: Walker
    chunk_bytes: int
    is_resuming: bool = False
    frame: int = 1
    """Number of the next frame."""
    bytes_read: int = 0
    """Position on disk, as far as it ever came: some formats go back."""
    position: int = 0
    """Of the first record of the step."""
    points: Points = attrs.field(factory=Points)
    told: tuple[Interface, ...] | None = None
    """Interfaces as the last chunk said; None = no chunk yet."""

    def enter(self, start: Start) -> bool:
        """Go to a place of the file at once; False = it must be walked up to there, and nothing was moved.

        What the blocks before the first packet describe must be all that the place knew.
        """
        if self.window.stream.is_packed or not isinstance(self.walker, PcapWalker | PcapngWalker):
            return False
        before = self.window.position
        self.window.fill(self.chunk_bytes)
        if isinstance(self.walker, PcapngWalker) and start.position > before:
            step = self.walker.step(self.window)
            known = len(self.walker.interfaces)
            self.points.refine(self.window.view, step.columns, self.walker.interfaces)
            if known != start.interfaces or len(self.points.interfaces) != known:
                return self._back(before)
        if isinstance(self.walker, PcapWalker) and start.interfaces != 1:
            return self._back(before)
        if not self.window.jump(start.position):
            return self._back(before)
        self.frame, self.bytes_read = start.frame, start.position
        return True

    def _back(self, position: int) -> bool:
        """Return to the beginning; the walker begins anew."""
        self.window.jump(position)
        if isinstance(self.walker, PcapngWalker):
            self.walker = PcapngWalker(order=self.walker.order)
        self.points = Points()
        return False

    def chunks(self) -> Iterator[FrameChunk]:
        """Yield the chunks of the file."""
        window = self.window
        window.fill(self.chunk_bytes)
        is_last = False
        while not is_last:
            self.position = window.position
            step = self.walker.step(window)
            columns = self.points.refine(window.view, step.columns, self.walker.interfaces)
            step = attrs.evolve(step, columns=columns)
            problem = self._problem(step)
            if problem is not None and self.is_resuming and not window.stream.fault:
                if len(step.columns.ts_ns):
                    yield self._chunk(step, ())
                skipped = self._pass_over(step.fault or problem.detail)
                is_last = window.is_exhausted and not len(window)
                yield self._chunk(Step(columns=NOTHING), (*(self.walker.notes() if is_last else ()), skipped))
                continue
            is_last = problem is not None or step.is_done or (step.needs > 0 and window.is_exhausted)
            problems = () if problem is None else (problem,)
            if is_last:
                problems = (*self.walker.notes(), *problems)
            is_news = is_last and (problems or self.told != tuple(self.points.interfaces))
            if len(step.columns.ts_ns) or is_news:
                yield self._chunk(step, problems)
            if step.needs and not is_last:
                # Grow step by step: a record may claim more than the file holds.
                window.fill(max(self.chunk_bytes, min(step.needs, 2 * len(window)), len(window) + 1))

    def _pass_over(self, fault: str) -> Problem:
        """Move the window to the next sound record and return what was passed over."""
        window = self.window
        first = window.position
        while not self.walker.resume(window):
            if window.is_exhausted:
                window.start = window.end
                break
            # Twice as much: growing byte by byte would look at a long record as many times as it has bytes.
            window.fill(max(self.chunk_bytes, 2 * len(window), 1))
        detail = f"bytes {first} to {window.position} passed over: {fault}"
        return Problem(kind="skipped", detail=detail, count=window.position - first)

    def _problem(self, step: Step) -> Problem | None:
        """Return what ends the reading, if something does."""
        window = self.window
        if step.fault:
            return self._problem_at("damaged", step.fault)
        if step.is_done or not step.needs or not window.is_exhausted:
            return None
        if window.stream.fault:
            return self._problem_at("truncated-file" if window.stream.is_cut else "damaged", window.stream.fault)
        if len(window) or step.is_open:
            return self._problem_at(
                "truncated-file", f"{len(window)} of at least {step.needs} bytes of a record are there"
            )
        return None

    def _problem_at(self, kind: str, what: str) -> Problem:
        of_what = " of the unpacked data" if self.window.stream.is_packed else ""
        verb = "damaged" if kind == "damaged" else "cut short"
        detail = f"{verb} at byte offset {self.window.position}{of_what}: {what}; frames before it are used"
        return Problem(kind=kind, detail=detail)

    def _chunk(self, step: Step, problems: tuple[Problem, ...]) -> FrameChunk:
        self.told = tuple(self.points.interfaces)
        first = self.frame
        self.bytes_read = max(self.bytes_read, self.window.stream.disk_position)
        self.frame += len(step.columns.ts_ns)
        return FrameChunk(
            data=frozen(self.window.view),
            columns=step.columns,
            interfaces=self.told,
            first_frame=first,
            position=self.position,
            bytes_read=self.bytes_read,
            problems=problems,
        )
