"""Packets of every flow in the order in which one vantage recorded them.

In: packet tables, path, trajectories. Out: ``Timeline``: columns sorted by (flow, row).
Method: one sort (of many packets: two counting sorts, ``timeline_kernel.py``); every later question (who acknowledged
whom, who spoke after whom) looks at neighbours or joins keys. Columns are as narrow as the packets': whoever shifts or
adds widens them first.
Not here: the questions (``exchanges.py``, ``transactions.py``, ``hosts.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from correlate.metrics.timeline_kernel import chain_rows, fill_timeline
from correlate.metrics.worth import is_worth_a_kernel
from correlate.model.arrays import I32, I64, U8, U16, U32, Bool, concatenate, freeze, frozen, take
from correlate.model.ordering import stable_order
from correlate.model.packets import TCP, PacketColumns, PacketFlag, PacketTable
from correlate.model.path import Direction, Path
from correlate.model.trajectories import TrajectoryTable
from correlate.parallel import two_at_a_time

FIN, SYN, RST, ACK = 1, 2, 4, 16
HOME_SHARE = 0.75
"""A place that saw this share of what the best place saw of a flow may be its home: what it lacks was lost on the
way, or missed here and there, not filtered."""


class Timeline(NamedTuple):
    """One entry per packet, sorted by flow and then as recorded; all from one vantage per flow."""

    packet: I64
    """Row of the TrajectoryTable."""
    flow: I64
    is_outbound: Bool
    is_forward: Bool
    ts_ns: I64
    """That vantage's own clock."""
    proto: U8
    is_error: Bool
    """ICMP error."""
    icmp_type: U8
    tcp_flags: U16
    """0 unless TCP."""
    seq: U32
    end: U32
    """Sequence number after the segment, modulo 2**32 (SYN and FIN count, RFC 9293 section 3.4)."""
    ack: U32
    payload_len: I32
    is_tls: Bool
    """The payload begins with a TLS handshake record."""


def timeline_at(
    packets: Sequence[PacketTable], path: Path, trajectories: TrajectoryTable, place: int, *, flows: Bool | None = None
) -> Timeline:
    """Return the timeline of the packets seen at ``place``.

    Left out: ambiguous sightings, network-made duplicates, packets without a stamp of their own or without a whole
    transport header.

    Parameters
    ----------
    packets : sequence of PacketTable
        Input order.
    path : Path
        ``place`` indexes its order.
    trajectories : TrajectoryTable
        All packets.
    place : int
        Where.
    flows : bool array, optional
        Per joined flow: whether it is wanted; None = all.
    """
    columns = packets[path.order[place]].columns
    if is_worth_a_kernel(len(trajectories)):
        return _counted(columns, trajectories, place, flows)
    wanted = (trajectories.rows[:, place] >= 0) & _is_timed(trajectories, place)
    if flows is not None:
        wanted &= flows[trajectories.flow]
    packet = np.flatnonzero(wanted)
    rows = trajectories.rows[packet, place]
    flags = columns.flags[rows]
    is_usable = (flags & int(PacketFlag.TRANSPORT | PacketFlag.NO_TIME)) == int(PacketFlag.TRANSPORT)
    packet, rows = packet[is_usable], rows[is_usable]
    order = stable_order(trajectories.flow[packet], rows)
    return _gather(columns, trajectories, packet[order], rows[order])


def _is_timed(trajectories: TrajectoryTable, place: int) -> Bool:
    """Mark packets whose stamp at a place, if they have one there, is their own beyond doubt."""
    is_clear = ~trajectories.is_ambiguous & (trajectories.duplicate_of < 0)
    return np.asarray(is_clear & trajectories.is_paired_stamp[:, place], np.bool_)


def _counted(columns: PacketColumns, trajectories: TrajectoryTable, place: int, flows: Bool | None) -> Timeline:
    """Return the timeline of a place by counting."""
    count, most = len(trajectories), int(trajectories.flow.max(initial=-1)) + 1
    wanted = np.ones(most, np.bool_) if flows is None else flows
    links = np.full(len(columns.ts_ns), -1, np.int32), np.empty(count, np.int32)
    cursor = np.zeros(most + 1, np.int64)
    rows, flow = frozen(trajectories.rows), frozen(trajectories.flow, np.int32)
    doubts = frozen(trajectories.is_ambiguous), frozen(trajectories.duplicate_of), frozen(trajectories.is_paired_stamp)
    size = chain_rows(rows, place, *doubts, flow, frozen(wanted), columns.flags, links, cursor)
    line = Timeline(
        packet=np.empty(size, np.int64),
        flow=np.empty(size, np.int64),
        is_outbound=np.empty(size, np.bool_),
        is_forward=np.empty(size, np.bool_),
        ts_ns=np.empty(size, np.int64),
        proto=np.empty(size, np.uint8),
        is_error=np.empty(size, np.bool_),
        icmp_type=np.empty(size, np.uint8),
        tcp_flags=np.empty(size, np.uint16),
        seq=np.empty(size, np.uint32),
        end=np.empty(size, np.uint32),
        ack=np.empty(size, np.uint32),
        payload_len=np.empty(size, np.int32),
        is_tls=np.empty(size, np.bool_),
    )
    ways = flow, frozen(trajectories.is_outbound), frozen(trajectories.direction, np.int8)
    fill_timeline(links, cursor, ways, Recorded(*(getattr(columns, name) for name in Recorded._fields)), line)
    return freeze(line)


class Recorded(NamedTuple):
    """What ``fill_timeline`` reads of a vantage's packets."""

    flags: U32
    ts_ns: I64
    proto: U8
    icmp_type: U8
    tcp_flags: U16
    seq: U32
    ack: U32
    payload_len: I32


def timelines(packets: Sequence[PacketTable], path: Path, trajectories: TrajectoryTable) -> tuple[Timeline, ...]:
    """Return the timelines of the first place, of the last one (the same, if there is no other), and of all homes.

    A flow's home is the place nearest its initiator that saw most of it. Questions about one flow are asked at one
    place, since sequence numbers may be rewritten on the way. Near the initiator first sendings of requests are seen,
    and of answers those that came. Packets of a flow stand together, as recorded. What is at home at the first place
    is no other table where all flows are.
    """
    home = _home_places(path, trajectories)
    last = len(path.order) - 1
    whole = [partial(timeline_at, packets, path, trajectories, place) for place in dict.fromkeys((0, last))]
    inner = [partial(timeline_at, packets, path, trajectories, place, flows=home == place) for place in range(1, last)]
    ends_and_inner = two_at_a_time([*whole, *inner], packets=len(trajectories))
    first, end = ends_and_inner[0], ends_and_inner[len(whole) - 1]
    if bool((home == 0).all()):
        return first, end, first
    parts = [only(first, home[first.flow] == 0), *ends_and_inner[len(whole) :], only(end, home[end.flow] == last)]
    return first, end, join_timelines(parts)


def _home_places(path: Path, trajectories: TrajectoryTable) -> I64:
    """Return per flow its home."""
    flows = int(trajectories.flow.max(initial=-1)) + 1
    counts = [
        np.bincount(trajectories.flow[trajectories.rows[:, place] >= 0], minlength=flows)
        for place in range(len(path.order))
    ]
    if not counts:
        return np.zeros(flows, np.int64)
    seen = np.stack(counts)
    does = seen >= HOME_SHARE * seen.max(axis=0)
    is_reverse = path.flow_direction[:flows] == Direction.REVERSE
    found = np.where(is_reverse, len(seen) - 1 - np.argmax(does[::-1], axis=0), np.argmax(does, axis=0))
    return np.asarray(found, np.int64)


def join_timelines(parts: Sequence[Timeline]) -> Timeline:
    """Return several timelines of different flows as one."""
    return concatenate(list(parts))


def only(timeline: Timeline, where: Bool) -> Timeline:
    """Return the timeline restricted to a mask."""
    return take(timeline, np.flatnonzero(where))


def _gather(columns: PacketColumns, trajectories: TrajectoryTable, packet: I64, rows: I64) -> Timeline:
    """Return the columns of these packets."""
    proto, seq, payload_len, flags = (getattr(columns, name)[rows] for name in ("proto", "seq", "payload_len", "flags"))
    tcp_flags = np.where(proto == TCP, columns.tcp_flags[rows], np.uint16(0))
    spent = payload_len.astype(np.int64) + ((tcp_flags & SYN) != 0) + ((tcp_flags & FIN) != 0)
    return Timeline(
        packet=packet,
        flow=trajectories.flow[packet].astype(np.int64),
        is_outbound=trajectories.is_outbound[packet],
        is_forward=trajectories.direction[packet] >= 0,
        ts_ns=columns.ts_ns[rows],
        proto=proto,
        is_error=(flags & int(PacketFlag.ICMP_ERROR)) != 0,
        icmp_type=columns.icmp_type[rows],
        tcp_flags=tcp_flags,
        seq=seq,
        end=((seq + spent) & 0xFFFFFFFF).astype(np.uint32),
        ack=columns.ack[rows],
        payload_len=payload_len,
        is_tls=(flags & int(PacketFlag.TLS_HANDSHAKE)) != 0,
    )
