"""Packets of every flow in the order in which one vantage recorded them.

In: packet tables, path, trajectories. Out: ``Timeline``: columns sorted by (flow, row).
Method: one sort; every later question (who acknowledged whom, who spoke after whom) looks at neighbours or joins keys.
Not here: the questions (``exchanges.py``, ``transactions.py``, ``hosts.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from correlate.model.arrays import I64, Bool, concatenate, take
from correlate.model.ordering import stable_order
from correlate.model.packets import TCP, PacketFlag, PacketTable
from correlate.model.path import Direction, Path
from correlate.model.trajectories import TrajectoryTable

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
    proto: I64
    is_error: Bool
    """ICMP error."""
    icmp_type: I64
    tcp_flags: I64
    """0 unless TCP."""
    seq: I64
    end: I64
    """Sequence number after the segment, modulo 2**32 (SYN and FIN count, RFC 9293 section 3.4)."""
    ack: I64
    payload_len: I64
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
    wanted = (trajectories.rows[:, place] >= 0) & ~trajectories.is_ambiguous & (trajectories.duplicate_of < 0)
    wanted &= trajectories.is_paired_stamp[:, place]
    if flows is not None:
        wanted &= flows[trajectories.flow]
    packet = np.flatnonzero(wanted)
    rows = trajectories.rows[packet, place]
    flags = columns.flags[rows]
    is_usable = (flags & int(PacketFlag.TRANSPORT | PacketFlag.NO_TIME)) == int(PacketFlag.TRANSPORT)
    packet, rows = packet[is_usable], rows[is_usable]
    order = stable_order(trajectories.flow[packet], rows)
    return _gather(columns, trajectories, packet[order], rows[order])


def home_timeline(packets: Sequence[PacketTable], path: Path, trajectories: TrajectoryTable) -> Timeline:
    """Return every flow at its home: the place nearest its initiator that saw most of it.

    Questions about one flow are asked at one place, since sequence numbers may be rewritten on the way. Near the
    initiator first sendings of requests are seen, and of answers those that came. Packets of a flow stand together, as
    recorded.
    """
    home = _home_places(path, trajectories)
    return join_timelines(
        [timeline_at(packets, path, trajectories, place, flows=home == place) for place in range(len(path.order))]
    )


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
    return take(timeline, where)


def _gather(columns: object, trajectories: TrajectoryTable, packet: I64, rows: I64) -> Timeline:
    """Return the columns of these packets, wide enough to compute with."""

    def wide(name: str) -> I64:
        values: I64 = getattr(columns, name)[rows].astype(np.int64)
        return values

    proto, seq, payload_len, flags = wide("proto"), wide("seq"), wide("payload_len"), wide("flags")
    tcp_flags = np.where(proto == TCP, wide("tcp_flags"), 0)
    spent = payload_len + ((tcp_flags & SYN) != 0) + ((tcp_flags & FIN) != 0)
    return Timeline(
        packet=packet,
        flow=trajectories.flow[packet].astype(np.int64),
        is_outbound=trajectories.is_outbound[packet],
        is_forward=trajectories.direction[packet] >= 0,
        ts_ns=wide("ts_ns"),
        proto=proto,
        is_error=(flags & int(PacketFlag.ICMP_ERROR)) != 0,
        icmp_type=wide("icmp_type"),
        tcp_flags=tcp_flags,
        seq=seq,
        end=(seq + spent) & 0xFFFFFFFF,
        ack=wide("ack"),
        payload_len=payload_len,
        is_tls=(flags & int(PacketFlag.TLS_HANDSHAKE)) != 0,
    )
