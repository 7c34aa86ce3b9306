"""Which packets a run is asked about.

**In:** a ``Scope``, all tables up to the trajectories. **Out:** a mask over the packets of the TrajectoryTable.
**Method:** a packet is kept as a whole, at every vantage, or not at all. A display filter is asked of every sighting,
and of each as the other vantages see its flow: behind a NAT a packet that only the outside holds is still found by its
inside address. Times are on the reference clock; a packet lies where it was first seen. Everything was judged
before on all packets, so leaving packets out takes no evidence away.
**Not here:** cutting the tables (``restrict.py``).
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Sequence

import attrs
import numpy as np

from correlate.errors import UsageError
from correlate.model.arrays import I64, Bool
from correlate.model.flows import FlowTable, JoinedFlows
from correlate.model.packets import ICMP, ICMPV6, PacketTable, TupleColumns
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable
from correlate.scope.display import DisplayFilter

ECHOES = ((ICMP, (0, 8)), (ICMPV6, (128, 129)))

_FLOW = re.compile(r"(?P<proto>tcp|udp|sctp),(?P<one>[^,]+),(?P<other>[^,]+)", re.IGNORECASE)
_PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}


@attrs.frozen(kw_only=True)
class Scope:
    """What was asked; nothing means everything."""

    display: DisplayFilter | None = None
    kept_frames: tuple[Bool, ...] | None = None
    """Per vantage, per row: the capture filter keeps it."""
    flow: str | None = None
    """A flow's number in the report, or ``tcp,ADDRESS:PORT,ADDRESS:PORT``."""
    is_part: bool = False
    """The tables are a part of larger captures: the flow may lie in others."""
    since: str | None = None
    until: str | None = None
    pings: tuple[int, int] | None = None
    """Payload bytes of the pings that open and close the time."""

    @property
    def is_everything(self) -> bool:
        """Nothing is left out."""
        return self == Scope()


@attrs.frozen(kw_only=True)
class Everything:
    """The tables a choice may look at."""

    packets: Sequence[PacketTable]
    flows: Sequence[FlowTable]
    joined: JoinedFlows
    path: Path
    trajectories: TrajectoryTable


def select_packets(scope: Scope, tables: Everything) -> Bool:
    """Return which packets of the TrajectoryTable the scope keeps.

    Raises
    ------
    UsageError
        If a flow, a time or a ping that the scope names is not there.
    """
    kept = np.ones(len(tables.trajectories), np.bool_)
    if scope.display is not None:
        kept &= _satisfying(scope.display, tables)
    if scope.kept_frames is not None:
        kept &= _in_frames(scope.kept_frames, tables)
    if scope.flow is not None:
        kept &= _of_flow(scope.flow, tables, is_part=scope.is_part)
    first = _first_times(tables.trajectories)
    if scope.since is not None or scope.until is not None:
        begin = int(first.min()) if len(first) else 0
        low = read_time("--from", scope.since, begin) if scope.since is not None else None
        high = read_time("--to", scope.until, begin) if scope.until is not None else None
        if low is not None and high is not None and high < low:
            raise UsageError(where="--to", what="it is before --from", advice="Swap them.")
        kept &= (first >= low) if low is not None else True
        kept &= (first <= high) if high is not None else True
    if scope.pings is not None:
        low, high = _between_pings(scope.pings, tables)
        kept &= (first >= low) & (first <= high)
    return kept


def _first_times(table: TrajectoryTable) -> I64:
    """Return each packet's first time on the reference clock."""
    never = np.iinfo(np.int64).max
    return np.asarray(np.where(table.rows >= 0, table.time_ns, never).min(axis=1, initial=never), np.int64)


def _satisfying(display: DisplayFilter, tables: Everything) -> Bool:
    found = np.zeros(len(tables.trajectories), np.bool_)
    for place, vantage in enumerate(tables.path.order):
        packets = tables.packets[vantage]
        satisfied = display.satisfied_by(packets, packets.columns.tuple_id.astype(np.int64))
        for other in tables.path.order:
            if other != vantage:
                satisfied |= _as_seen_from(display, tables, vantage, other)
        rows = tables.trajectories.rows[:, place]
        found |= (rows >= 0) & satisfied[np.maximum(rows, 0)] if len(packets) else False
    return found


def _as_seen_from(display: DisplayFilter, tables: Everything, vantage: int, other: int) -> Bool:
    """Ask the filter of one vantage's packets with the addresses and ports that another one gives their flows."""
    mine, theirs = tables.packets[vantage], tables.packets[other]
    of_packet = tables.flows[vantage].of_packet
    joined = tables.joined.of_flow[vantage][of_packet]
    member = tables.joined.member[joined, other]
    known = np.flatnonzero(member >= 0)
    answer = np.zeros(len(mine), np.bool_)
    if len(known) == 0:
        return answer
    is_out = tables.flows[vantage].is_outbound ^ tables.joined.is_swapped[vantage][of_packet]
    of_other = np.maximum(member, 0)
    is_there_out = is_out ^ tables.joined.is_swapped[other][of_other]
    columns = tables.flows[other].columns
    tuple_id = np.where(is_there_out, columns.tuple_out[of_other], columns.tuple_back[of_other]).astype(np.int64)
    known = known[tuple_id[known] >= 0]
    borrowed = attrs.evolve(mine, tuples=theirs.tuples)
    satisfied = display.satisfied_by(borrowed, np.maximum(np.where(member >= 0, tuple_id, 0), 0))
    answer[known] = satisfied[known]
    return answer


def _in_frames(kept_frames: Sequence[Bool], tables: Everything) -> Bool:
    found = np.zeros(len(tables.trajectories), np.bool_)
    for place, vantage in enumerate(tables.path.order):
        rows = tables.trajectories.rows[:, place]
        if len(kept_frames[vantage]):
            found |= (rows >= 0) & kept_frames[vantage][np.maximum(rows, 0)]
    return found


def flow_ends(text: str) -> tuple[int, tuple[bytes, int], tuple[bytes, int]]:
    """Return the protocol and both ends (16 bytes of address, port) of a flow as ``--flow`` names it.

    Raises
    ------
    UsageError
        If it is not written so.
    """
    match = _FLOW.fullmatch(text)
    if match is None:
        raise UsageError(
            where=f"--flow {text}",
            what="neither a number nor a 5-tuple",
            advice="Write it as tcp,10.0.0.1:40000,10.0.0.2:443 (IPv6 in brackets).",
        )
    return _PROTOCOLS[match["proto"].lower()], _end(text, match["one"]), _end(text, match["other"])


def no_such_flow(text: str) -> UsageError:
    """Return the error for a flow that nobody holds."""
    return UsageError(where=f"--flow {text}", what="no capture holds this flow", advice="See flows in --json.")


def _of_flow(text: str, tables: Everything, *, is_part: bool) -> Bool:
    flow = tables.trajectories.flow
    if text.isdecimal():
        if int(text) >= len(tables.joined):
            what = f"there are flows 0 to {len(tables.joined) - 1}"
            raise UsageError(where=f"--flow {text}", what=what, advice="See flows in --json.")
        return np.asarray(flow == int(text), np.bool_)
    proto, *ends = flow_ends(text)
    is_wanted = np.zeros(len(tables.joined), np.bool_)
    for vantage, packets in enumerate(tables.packets):
        tuples = packets.tuples
        ways = [_is_tuple(tuples, source, target) & (tuples.proto == proto) for source, target in (ends, ends[::-1])]
        rows = np.flatnonzero((ways[0] | ways[1])[packets.columns.tuple_id])
        is_wanted[tables.joined.of_flow[vantage][tables.flows[vantage].of_packet[rows]]] = True
    if not is_wanted.any() and not is_part:
        raise no_such_flow(text)
    return np.asarray(is_wanted[flow], np.bool_)


def _is_tuple(tuples: TupleColumns, source: tuple[bytes, int], target: tuple[bytes, int]) -> Bool:
    found = np.ones(len(tuples.sport), np.bool_)
    for (address, port), raw, ports in (
        (source, tuples.src, tuples.sport),
        (target, tuples.dst, tuples.dport),
    ):
        found &= (raw == np.frombuffer(address, np.uint8)).all(axis=1) & (ports == port)
    return found


def _end(text: str, end: str) -> tuple[bytes, int]:
    host, _, port = end.rpartition(":")
    try:
        address = ipaddress.ip_address(host.strip("[]")).packed
        return address.rjust(16, b"\0"), int(port)
    except ValueError:
        advice = "Write 10.0.0.1:443 or [2001:db8::1]:443."
        raise UsageError(where=f"--flow {text}", what=f"'{end}' is not ADDRESS:PORT", advice=advice) from None


def read_time(option: str, text: str, begin_ns: int) -> int:
    """Return a time in ns since 1970 (UTC).

    ``+12.5``: seconds after the first packet; a number: seconds since 1970; ``14:33:20``: that time of the first
    packet's day; ``2012-05-01T14:33:20.5``: a date and time.

    >>> read_time("--from", "+1.5", 1_000_000_000)
    2500000000
    >>> read_time("--to", "1970-01-01T00:00:07", 0)
    7000000000
    """
    try:
        if re.fullmatch(r"\+?\d+(\.\d+)?", text):
            whole, _, part = text.lstrip("+").partition(".")
            value = int(whole) * 10**9 + int(part[:9].ljust(9, "0"))
            return begin_ns + value if text.startswith("+") else value
        moment, _, part = text.replace(" ", "T").rstrip("Z").partition(".")
        day = dt.datetime.fromtimestamp(begin_ns // 10**9, dt.UTC).date()
        when = dt.datetime.fromisoformat(moment if "T" in moment else f"{day}T{moment}")
        when = when if when.tzinfo else when.replace(tzinfo=dt.UTC)
        return int(when.timestamp()) * 10**9 + int(part[:9].ljust(9, "0") or 0)
    except (ValueError, OverflowError):
        raise UsageError(
            where=f"{option} {text}",
            what="not a time",
            advice="Write +SECONDS, seconds since 1970, HH:MM:SS or YYYY-MM-DDTHH:MM:SS (UTC).",
        ) from None


def _between_pings(sizes: tuple[int, int], tables: Everything) -> tuple[int, int]:
    """Return when the first ping of one size and the last of the other, after it, were first seen."""
    first = _first_times(tables.trajectories)
    times = [np.sort(first[_pings_of(size, tables)]) for size in sizes]
    for size, found in zip(sizes, times, strict=True):
        if len(found) == 0:
            raise UsageError(
                where=f"--between-pings {sizes[0]},{sizes[1]}",
                what=f"no capture holds a ping of {size} bytes",
                advice="Give the bytes of data in the echo: ping -s 22 sends 22 (IP length 50).",
            )
    if times[1][-1] < times[0][0]:
        raise UsageError(
            where=f"--between-pings {sizes[0]},{sizes[1]}",
            what=f"every ping of {sizes[1]} bytes comes before the first of {sizes[0]}",
            advice="Swap them.",
        )
    return int(times[0][0]), int(times[1][-1])


def _pings_of(size: int, tables: Everything) -> Bool:
    found = np.zeros(len(tables.trajectories), np.bool_)
    for place, vantage in enumerate(tables.path.order):
        columns = tables.packets[vantage].columns
        is_ping = np.zeros(len(columns.proto), np.bool_)
        for proto, kinds in ECHOES:
            is_ping |= (columns.proto == proto) & np.isin(columns.icmp_type, kinds) & (columns.payload_len == size)
        rows = tables.trajectories.rows[:, place]
        if len(is_ping):
            found |= (rows >= 0) & is_ping[np.maximum(rows, 0)]
    return found
