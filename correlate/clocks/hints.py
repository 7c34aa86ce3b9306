"""Time protocols that crossed the vantages: what they say, as remarks.

In: packets of every vantage and a function that reads frames again. Out: ``ClockNote`` per vantage and server.
Method: a few hundred packets of NTP and PTP ports are read again, the rest is theirs (``ntp.py``, ``ptp.py``). It is
evidence beside the causal bounds and never in their place: nothing proves that a server is right.
Not here: bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address

import numpy as np

from correlate.clocks.ntp import Datagram, TimeHint, ntp_hints
from correlate.clocks.ptp import ptp_hints
from correlate.model.arrays import I64
from correlate.model.clocks import ClockNote
from correlate.model.packets import UDP, PacketFlag, PacketTable

NTP_PORTS = (123,)
PTP_PORTS = (319, 320)

MOST_READ = 400
"""Packets read again per vantage and protocol: the last ones, where clocks had time to settle."""

MOST_TOLD = 3
"""Servers told per vantage and protocol."""


def find_time_hints(packets: Sequence[PacketTable], fetch: Callable[[int, I64], list[bytes]]) -> tuple[ClockNote, ...]:
    """Return what NTP and PTP say of each capture's clock; ``fetch(vantage, rows)`` reads raw frames."""
    notes = []
    for vantage, table in enumerate(packets):
        for name, ports, hints_of in (("NTP", NTP_PORTS, ntp_hints), ("PTP", PTP_PORTS, ptp_hints)):
            rows = _rows(table, ports)
            if not len(rows):
                continue
            hints = hints_of(_datagrams(table, rows, fetch(vantage, rows)))
            notes += [ClockNote(vantages=(vantage,), text=_sentence(name, hint)) for hint in hints[:MOST_TOLD]]
    return tuple(notes)


def _rows(table: PacketTable, ports: Sequence[int]) -> I64:
    """Return the last packets from or to these UDP ports, in record order."""
    tuples = table.tuples
    is_wanted = (tuples.proto == UDP) & (np.isin(tuples.sport, ports) | np.isin(tuples.dport, ports))
    if not is_wanted.any():
        return np.zeros(0, np.int64)
    flags = table.columns.flags
    is_whole = ((flags & PacketFlag.TRANSPORT) != 0) & ((flags & (PacketFlag.NO_TIME | PacketFlag.ICMP_ERROR)) == 0)
    return np.flatnonzero(is_wanted[table.columns.tuple_id] & is_whole)[-MOST_READ:]


def _datagrams(table: PacketTable, rows: I64, frames: Sequence[bytes]) -> list[Datagram]:
    columns = table.columns
    found = []
    for row, data in zip(rows.tolist(), frames, strict=True):
        start, size = int(columns.payload_offset[row]), int(columns.payload_cap[row])
        source, destination = (_address(table, row, is_source=is_source) for is_source in (True, False))
        found.append(Datagram(int(columns.ts_ns[row]), source, destination, data[start : start + size]))
    return found


def _address(table: PacketTable, row: int, *, is_source: bool) -> str:
    at = int(table.columns.tuple_id[row])
    raw = bytes((table.tuples.src if is_source else table.tuples.dst)[at])
    return str(IPv4Address(raw[-4:]) if table.tuples.version[at] == 4 else IPv6Address(raw))


def _sentence(protocol: str, hint: TimeHint) -> str:
    who = f"{protocol} {'server' if protocol == 'NTP' else 'master'} {hint.server}"
    if hint.lo_ns is None or hint.hi_ns is None:
        bound = hint.hi_ns if hint.lo_ns is None else hint.lo_ns
        span = f"at {'most' if hint.lo_ns is None else 'least'} {_signed(bound or 0)}"
    else:
        span = f"between {_signed(hint.lo_ns)} and {_signed(hint.hi_ns)}"
    return f"{who} puts this clock {span} against its own ({hint.seen} seen; not used for bounds)"


def _signed(ns: int) -> str:
    """Return ``+1.250 ms``: seconds from 10 s on, else ms."""
    return f"{ns / 1e9:+.3f} s" if abs(ns) >= 10**10 else f"{ns / 1e6:+.3f} ms"
