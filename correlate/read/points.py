"""Capture points within one interface of a file: where a frame itself says which interface of the host saw it.

In: rows of a step with the interfaces that the file describes. Out: rows whose interfaces are the capture points.
Method: Linux cooked captures of version 2 (``-i any``) carry the kernel's interface index in every frame
(tcpdump.org/linktypes, LINKTYPE_LINUX_SLL2); Check Point's ``fw monitor`` writes stage and interface over the Ethernet
addresses (``i`` ``I`` ``o`` ``O``: before and after inspection, inbound and outbound); no card's address looks so.
Points are numbered by their first frame; there are few of them, or they are not believed.
Not here: which points are vantages of their own (``correlate/split.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.model.arrays import I64, U8, Bool, frozen
from correlate.model.frames import FrameColumns, Interface
from correlate.read.steps import in_order
from correlate.wire.linktypes import ETHERNET, LINUX_SLL2

MAX_POINTS = 256
"""Points believed in one file; frames of further ones stay with the interface of the file."""

FIRST = np.frombuffer(b"iIoOeE", np.uint8)
IS_FIRST = np.isin(np.arange(256), FIRST)
"""Per byte: it may begin a stage's header."""
IS_PLACE = (np.arange(256) > 0x20) & (np.arange(256) < 0x7F)
"""Per byte: it may be the place in the chain."""
IS_LETTER = (np.arange(256) >= ord("A")) & (np.arange(256) <= ord("z"))
"""Per byte: it may begin the name of an interface."""
IP = (0x0800, 0x86DD)
"""EtherTypes; ``fw monitor`` sees IP only."""
STAGE_HEADER = 12
NAME_BYTES = 10
"""``fw monitor``: stage, place in the chain, name of the interface filled up with zeros."""


@attrs.define
class Points:
    """The capture points of one file, as far as they are known."""

    interfaces: list[Interface] = attrs.field(factory=list)
    """What chunks tell: interfaces of the file and points within them, in the order met."""
    places: dict[tuple[int, bytes], int] = attrs.field(factory=dict)
    """(interface of the file, point within it; empty = the interface itself) -> index in ``interfaces``."""

    def refine(self, data: U8, columns: FrameColumns, described: Sequence[Interface]) -> FrameColumns:
        """Return the rows with ``interface`` an index into ``self.interfaces``."""
        self._follow(described)
        # Until a point is met the numbers are the same.
        is_plain = len(self.interfaces) == len(described)
        is_ethernet = np.array([one.link_type == ETHERNET for one in described], np.bool_)
        rows, headers = _stages(data, columns, is_ethernet)
        if is_plain and not len(rows) and not any(one.link_type == LINUX_SLL2 for one in described):
            return columns
        own = np.array([self.places[index, b""] for index in range(len(described))], np.int32)
        found = own[columns.interface] if len(columns.interface) else columns.interface.copy()
        for index in in_order(columns.interface):
            if described[index].link_type == LINUX_SLL2:
                self._split_cooked(data, columns, index, described[index], found)
        for index in in_order(columns.interface[rows]):
            of_index = columns.interface[rows] == index
            self._split_stages(rows[of_index], headers[of_index], index, described[index], found)
        return columns._replace(interface=frozen(found, np.int32))

    def _follow(self, described: Sequence[Interface]) -> None:
        """Take over interfaces that are new, and counters that were completed."""
        for index, interface in enumerate(described):
            place = self.places.setdefault((index, b""), len(self.interfaces))
            if place == len(self.interfaces):
                self.interfaces.append(interface)
            elif self.interfaces[place] != interface:
                self.interfaces[place] = interface
                for child, one in enumerate(self.interfaces):
                    if one.parent == place:
                        self.interfaces[child] = attrs.evolve(one, dropped=0 if interface.dropped == 0 else None)

    def _split_cooked(
        self, data: U8, columns: FrameColumns, index: int, interface: Interface, found: NDArray[Any]
    ) -> None:
        rows = np.flatnonzero((columns.interface == index) & (columns.cap_len >= 8))
        at = columns.offset[rows]
        number = np.zeros(len(rows), np.int64)
        for byte in range(4, 8):
            number = (number << 8) | data[at + byte]
        for value in in_order(number):
            if self._is_believed(index, b"%d" % value):
                found[rows[number == value]] = self._place(index, b"%d" % value, interface, str(value))

    def _split_stages(
        self, rows: I64, header: NDArray[Any], index: int, interface: Interface, found: NDArray[Any]
    ) -> None:
        _values, number = np.unique(header, axis=0, return_inverse=True)
        number = number.reshape(-1)
        for value in in_order(number):
            chosen = number == value
            mark = header[np.flatnonzero(chosen)[0]].tobytes()
            if not self._is_believed(index, mark):
                continue
            name = f"{mark[2:].rstrip(bytes(1)).decode('ascii')}.{chr(mark[0])}"
            found[rows[chosen]] = self._place(index, mark, attrs.evolve(interface, is_stage=True), name)

    def _is_believed(self, index: int, mark: bytes) -> bool:
        """Tell whether a point is known or there is room for it; frames of others stay with the interface."""
        return (index, mark) in self.places or len(self.interfaces) < MAX_POINTS

    def _place(self, index: int, mark: bytes, interface: Interface, name: str) -> int:
        """Return the index of a point, new or known."""
        if (index, mark) not in self.places:
            self.places[index, mark] = len(self.interfaces)
            # What the file counts is not counted per point; only that nothing was dropped holds for each.
            dropped = 0 if interface.dropped == 0 else None
            self.interfaces.append(
                attrs.evolve(interface, name=name, parent=self.places[index, b""], received=None, dropped=dropped)
            )
        return self.places[index, mark]


def _stages(data: U8, columns: FrameColumns, is_ethernet: Bool) -> tuple[I64, NDArray[Any]]:
    """Return the rows whose Ethernet addresses are a stage, and what stands there without the place in the chain."""
    if not is_ethernet.any() or not len(columns.interface) or not len(data):
        return np.zeros(0, np.int64), np.zeros((0, STAGE_HEADER), np.uint8)
    # Three bytes tell nearly every other frame apart, and cost little; of a frame without bytes it is one behind it.
    rows = np.flatnonzero(IS_FIRST[data.take(columns.offset, mode="clip")])
    rows = rows[columns.cap_len[rows] >= STAGE_HEADER + 2]
    rows = rows[is_ethernet[columns.interface[rows]]]
    for place, may_be in ((1, IS_PLACE), (2, IS_LETTER)):
        rows = rows[may_be[data[columns.offset[rows] + place]]]
    if not len(rows):
        return np.zeros(0, np.int64), np.zeros((0, STAGE_HEADER), np.uint8)
    header = data[columns.offset[rows][:, None] + np.arange(STAGE_HEADER + 2)]
    is_stage = _is_stage_header(header)
    rows, header = rows[is_stage], np.ascontiguousarray(header[is_stage, :STAGE_HEADER])
    header[:, 1] = 0
    return rows, header


def _is_stage_header(header: NDArray[np.uint8]) -> Bool:
    """Tell which rows of 14 bytes are stage, printable place, a name that zeros fill up, and the EtherType of IP."""
    name = header[:, 2:STAGE_HEADER]
    is_text = (name > 0x20) & (name < 0x7F)
    length = is_text.sum(axis=1)
    # Text first, zeros behind it.
    is_name = (length > 0) & ((name == 0).sum(axis=1) == NAME_BYTES - length)
    is_name &= (is_text == (np.arange(NAME_BYTES) < length[:, None])).all(axis=1)
    is_ip = np.isin(header[:, 12].astype(np.int64) << 8 | header[:, 13], IP)
    return np.asarray(is_ip & IS_PLACE[header[:, 1]] & is_name & IS_LETTER[header[:, 2]])
