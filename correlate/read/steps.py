"""What one walk over a window yields.

In: made by the walkers of the formats. Out: used by ``frames.py``.
Not here: the walks.
"""

from __future__ import annotations

from typing import Any, Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.model.arrays import frozen
from correlate.model.frames import FrameColumns, Interface, Problem
from correlate.read.records_kernel import BAD_BLOCK_LENGTH, BAD_TRAILER, BEYOND_BLOCK, LEAP, NO_INTERFACE, TOO_LONG
from correlate.read.window import Window

ROWS = 64 * 1024
"""Rows of a chunk at most."""

MAX_CAP_LEN = 262144
"""Greatest captured length believed; the limit of libpcap and Wireshark for nearly every link type."""
MAX_BULK_LEN = 16 * 1024 * 1024
"""The same for link types that carry messages instead of frames (D-Bus, USB)."""

FAULTS = {
    TOO_LONG: "a captured length of {detail} bytes is above the limit of {limit}",
    BAD_BLOCK_LENGTH: "a block length of {detail} cannot be",
    BAD_TRAILER: "the length after the block ({detail}) is not the one before it",
    BEYOND_BLOCK: "a captured length of {detail} does not fit its block",
    LEAP: "a time stamp of {detail} s is more than a month from the one before it",
    NO_INTERFACE: "a packet of interface {detail}, which the file does not describe",
}
"""Kernel status of damage -> what is wrong."""


@attrs.frozen(kw_only=True)
class Step:
    """Rows found, and what keeps the walk from going on."""

    columns: FrameColumns
    fault: str = ""
    """What is damaged at the window's position; empty = nothing."""
    needs: int = 0
    """Bytes the record at the window's position needs; 0 = it is not known to be incomplete."""
    is_done: bool = False
    """The format says that no record follows, whatever bytes do."""
    is_open: bool = False
    """The format says that a record follows: the end of the file here is damage."""


def empty_rows() -> FrameColumns:
    """Return ``ROWS`` writable rows for a kernel to fill."""
    return FrameColumns(
        offset=np.empty(ROWS, np.int64),
        cap_len=np.empty(ROWS, np.int32),
        wire_len=np.empty(ROWS, np.int32),
        ts_ns=np.empty(ROWS, np.int64),
        interface=np.zeros(ROWS, np.int32),
    )


def filled(rows: FrameColumns, count: int) -> FrameColumns:
    """Return the first ``count`` rows as columns of their own: the kernel's rows are used again."""
    return FrameColumns(*(frozen(column[:count].copy()) for column in rows))


def in_order(numbers: NDArray[Any]) -> list[int]:
    """Return the distinct numbers in the order of their first appearance, so that chunks do not show."""
    if len(numbers) and (numbers == numbers[0]).all():
        return [int(numbers[0])]
    values, first = np.unique(numbers, return_index=True)
    found: list[int] = values[np.argsort(first)].tolist()
    return found


def stand_at(window: Window, found: int) -> bool:
    """Move the window to what a search (``resume_kernel``) found; negative: it found nothing up to there.

    A search begins behind the window's position: where it is to go on, a record may begin that needs more bytes.
    """
    window.start = found if found >= 0 else -found - 2
    return found >= 0


class Walker(Protocol):
    """State of the walk over one file."""

    interfaces: list[Interface]

    def step(self, window: Window) -> Step:
        """Use complete records of the window, ``ROWS`` at most."""

    def notes(self) -> tuple[Problem, ...]:
        """Return what was odd in the part walked so far."""

    def resume(self, window: Window) -> bool:
        """Move the window behind damage at its position to the next sound record.

        False: there is none in the window, which now stands right before where the search goes on once it holds more.
        """
