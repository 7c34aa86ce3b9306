"""Capture files of the snoop kind (Solaris), and Surveyor's of the same magic.

In: a window at the start of a file. Out: rows per step, one interface with its drop counter.
Method: RFC 1761. Surveyor files number their links otherwise and keep the frame check sequence; they are told by the
16 bytes and more of padding that they put behind each frame.
Not here: the records (``snoop_kernel.py``).
"""

from __future__ import annotations

import struct

import attrs
import numpy as np

from correlate.errors import UnreadableCapture
from correlate.model.arrays import I64
from correlate.model.frames import FrameColumns, Interface, Problem
from correlate.read.doubt import Doubt
from correlate.read.records_kernel import DETAIL, MORE, ODD_STAMPS, POSITION, STATUS
from correlate.read.resume_records_kernel import SNOOP, next_record
from correlate.read.snoop_kernel import DROPS, HEADER, walk_snoop
from correlate.read.steps import FAULTS, MAX_CAP_LEN, Step, empty_rows, filled, stand_at
from correlate.read.window import Window
from correlate.wire.linktypes import ETHERNET, FDDI, IEEE802_5, IP_OVER_FC, IPNET, NO_LINK, SUNATM

MAGIC = b"snoop\0\0\0"
FILE_HEADER = 16
VERSIONS = (2, 3, 4, 5)
SURVEYOR_PADDING = 16
"""Bytes behind a frame from which the file is Surveyor's; others pad by 6 at most."""

LINKS = {0: ETHERNET, 2: IEEE802_5, 4: ETHERNET, 8: FDDI, 16: IP_OVER_FC, 18: SUNATM, 0x80000005: IPNET}
"""Datalink type (RFC 1761 and IANA's list) -> LINKTYPE_."""
SURVEYOR_LINKS = {
    0: ETHERNET, 2: IEEE802_5, 4: ETHERNET, 8: FDDI, 10: ETHERNET, 11: IEEE802_5, 12: ETHERNET, 13: IEEE802_5,
    14: IEEE802_5, 19: ETHERNET,
}  # fmt: skip


@attrs.define(kw_only=True)
class SnoopWalker:
    """Walk over one snoop file."""

    interfaces: list[Interface]
    rows: FrameColumns = attrs.field(factory=empty_rows)
    odd_stamps: int = 0
    doubt: Doubt = attrs.field(factory=Doubt)

    def step(self, window: Window) -> Step:
        """Use complete records of the window, ``ROWS`` at most."""
        found, state = self._walk(window, len(self.rows.ts_ns))
        end = int(state[POSITION])
        count, status, detail = self.doubt.judge(
            self.rows.ts_ns[:found], int(state[STATUS]), int(state[DETAIL]), is_end=window.is_exhausted
        )
        if count < found:
            _count, state = self._walk(window, count)
        window.start = int(state[POSITION])
        self.odd_stamps += int(state[ODD_STAMPS])
        if state[DROPS]:
            # Many writers leave the counter 0 without counting: 0 says nothing.
            (interface,) = self.interfaces
            self.interfaces = [attrs.evolve(interface, dropped=int(state[DROPS]))]
        return Step(
            columns=filled(self.rows, count),
            fault=FAULTS[status].format(detail=detail, limit=MAX_CAP_LEN) if status in FAULTS else "",
            needs=end - window.start + detail if status == MORE else 0,
        )

    def _walk(self, window: Window, room: int) -> tuple[int, I64]:
        """Fill ``room`` rows at most; return how many, and the kernel's state."""
        state = np.array([0, 0, 0, 0, self.interfaces[0].dropped or 0], np.int64)
        rows = self.rows
        count = walk_snoop(
            window.view,
            window.start,
            window.end,
            MAX_CAP_LEN,
            rows.offset[:room],
            rows.cap_len[:room],
            rows.wire_len[:room],
            rows.ts_ns[:room],
            state,
        )
        return int(count), state

    def resume(self, window: Window) -> bool:
        """Move the window to the next record behind damage; False = none in it."""
        where = window.view, window.start + 1, window.end
        return stand_at(
            window, int(next_record(*where, SNOOP, MAX_CAP_LEN, self.doubt.last_s, int(window.is_exhausted)))
        )

    def notes(self) -> tuple[Problem, ...]:
        """Return what was odd in the time stamps walked so far."""
        if not self.odd_stamps:
            return ()
        detail = f"{self.odd_stamps} time stamps have a fraction of a second above a second; used as they stand"
        return (Problem(kind="odd-time-stamps", detail=detail, count=self.odd_stamps),)


def open_snoop(path: str, window: Window) -> SnoopWalker:
    """Read the file header at the window's position and return the walker of what follows.

    Raises
    ------
    UnreadableCapture
        If the header is cut or its version is unknown.
    """
    header = window.peek(FILE_HEADER)
    if len(header) < FILE_HEADER:
        what = f"the snoop header is cut short ({len(header)} of {FILE_HEADER} bytes)"
        raise UnreadableCapture(where=path, what=what, advice="Copy the file from its source again.")
    version, link = struct.unpack_from(">II", header, 8)
    if version not in VERSIONS:
        what = f"snoop version {version} is not known (2 to 5 are)"
        raise UnreadableCapture(where=path, what=what, advice="Convert it with `editcap -F pcapng IN OUT`.")
    record = window.peek(FILE_HEADER + HEADER)[FILE_HEADER:]
    window.start += FILE_HEADER
    is_surveyor = False
    if len(record) == HEADER:
        captured, total = struct.unpack_from(">II", record, 4)
        is_surveyor = total - HEADER - captured >= SURVEYOR_PADDING
    link_type = (SURVEYOR_LINKS if is_surveyor else LINKS).get(link, NO_LINK)
    fcs_len = 4 if is_surveyor and link_type == ETHERNET else 0
    return SnoopWalker(interfaces=[Interface(link_type=link_type, snaplen=0, fcs_len=fcs_len)])
