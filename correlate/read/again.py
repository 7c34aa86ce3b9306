"""Frames of a file that was read before, read again.

In: a file of a vantage and its packets' frame numbers, stamps and captured lengths. Out: its chunks.
Method: files that are still written to grow, rings reuse names, and copies fail: what is read again must be what was
read first, frame by frame; what was added since is left out.
Not here: single frames (``fetch.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.errors import UnreadableCapture
from correlate.model.arrays import I64, take
from correlate.model.frames import CaptureFile, FrameChunk
from correlate.model.packets import PacketTable
from correlate.read.stretch import read_stretch


class Known(NamedTuple):
    """Packets of one file as they were read first, in the order of their frames."""

    frame: I64
    captured_ns: I64
    cap_len: NDArray[Any]

    @classmethod
    def from_table(cls, packets: PacketTable, file: int) -> Known:
        """Return the packets of a vantage's file (index into ``Vantage.files``)."""
        columns = packets.columns
        mine = slice(*np.searchsorted(columns.file, (file, file + 1)))
        return cls(columns.frame[mine], packets.captured_ns[mine], columns.cap_len[mine])


def read_again(file: CaptureFile, known: Known, *, is_whole: bool) -> Iterator[FrameChunk]:
    """Read the frames of a file (of its stretch) again.

    Parameters
    ----------
    file
        As the first reading left it.
    known
        Its packets.
    is_whole
        ``file.frames`` counts all frames, not only those of some interfaces.

    Raises
    ------
    UnreadableCapture
        If the file does not hold those frames any more.
    """
    left, done = file.frames, 0
    for chunk in read_stretch(file.path, file.stretch):
        here = slice(*np.searchsorted(known.frame, (chunk.first_frame, chunk.first_frame + len(chunk))))
        row = known.frame[here] - chunk.first_frame
        is_same = chunk.columns.ts_ns[row] == known.captured_ns[here]
        is_same &= chunk.columns.cap_len[row] == known.cap_len[here]
        if not is_same.all():
            raise _changed(file, f"frame {int(known.frame[here][~is_same][0])} is another one")
        done = max(done, here.stop)
        if is_whole and len(chunk) >= left:
            yield attrs.evolve(chunk, columns=take(chunk.columns, slice(0, left)))
            return
        left -= len(chunk)
        yield chunk
    if done < len(known.frame) or (is_whole and left):
        raise _changed(file, "it has lost frames")


def _changed(file: CaptureFile, how: str) -> UnreadableCapture:
    advice = "Copy it to where nothing writes to it, and run again."
    return UnreadableCapture(where=file.path, what=f"the file changed while it was used: {how}", advice=advice)
