"""A damaged capture file becomes a sound one.

In: a file. Out: a pcapng file with every frame that can be read, and what was left out.
Method: reading goes on behind damage where records walk cleanly again (``read/resume_kernel.py``). Frames keep their
bytes, stamps and order; nothing is guessed or made up. Duplicates, on request, are frames equal in every byte to one of
the five before them and at most a millisecond younger, as a mirror port makes them.
Not here: what the frames mean.
"""

from __future__ import annotations

import os

import attrs
import numpy as np

from correlate.dissect import frame_digests
from correlate.errors import UsageError
from correlate.model.arrays import I64, Bool, frozen, take
from correlate.model.frames import NO_TIME, FrameChunk, Problem
from correlate.read import read_frames
from correlate.write import PcapngWriter, check_place, new_file

STANDARD_OUTPUT = "-"
NEAR_FRAMES = 5
NEAR_NS = 1_000_000


@attrs.frozen(kw_only=True)
class Repair:
    """What became of a file."""

    source: str
    target: str
    frames: int
    """Written."""
    duplicates: int
    """Left out, as asked."""
    problems: tuple[Problem, ...]
    """What was wrong; ``skipped`` and ``truncated-file`` say which bytes are not in the new file."""

    @property
    def skipped_bytes(self) -> int:
        """Bytes passed over between sound records."""
        return sum(problem.count for problem in self.problems if problem.kind == "skipped")


def repair(
    source: str, target: str | os.PathLike[str], *, is_dropping_duplicates: bool = False, force: bool = False
) -> Repair:
    """Write what can be read of a capture file to a new one.

    Parameters
    ----------
    source
        The damaged file.
    target
        The new file; nothing is there unless all of it could be written.
    is_dropping_duplicates
        Leave out frames that a mirror made twice.
    force
        Replace what is there.

    Raises
    ------
    UnreadableCapture
        If nothing can be read.
    OutputError
        If the new file cannot be written.
    UsageError
        If it is to be standard output.
    """
    if str(target) == STANDARD_OUTPUT:
        what = "a file is written whole or not at all, which a pipe cannot be"
        raise UsageError(where=STANDARD_OUTPUT, what=what, advice="Name a file.")
    path = check_place(target, [source], force=force)
    problems: list[Problem] = []
    frames = duplicates = 0
    memory = _Memory()
    with new_file(path) as file:
        writer = PcapngWriter(file, "Repaired: what could be read of a damaged capture.")
        for chunk in read_frames(source, is_resuming=True):
            problems += chunk.problems
            kept = chunk
            if is_dropping_duplicates and len(chunk):
                is_again = memory.find(chunk)
                kept = attrs.evolve(chunk, columns=take(chunk.columns, ~is_again))
            writer.add(kept)
            frames += len(kept)
            duplicates += len(chunk) - len(kept)
        writer.finish()
    return Repair(source=source, target=str(path), frames=frames, duplicates=duplicates, problems=tuple(problems))


@attrs.define
class _Memory:
    """The last frames of the chunk before."""

    digests: I64 = attrs.field(factory=lambda: np.zeros(0, np.int64))
    stamps: I64 = attrs.field(factory=lambda: np.zeros(0, np.int64))

    def find(self, chunk: FrameChunk) -> Bool:
        """Mark frames that repeat one of the few before them."""
        ours = frame_digests(chunk)
        digests = np.concatenate([self.digests, ours])
        stamps = np.concatenate([self.stamps, chunk.columns.ts_ns])
        is_again = np.zeros(len(digests), np.bool_)
        for back in range(1, NEAR_FRAMES + 1):
            gap = stamps[back:] - stamps[:-back]
            is_near = (gap >= 0) & (gap <= NEAR_NS) & (stamps[back:] != NO_TIME)
            is_again[back:] |= (digests[back:] == digests[:-back]) & is_near
        is_again = is_again[len(self.digests) :]
        self.digests, self.stamps = digests[-NEAR_FRAMES:], stamps[-NEAR_FRAMES:]
        return frozen(is_again)
