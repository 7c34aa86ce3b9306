"""Chunks of frames as a pcapng file.

In: chunks as ``read`` gives them, in order. Out: the same interfaces, frames, numbers, stamps and counters, in one
section where that can be.
Method: draft-ietf-opsawg-pcapng. An interface keeps its link type, snaplen, resolution, filter and frame check
sequence; points that frames name themselves go back to the interface that holds them. Every row becomes a block, so
frame numbers stay. Stamps before 1970, which the format cannot hold, are moved to it with an ``if_tsoffset``. Only
frames of a section's first interface can lack a time: where others do, a new section begins.
Not here: where the file goes (``place.py``).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import BinaryIO

import attrs
import numpy as np

from correlate.model.arrays import I64, frozen, take
from correlate.model.frames import NO_TIME, FrameChunk, Interface
from correlate.version import __version__
from correlate.wire.linktypes import NO_LINK
from correlate.wire.linktypes import NO_PACKET as NO_PACKET_LINK
from correlate.write.blocks_kernel import NO_PACKET, put_blocks, sizes_of

SECTION, DESCRIPTION, STATISTICS = 0x0A0D0D0A, 1, 5
COMMENT, USERAPPL = 1, 4
IF_NAME, IF_TSRESOL, IF_FILTER, IF_FCSLEN, IF_TSOFFSET = 2, 9, 11, 13, 14
ISB_RECEIVED, ISB_DROPPED = 4, 5
RESOLUTIONS = {10 ** (9 - digits): digits for digits in range(10)}
"""Length of a tick, ns -> decimal digits of a second."""
BEFORE_1970_S = -4_611_686_017
"""``if_tsoffset`` where stamps lie before 1970: the earliest that is read."""


@attrs.define
class PcapngWriter:
    """Writes one file; ``finish`` once all chunks are in."""

    file: BinaryIO
    comment: str
    numbers: dict[int, int] = attrs.field(factory=dict)
    """Index of an interface in the chunks -> its number in the file."""
    offsets_s: list[int] = attrs.field(factory=list)
    ticks_ns: list[int] = attrs.field(factory=list)
    interfaces: tuple[Interface, ...] = ()
    is_begun: bool = False
    is_early: bool = False
    """The chunk holds stamps before 1970."""
    first: int | None = None
    """Index of the interface that the section describes first; None = whichever comes."""
    last_ns: int = 0

    def add(self, chunk: FrameChunk) -> None:
        """Write the frames of a chunk, and interfaces that are new in it."""
        begin = 0
        for row, interface in self._untimed(chunk):
            if row > begin:
                self._add(attrs.evolve(chunk, columns=take(chunk.columns, slice(begin, row))))
            if self.numbers:
                self.numbers, self.offsets_s, self.ticks_ns, self.is_begun = {}, [], [], False
            self.first, begin = interface, row
        self._add(attrs.evolve(chunk, columns=take(chunk.columns, slice(begin, None))) if begin else chunk)

    def _untimed(self, chunk: FrameChunk) -> list[tuple[int, int]]:
        """Return the rows without a time whose interface is not the first of their section, and that interface."""
        rows = np.flatnonzero(chunk.columns.ts_ns == NO_TIME)
        if len(rows) == 0:
            return []
        own = np.array([one.parent if one.parent >= 0 else at for at, one in enumerate(chunk.interfaces)], np.int64)
        is_packet = np.array([one.link_type != NO_PACKET_LINK for one in chunk.interfaces], np.bool_)
        rows = rows[is_packet[chunk.columns.interface[rows]]]
        described = np.flatnonzero(is_packet & (own == np.arange(len(own))))
        found, first = [], next(iter([*self.numbers, *described.tolist()]), None)
        for row, interface in zip(rows.tolist(), own[chunk.columns.interface[rows]].tolist(), strict=True):
            if interface != first:
                found.append((row, interface))
            first = interface
        return found

    def _add(self, chunk: FrameChunk) -> None:
        self._begin()
        self.interfaces = chunk.interfaces
        columns = chunk.columns
        own = self._described(chunk)
        interface = own[columns.interface] if len(own) else np.zeros(0, np.int64)
        ticks = self._ticks(columns.ts_ns, interface)
        size = np.zeros(len(chunk), np.int64)
        interface, ticks = frozen(interface, np.int64), frozen(ticks, np.int64)
        total = int(sizes_of(columns.cap_len, ticks, interface, size))
        out = np.empty(total, np.uint8)
        put_blocks(
            frozen(chunk.data),
            columns.offset,
            columns.cap_len,
            columns.wire_len,
            ticks,
            interface,
            frozen(size),
            out,
        )
        self.file.write(out.tobytes())
        stamps = columns.ts_ns[columns.ts_ns != NO_TIME]
        self.last_ns = max(self.last_ns, int(stamps.max(initial=0)))

    def finish(self) -> None:
        """Write the counters of the interfaces."""
        self._begin()
        for index, interface in enumerate(self.interfaces):
            options = []
            if interface.received is not None:
                options.append((ISB_RECEIVED, struct.pack("<Q", interface.received)))
            if interface.dropped is not None:
                options.append((ISB_DROPPED, struct.pack("<Q", interface.dropped)))
            if options and interface.parent < 0 and interface.link_type != NO_PACKET_LINK:
                number = self._number(index)
                stamp = (self.last_ns // self.ticks_ns[number]) - self.offsets_s[number] * 10**9 // self.ticks_ns[
                    number
                ]
                body = struct.pack("<III", number, stamp >> 32 & 0xFFFFFFFF, stamp & 0xFFFFFFFF)
                self.file.write(_block(STATISTICS, body + _options(options)))

    def _begin(self) -> None:
        if self.is_begun:
            return
        self.is_begun = True
        said = [(COMMENT, self.comment.encode()), (USERAPPL, f"correlate {__version__}".encode())]
        self.file.write(_block(SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _options(said)))

    def _described(self, chunk: FrameChunk) -> I64:
        """Return the number in the file of each interface of the chunk, describing those that are new."""
        stamps = chunk.columns.ts_ns
        self.is_early = bool(((stamps < 0) & (stamps != NO_TIME)).any())
        found = np.full(len(chunk.interfaces), NO_PACKET, np.int64)
        if self.first is not None:
            self._number(self.first)
        for index, interface in enumerate(chunk.interfaces):
            if interface.parent < 0 and interface.link_type != NO_PACKET_LINK:
                found[index] = self._number(index)
        for index, interface in enumerate(chunk.interfaces):
            if interface.parent >= 0:
                found[index] = found[interface.parent]
        return found

    def _number(self, index: int) -> int:
        """Return the number in its section of an interface, describing it if it is new there."""
        if index not in self.numbers:
            interface = self.interfaces[index]
            self.numbers[index] = len(self.offsets_s)
            self.offsets_s.append(BEFORE_1970_S if self.is_early else 0)
            self.ticks_ns.append(interface.tick_ns if interface.tick_ns in RESOLUTIONS else 1)
            self.file.write(self._description(interface))
        return self.numbers[index]

    def _description(self, interface: Interface) -> bytes:
        """Return the Interface Description Block of the interface described last."""
        options = [(IF_TSRESOL, bytes([RESOLUTIONS[self.ticks_ns[-1]]]))]
        if interface.name:
            options.insert(0, (IF_NAME, interface.name.encode()))
        if interface.capture_filter:
            options.append((IF_FILTER, b"\0" + interface.capture_filter.encode()))
        if interface.fcs_len:
            options.append((IF_FCSLEN, bytes([min(interface.fcs_len, 255)])))
        if self.offsets_s[-1]:
            options.append((IF_TSOFFSET, struct.pack("<q", self.offsets_s[-1])))
        # Damaged headers of other formats claim link types that the field cannot hold.
        body = struct.pack("<HHI", min(interface.link_type, NO_LINK), 0, min(interface.snaplen, 0xFFFFFFFF))
        return _block(DESCRIPTION, body + _options(options))

    def _ticks(self, stamps: I64, interface: I64) -> I64:
        """Return stamps as ticks of their interfaces; what no offset reaches is cut to the earliest."""
        if not self.ticks_ns:
            return stamps
        tick = np.array([*self.ticks_ns, 1], np.int64)[interface]
        start = np.array([*self.offsets_s, 0], np.int64)[interface] * (10**9 // tick)
        ticks = np.maximum(stamps // tick - start, 0)
        return np.where(stamps == NO_TIME, NO_TIME, ticks)


def _block(kind: int, body: bytes) -> bytes:
    padded = body + bytes(-len(body) % 4)
    length = struct.pack("<I", len(padded) + 12)
    return struct.pack("<I", kind) + length + padded + length


def _options(options: Sequence[tuple[int, bytes]]) -> bytes:
    parts = [struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4) for code, value in options if value]
    return b"".join(parts) + bytes(4) if parts else b""
