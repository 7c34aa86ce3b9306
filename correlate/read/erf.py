"""Capture files of the Endace ERF kind.

In: a window at the start of a file. Out: rows per step; one interface per port and record type.
Method: ERF has no magic: a file is taken for it if its first records have lengths that fit, known types and times that
run on. Records that hold no frame (provenance, counters) keep their frame numbers and are no packets.
Not here: the records (``erf_kernel.py``).
"""

from __future__ import annotations

import struct
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.model.arrays import I64, frozen
from correlate.model.frames import FrameColumns, Interface, Problem
from correlate.read.doubt import Doubt
from correlate.read.erf_kernel import HEADER, PAD, walk_erf
from correlate.read.records_kernel import DETAIL, MORE, POSITION, STATUS
from correlate.read.resume_records_kernel import ERF, next_record
from correlate.read.steps import FAULTS, MAX_CAP_LEN, ROWS, Step, empty_rows, filled, in_order, stand_at
from correlate.read.window import Window
from correlate.wire.linktypes import ETHERNET, IPV4, IPV6, NO_LINK, NO_PACKET, PPP_HDLC

LINKS = {
    1: PPP_HDLC, 2: ETHERNET, 10: PPP_HDLC, 11: ETHERNET, 15: PPP_HDLC, 16: ETHERNET, 19: PPP_HDLC, 20: ETHERNET,
    22: IPV4, 23: IPV6, 27: NO_PACKET,
}  # fmt: skip
"""Record type -> LINKTYPE_; packet over SONET may be PPP or Cisco HDLC, which their first bytes tell."""
COUNTS_LOSS = (1, 2, 3, 4, 22, 23)
"""Types whose loss counter is one; others keep a colour there."""
GREATEST_TYPE = 48
PROBE_BYTES = 16 * 1024
PROBE_RECORDS = 8
YEAR_S = 366 * 86400


@attrs.define(kw_only=True)
class ErfWalker:
    """Walk over one ERF file."""

    interfaces: list[Interface] = attrs.field(factory=list)
    places: dict[int, int] = attrs.field(factory=dict)
    """Type and port -> index of the interface."""
    rows: FrameColumns = attrs.field(factory=empty_rows)
    kinds: NDArray[np.int32] = attrs.field(factory=lambda: np.empty(ROWS, np.int32))
    lost: NDArray[np.int32] = attrs.field(factory=lambda: np.empty(ROWS, np.int32))
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
        interface = self._interfaces(self.kinds[:count], self.lost[:count])
        return Step(
            columns=filled(self.rows, count)._replace(interface=interface),
            fault=FAULTS[status].format(detail=detail) if status in FAULTS else "",
            needs=end - window.start + detail if status == MORE else 0,
        )

    def _walk(self, window: Window, room: int) -> tuple[int, I64]:
        """Fill ``room`` rows at most; return how many, and the kernel's state."""
        state = np.zeros(3, np.int64)
        rows = self.rows
        count = walk_erf(
            window.view,
            window.start,
            window.end,
            rows.offset[:room],
            rows.cap_len[:room],
            rows.wire_len[:room],
            rows.ts_ns[:room],
            self.kinds[:room],
            self.lost[:room],
            state,
        )
        return int(count), state

    def resume(self, window: Window) -> bool:
        """Move the window to the next record behind damage; False = none in it."""
        where = window.view, window.start + 1, window.end
        return stand_at(window, int(next_record(*where, ERF, MAX_CAP_LEN, self.doubt.last_s, int(window.is_exhausted))))

    def notes(self) -> tuple[Problem, ...]:
        """Return what was odd: nothing, records are either sound or damaged."""
        return ()

    def _interfaces(self, kinds: NDArray[np.int32], lost: NDArray[np.int32]) -> NDArray[Any]:
        """Return the interface of each record and count its losses."""
        found = np.empty(len(kinds), np.int32)
        for kind in in_order(kinds):
            number, port = kind >> 2, kind & 3
            if kind not in self.places:
                self.places[kind] = len(self.interfaces)
                link_type = LINKS.get(number, NO_LINK)
                self.interfaces.append(Interface(link_type=link_type, snaplen=0, name=f"port{port}", tick_ns=1))
            index = self.places[kind]
            found[kinds == kind] = index
            if number in COUNTS_LOSS:
                old = self.interfaces[index]
                count = (old.dropped or 0) + int(lost[kinds == kind].sum())
                self.interfaces[index] = attrs.evolve(old, dropped=count)
        return frozen(found)


def is_erf(window: Window) -> bool:
    """Tell whether the bytes at the window's position walk like ERF records."""
    probe = window.peek(PROBE_BYTES)
    position = count = 0
    former = None
    while count < PROBE_RECORDS and position + HEADER <= len(probe):
        ticks, kind, _flags, total = struct.unpack_from("<QBB", probe, position) + struct.unpack_from(
            ">H", probe, position + 10
        )
        seconds = ticks >> 32
        number = kind & 0x7F
        if total < HEADER + (kind != PAD) or not 0 < number <= GREATEST_TYPE:
            return False
        if kind != PAD:
            if former is not None and not former - 1 <= seconds <= former + YEAR_S:
                return False
            former = seconds
        position += total
        count += 1
    # A record that is cut by the end of the file proves nothing by itself.
    return count > 1 or (count == 1 and position <= len(probe))


def open_erf(window: Window) -> ErfWalker:
    """Return the walker of the records at the window's position; there is no file header."""
    del window
    return ErfWalker()
