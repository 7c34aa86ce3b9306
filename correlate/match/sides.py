"""One vantage as the matcher sees it.

**In:** packets, flows and fingerprints of a vantage. **Out:** ``Side``; ``Sights``, the part of it that is matched now.
**Method:** times count from the capture's first frame, so that float64 keeps nanoseconds and no clock is ever compared
with another.
**Not here:** decisions; rewritten sequence numbers (``numbering.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs
import numpy as np

from correlate.model.arrays import F64, I32, I64, Bool
from correlate.model.fingerprints import Fingerprints
from correlate.model.flows import FlowTable
from correlate.model.packets import TCP, ChecksumState, PacketFlag, PacketTable


class Elapsed:
    """Nanoseconds since the first stamped frame, made of the stamps of those rows that are asked for."""

    def __init__(self, stamps: I64, base: int) -> None:
        self._stamps, self._base = stamps, base

    def __getitem__(self, at: Any) -> F64:
        since: I64 = self._stamps[at] - self._base
        return since.astype(np.float64)

    @property
    def span(self) -> float:
        """Of all rows."""
        return float(self._stamps.max(initial=self._base) - self._base)


@attrs.frozen(kw_only=True)
class Side:
    """A vantage: its tables and what is derived once for all pairs."""

    packets: PacketTable
    flows: FlowTable
    prints: Fingerprints
    time: Elapsed
    """A frame without stamp has that of the frame before it."""
    is_copy: Bool
    """Further sightings within the capture; they take no part in matching."""
    fetch: Callable[[I64], list[bytes]] | None = None
    """Reads frames of rows again; None = they cannot be read."""

    def __len__(self) -> int:
        return len(self.packets)


_FIRST_BYTES = 32
"""What ``head_digest`` covers where there is as much."""


class Sights:
    """Packets of one side that may still find a partner, one row each; a column is gathered when it is asked for.

    Most packets find theirs by few columns: all of them together would be 180 bytes per packet, and memory that is
    touched first costs more time than what is done with it.
    """

    row: I64
    block: I64
    """Joined flow * 2 + 1 if outbound; of all packets of a vantage as 32 bits, which fewer of them do not stay."""
    time: F64
    ident: I64
    is_telling: Bool
    seq: I64
    ack: I64
    shape: I64
    body: I64
    stamp: I64
    detail: I64
    sack: I64
    sack_left: I64
    sack_right: I64
    length: I32
    head: I64
    first: I64
    """Hash of the first 32 bytes of payload, whatever its length; 0 = fewer, or not captured."""
    is_bare: Bool
    is_syn: Bool
    is_tcp: Bool
    is_wrong: Bool
    """Its transport checksum is wrong."""
    exact: I64
    total: I64
    whole: I64
    """Hash of the whole payload; 0 = not all captured."""
    growth: I64
    """Bytes that the other side's numbers leave for this payload beyond its length: what a gateway put in."""
    is_part: Bool
    """A fragment."""
    is_unfinished: Bool
    """The card was still to write its checksum: it may have cut it as well."""

    def __init__(self, side: Side, row: I64, block: I64) -> None:
        self._side, self.row, self.block = side, row, block
        self._changed: tuple[str, ...] = ()
        """Columns that are no longer those of the side."""

    def __len__(self) -> int:
        return len(self.row)

    def __getattr__(self, name: str) -> Any:
        gather = _GATHER.get(name)
        if gather is None and name.startswith("_"):
            raise AttributeError(name)
        column = gather(self._side, self.row) if gather else self._side.prints.at(name, self.row)
        self.__dict__[name] = column
        return column

    @property
    def side(self) -> Side:
        """The side whose packets these are."""
        return self._side

    def are_changed(self, names: Iterable[str]) -> bool:
        """Tell whether any of these columns is no longer that of the side."""
        return not set(names).isdisjoint(self._changed)

    def take(self, at: Any) -> Sights:
        """Return the sights at positions, or those of a mask."""
        part = Sights(self._side, self.row[at], self.block[at].astype(np.int64, copy=False))
        return part.but(**{name: self.__dict__[name][at] for name in self._changed})

    def narrowed(self, at: Any) -> Sights:
        """Return the same as ``take``, with every column that was asked for already: they will be asked for again."""
        part = Sights(self._side, self.row[at], self.block[at].astype(np.int64, copy=False))
        part.__dict__.update({name: self.__dict__[name][at] for name in self.__dict__ if name not in _OWN})
        part._changed = self._changed
        return part

    def but(self, **columns: Any) -> Sights:
        """Return the sights with other columns."""
        other = Sights(self._side, self.row, self.block)
        other.__dict__.update(self.__dict__ | columns)
        other._changed = tuple(dict.fromkeys((*self._changed, *columns)))
        return other

    def merged(self, at: I64, some: Sights) -> Sights:
        """Return the sights with what was changed in ``some``, which were taken at these positions, ascending."""
        if len(at) == len(self):
            return self.but(**{name: getattr(some, name) for name in some._changed})
        columns = {name: np.array(getattr(self, name)) for name in some._changed}
        for name, column in columns.items():
            column[at] = getattr(some, name)
        return self.but(**columns)


def _is_tcp(side: Side, rows: I64) -> Bool:
    columns = side.packets.columns
    is_error = (columns.flags[rows] & PacketFlag.ICMP_ERROR) != 0
    return np.asarray((columns.proto[rows] == TCP) & ~is_error)


def _whole(side: Side, rows: I64) -> I64:
    columns = side.packets.columns
    length = columns.payload_len[rows]
    is_whole = (columns.payload_cap[rows] == length) & (length > 0)
    is_whole &= (columns.flags[rows] & PacketFlag.ICMP_ERROR) == 0
    return np.where(is_whole, columns.digest[rows] | 1, 0)


def _first(side: Side, rows: I64) -> I64:
    columns = side.packets.columns
    return np.where(columns.payload_len[rows] >= _FIRST_BYTES, columns.head_digest[rows], 0)


_OWN = ("_side", "_changed", "row", "block")
"""Attributes of ``Sights`` that are no gathered columns."""

_GATHER: dict[str, Callable[[Side, I64], Any]] = {
    "time": lambda side, rows: side.time[rows],
    "sack_left": lambda side, rows: side.packets.columns.sack_left[rows].astype(np.int64),
    "sack_right": lambda side, rows: side.packets.columns.sack_right[rows].astype(np.int64),
    "first": _first,
    "is_tcp": _is_tcp,
    "is_syn": lambda side, rows: _is_tcp(side, rows) & ((side.packets.columns.tcp_flags[rows] & 2) != 0),
    "whole": _whole,
    "growth": lambda _side, rows: np.zeros(len(rows), np.int64),
    "is_part": lambda side, rows: (side.packets.columns.flags[rows] & PacketFlag.FRAGMENT) != 0,
    "is_unfinished": lambda side, rows: side.packets.columns.l4_csum_state[rows] == ChecksumState.PARTIAL,
}
"""How columns are made that are no fingerprints."""


def elapsed(packets: PacketTable) -> Elapsed:
    """Return the time of each packet since the first stamped one."""
    columns = packets.columns
    has_time = (columns.flags & PacketFlag.NO_TIME) == 0
    if not has_time.any():
        return Elapsed(np.zeros(len(packets), np.int64), 0)
    if has_time.all():
        return Elapsed(columns.ts_ns, int(columns.ts_ns.min()))
    stamped = np.maximum.accumulate(np.where(has_time, np.arange(len(packets)), -1))
    base = columns.ts_ns[has_time].min()
    since = np.where(has_time, columns.ts_ns, base) - base
    return Elapsed(np.where(stamped >= 0, since[np.maximum(stamped, 0)], 0), 0)


def blind(sights: Sights) -> Sights:
    """Return the sights without what depends on payload bytes."""
    nothing = np.zeros(len(sights.row), np.int64)
    return sights.but(head=nothing, first=nothing, total=nothing, whole=nothing)
