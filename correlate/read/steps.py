"""What one walk over a window yields.

In: made by the pcap and pcapng walkers. Out: used by ``frames.py``.
Not here: the walks.
"""

from __future__ import annotations

from typing import Protocol

import attrs

from correlate.model.frames import FrameColumns, Interface, Problem
from correlate.read.records_kernel import BAD_BLOCK_LENGTH, BAD_TRAILER, BEYOND_BLOCK, NO_INTERFACE, TOO_LONG
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


class Walker(Protocol):
    """State of the walk over one file."""

    interfaces: list[Interface]

    def step(self, window: Window) -> Step:
        """Use complete records of the window, ``ROWS`` at most."""

    def notes(self) -> tuple[Problem, ...]:
        """Return what was odd in the part walked so far."""
