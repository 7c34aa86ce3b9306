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
    path: str | os.PathLike[str], frames: I64, *, start: Start | None = None
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
        _pick(chunk, wanted, found)
        if chunk.first_frame + len(chunk) > wanted[-1]:
            break
    return found


def _pick(chunk: FrameChunk, wanted: I64, found: dict[int, tuple[bytes, int]]) -> None:
    """Copy the wanted frames that the chunk holds."""
    low, high = np.searchsorted(wanted, (chunk.first_frame, chunk.first_frame + len(chunk)))
    columns = chunk.columns
    for frame in wanted[low:high].tolist():
        row = frame - chunk.first_frame
        offset = int(columns.offset[row])
        data = chunk.data[offset : offset + int(columns.cap_len[row])].tobytes()
        found[frame] = (data, chunk.interfaces[int(columns.interface[row])].link_type)
