"""Some successive frames of a file.

In: a path and a ``Stretch``. Out: chunks as of ``read_frames``, those frames only.
Method: enter the file where the stretch begins, stop where it ends; the last chunk is cut.
Not here: which frames are wanted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import attrs

from correlate.model.arrays import take
from correlate.model.frames import FrameChunk, Stretch
from correlate.read.frames import CHUNK_BYTES, read_frames


def read_stretch(
    path: str | os.PathLike[str], stretch: Stretch | None, *, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[FrameChunk]:
    """Read the frames of a stretch; None = all frames, exactly as ``read_frames``."""
    if stretch is None:
        yield from read_frames(path, chunk_bytes=chunk_bytes)
        return
    end = stretch.start.frame + stretch.frames
    if stretch.frames == 0:
        return
    for chunk in read_frames(path, chunk_bytes=chunk_bytes, start=stretch.start):
        behind = chunk.first_frame + len(chunk)
        if behind > end:
            chunk = attrs.evolve(chunk, columns=take(chunk.columns, slice(0, max(0, end - chunk.first_frame))))  # noqa: PLW2901
        yield chunk
        if behind >= end:
            return
