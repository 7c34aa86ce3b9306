"""Raw bytes of single frames, read again.

In: a path and frame numbers. Out: their bytes and link types.
Method: walk the file again up to the last frame asked for; only headers are looked at on the way.
Not here: what the bytes mean.
"""

from __future__ import annotations

import os

import numpy as np

from correlate.errors import UnreadableCapture
from correlate.model.arrays import I64
from correlate.model.frames import FrameChunk, Start
from correlate.read.frames import read_frames
from correlate.read.streams import STANDARD_INPUT


def fetch_frames(
    path: str | os.PathLike[str], frames: I64, *, start: Start | None = None, stamps: I64 | None = None
) -> dict[int, tuple[bytes, int]]:
    """Return the captured bytes and link type of some frames.

    Parameters
    ----------
    path
        The file, as given to ``read_frames``; standard input cannot be read twice (see ``spool_stdin``).
    frames
        Frame numbers, 1-based, ascending, shape (n,).
    start
        A place before all of them, to begin there.
    stamps
        Time stamps that they bore when they were read first, ns; frames that bear others are absent. None: any.

    Returns
    -------
    dict of int to (bytes, int)
        Frame number -> (captured bytes, LINKTYPE_ value). Numbers the file does not hold are absent.

    Raises
    ------
    UnreadableCapture
        If the file cannot be read at all.
    """
    name = os.fspath(path)
    if name == STANDARD_INPUT:
        raise UnreadableCapture(where=name, what="standard input cannot be read twice", advice="Save it to a file.")
    wanted = np.asarray(frames, np.int64)
    found: dict[int, tuple[bytes, int]] = {}
    if len(wanted) == 0:
        return found
    for chunk in read_frames(name, start=start):
        _pick(chunk, wanted, stamps, found)
        if chunk.first_frame + len(chunk) > wanted[-1]:
            break
    return found


def _pick(chunk: FrameChunk, wanted: I64, stamps: I64 | None, found: dict[int, tuple[bytes, int]]) -> None:
    """Copy the wanted frames that the chunk holds."""
    low, high = np.searchsorted(wanted, (chunk.first_frame, chunk.first_frame + len(chunk)))
    columns = chunk.columns
    for index in range(low, high):
        frame = int(wanted[index])
        row = frame - chunk.first_frame
        if stamps is not None and columns.ts_ns[row] != stamps[index]:
            continue
        offset = int(columns.offset[row])
        data = chunk.data[offset : offset + int(columns.cap_len[row])].tobytes()
        found[frame] = (data, chunk.interfaces[int(columns.interface[row])].link_type)
