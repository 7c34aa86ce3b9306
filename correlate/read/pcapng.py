"""Capture files of the pcapng kind.

In: a window at a section header. Out: rows per step; interfaces as they are described, counters as they are reported.
Method: draft-ietf-opsawg-pcapng. Packet blocks are walked by a kernel; section headers, interface descriptions and
statistics, which are rare, by Python. Section lengths are not believed (they may be -1): blocks say where they end.
Not here: names, secrets, custom and unknown blocks; the kernel passes over them.
"""

from __future__ import annotations

import struct
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.errors import UnreadableCapture
from correlate.model.arrays import I64, frozen
from correlate.model.frames import NO_TIME, FrameColumns, Interface, Problem
from correlate.read.options import as_number, as_text, parse_options
from correlate.read.pcap import cap_limit
from correlate.read.records_kernel import (
    DETAIL,
    INTERFACE,
    MORE,
    POSITION,
    SECTION,
    SPECIAL,
    STATISTICS,
    STATUS,
    walk_pcapng,
)
from correlate.read.resume_kernel import next_pcapng
from correlate.read.stamps import MICROSECONDS, Scale, as_arrays, scale_of, tick_ns, to_ns
from correlate.read.steps import FAULTS, MAX_BULK_LEN, ROWS, Step, stand_at
from correlate.read.window import Window
from correlate.wire.linktypes import NO_PACKET, canonical

MAGIC = b"\x0a\x0d\x0d\x0a"

MAX_BLOCK = MAX_BULK_LEN + 64 * 1024
"""Greatest block length believed; libpcap and Wireshark stop at 16 MiB too."""
MAX_INTERFACES = 65536
"""Interfaces believed in one file."""

IF_NAME, IF_DESCRIPTION, IF_TSRESOL, IF_FILTER, IF_FCSLEN, IF_TSOFFSET = 2, 3, 9, 11, 13, 14
ISB_IFRECV, ISB_IFDROP, ISB_OSDROP = 4, 5, 7


def _rows(dtype: type) -> NDArray[Any]:
    return np.empty(ROWS, dtype)


@attrs.define
class _Rows:
    """What the kernel fills, reused from step to step."""

    offset: I64 = attrs.field(factory=lambda: _rows(np.int64))
    cap_len: NDArray[Any] = attrs.field(factory=lambda: _rows(np.int32))
    wire_len: NDArray[Any] = attrs.field(factory=lambda: _rows(np.int32))
    high: I64 = attrs.field(factory=lambda: _rows(np.int64))
    low: I64 = attrs.field(factory=lambda: _rows(np.int64))
    interface: NDArray[Any] = attrs.field(factory=lambda: _rows(np.int32))


@attrs.define(kw_only=True)
class PcapngWalker:
    """Walk over one pcapng file."""

    interfaces: list[Interface] = attrs.field(factory=list)
    """Of all sections so far."""
    order: str = "<"
    described: int = 0
    """Interfaces of the current section."""
    no_packet: int = -1
    """Index of the interface that blocks without packet are given; -1 = none yet."""
    scales: list[Scale] = attrs.field(factory=list)
    places: I64 = attrs.field(factory=lambda: np.zeros(MAX_INTERFACES, np.int64))
    """Index in ``interfaces``, per interface of the current section."""
    limits: I64 = attrs.field(factory=lambda: np.zeros(MAX_INTERFACES, np.int64))
    """Greatest captured length, per interface of the current section."""
    snaplens: I64 = attrs.field(factory=lambda: np.zeros(MAX_INTERFACES, np.int64))
    rows: _Rows = attrs.field(factory=_Rows)

    def step(self, window: Window) -> Step:
        """Use complete blocks of the window, until ``ROWS`` packets are found."""
        count, fault = 0, ""
        view = window.view
        while True:
            count, status, detail = self._walk(view, window, count)
            if status != SPECIAL:
                break
            fault = self._take_special(view, window, detail)
            if fault:
                break
        if status in FAULTS:
            limit = int(self.limits[: max(1, self.described)].max())
            fault = FAULTS[status].format(detail=detail, limit=limit)
        return Step(columns=self._columns(count), fault=fault, needs=detail if status == MORE else 0)

    def notes(self) -> tuple[Problem, ...]:
        """Return what was odd: nothing, blocks are either sound or damaged."""
        return ()

    def resume(self, window: Window) -> bool:
        """Move the window to the next block behind damage; False = none in it."""
        big, is_last = int(self.order == ">"), int(window.is_exhausted)
        return stand_at(window, int(next_pcapng(window.view, window.start + 1, window.end, big, MAX_BLOCK, is_last)))

    def _walk(self, view: NDArray[Any], window: Window, row: int) -> tuple[int, int, int]:
        """Run the kernel from the window's position; return (rows, status, detail)."""
        state = np.zeros(3, np.int64)
        rows = self.rows
        count = walk_pcapng(
            view,
            window.start,
            window.end,
            int(self.order == ">"),
            self.described,
            self.places,
            self.limits,
            self.snaplens,
            self.no_packet,
            MAX_BLOCK,
            row,
            rows.offset,
            rows.cap_len,
            rows.wire_len,
            rows.high,
            rows.low,
            rows.interface,
            state,
        )
        window.start = int(state[POSITION])
        return int(count), int(state[STATUS]), int(state[DETAIL])

    def _take_special(self, view: NDArray[Any], window: Window, kind: int) -> str:
        """Use the block at the window's position, all of which is there; return what is wrong with it."""
        if kind not in (SECTION, INTERFACE, STATISTICS):
            self.no_packet = len(self.interfaces)
            self._append(Interface(link_type=NO_PACKET, snaplen=0, description="blocks without packet"), MICROSECONDS)
            return ""
        head = view[window.start : window.start + 12].tobytes()
        order = self.order
        if kind == SECTION:
            orders = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
            if head[8:12] not in orders:
                return "a section header whose byte order is damaged"
            order = orders[head[8:12]]
        total = struct.unpack_from(f"{order}I", head, 4)[0]
        body = view[window.start + 8 : window.start + total - 4].tobytes()
        trailer = struct.unpack(f"{order}I", view[window.start + total - 4 : window.start + total].tobytes())[0]
        if trailer != total:
            return f"the length after the block ({trailer}) is not the one before it"
        if kind == SECTION:
            fault = section_fault(body)
            self.order, self.described = order, 0
        elif kind == INTERFACE:
            fault = self._take_interface(body)
        else:
            fault = self._take_statistics(body)
        if not fault:
            window.start += total
        return fault

    def _take_interface(self, body: bytes) -> str:
        """Add the interface of an Interface Description Block (section 4.2)."""
        if len(body) < 8:
            return "an interface description is too short"
        if len(self.interfaces) >= MAX_INTERFACES:
            return f"more than {MAX_INTERFACES} interfaces"
        link, snaplen = struct.unpack_from(f"{self.order}HxxI", body)
        options = dict(reversed(list(parse_options(body[8:], self.order))))
        scale = MICROSECONDS
        if options.get(IF_TSRESOL) or options.get(IF_TSOFFSET):
            offset = as_number(options.get(IF_TSOFFSET, b""), self.order, is_signed=True)
            scale = scale_of((options.get(IF_TSRESOL) or b"\x06")[0], offset)
        recorded = options.get(IF_FILTER, b"")
        interface = Interface(
            link_type=canonical(link),
            snaplen=snaplen,
            name=as_text(options.get(IF_NAME, b"")),
            description=as_text(options.get(IF_DESCRIPTION, b"")),
            tick_ns=tick_ns(scale),
            # The first byte says what follows: 0 = the filter's text, 1 = its byte code, which has no text.
            capture_filter=as_text(recorded[1:]) if recorded[:1] == b"\0" else "",
            fcs_len=as_number(options.get(IF_FCSLEN, b"")[:1], self.order),
        )
        self.places[self.described] = len(self.interfaces)
        self.limits[self.described] = cap_limit(interface.link_type)
        self.snaplens[self.described] = snaplen
        self.described += 1
        self._append(interface, scale)
        return ""

    def _append(self, interface: Interface, scale: Scale) -> None:
        self.interfaces.append(interface)
        self.scales.append(scale)

    def _take_statistics(self, body: bytes) -> str:
        """Complete an interface's counters from an Interface Statistics Block (section 4.6); the last one counts."""
        if len(body) < 12:
            return "interface statistics are too short"
        number = struct.unpack_from(f"{self.order}I", body)[0]
        if number >= self.described:
            return f"statistics of interface {number}, which the file does not describe"
        index = int(self.places[number])
        options = {code: as_number(value[:8], self.order) for code, value in parse_options(body[12:], self.order)}
        drops = [options[code] for code in (ISB_IFDROP, ISB_OSDROP) if code in options]
        old = self.interfaces[index]
        self.interfaces[index] = attrs.evolve(
            old,
            received=options.get(ISB_IFRECV, old.received),
            dropped=sum(drops) if drops else old.dropped,
        )
        return ""

    def _columns(self, count: int) -> FrameColumns:
        """Return the first ``count`` rows as columns, time stamps in ns."""
        rows = self.rows
        interface = frozen(rows.interface[:count].copy(), np.int32)
        return FrameColumns(
            offset=frozen(rows.offset[:count].copy()),
            cap_len=frozen(rows.cap_len[:count].copy()),
            wire_len=frozen(rows.wire_len[:count].copy()),
            ts_ns=self._times(rows.high[:count], rows.low[:count], interface),
            interface=interface,
        )

    def _times(self, high: I64, low: I64, interface: NDArray[Any]) -> I64:
        if len(high) == 0:
            return frozen(np.empty(0, np.int64))
        has_time = high >= 0
        ticks = np.where(has_time, high, 0).astype(np.uint64) << np.uint64(32) | low.astype(np.uint64)
        first, last = int(interface.min()), int(interface.max())
        seen = self.scales[first : last + 1]
        if all(scale == seen[0] for scale in seen):
            times = to_ns(ticks, tuple(column[0] for column in as_arrays(seen[:1])))
        else:
            times = to_ns(ticks, tuple(column[interface - first] for column in as_arrays(seen)))
        return times if has_time.all() else frozen(np.where(has_time, times, NO_TIME), np.int64)


def section_fault(body: bytes) -> str:
    """Return what is wrong with the body of a Section Header Block; empty = nothing."""
    if len(body) < 16 or body[:4] not in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"):
        return "a section header without byte order"
    major, minor = struct.unpack_from(">HH" if body[0] == 0x1A else "<HH", body, 4)
    # Minor version 2 was written by some programs and means the same (draft-ietf-opsawg-pcapng section 4.1).
    if (major, minor) not in ((1, 0), (1, 2)):
        return f"pcapng version {major}.{minor} is not known (1.0 is)"
    return ""


def open_pcapng(path: str, window: Window) -> PcapngWalker:
    """Check the section header at the window's position and return the walker of the file.

    Raises
    ------
    UnreadableCapture
        If the section header is cut, not one, or of an unknown version.
    """
    head = window.peek(24)
    fault = section_fault(head[8:]) if len(head) == 24 else f"the pcapng header is cut short ({len(head)} bytes)"
    if fault:
        raise UnreadableCapture(where=path, what=fault, advice="Copy the file from its source again.")
    return PcapngWalker(order=">" if head[8] == 0x1A else "<")
