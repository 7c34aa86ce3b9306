"""How far along the path a packet can come at all: a proxy ends its connection, or its handshake.

**In:** joined flows, packets, path, trajectories. **Out:** ``Stretches``.
**Method:** vantages that see the same connection of a flow (``JoinedFlows.connection``, for handshakes ``handshake``)
bound the stretch. What lies on one side of a proxy is a conversation of its own: for all that is counted per flow (what
crosses, what is missed) it gets a number of its own.
**Not here:** finding the proxy (``match``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from correlate.model.arrays import I32, I64, Bool
from correlate.model.flows import FlowTable, JoinedFlows
from correlate.model.packets import TCP, PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable

_SYN, _FIN, _RST = 2, 1, 4


class Stretches(NamedTuple):
    """Per packet of the TrajectoryTable."""

    first: I64
    """First place in path order that the packet's connection reaches; takes no memory where there are no proxies."""
    last: I64
    conversation: I32
    """The joined flow, or a number of its own."""
    conversations: int
    """How many numbers there are."""


def find_stretches(
    packets: Sequence[PacketTable],
    flows: Sequence[FlowTable],
    joined: JoinedFlows,
    path: Path,
    table: TrajectoryTable,
) -> Stretches:
    """Return the stretch of every packet; without proxies all of them have the whole path."""
    count, places = len(table), len(path.order)
    end = max(0, places - 1)
    if not joined.connection.size:
        first, last = (np.broadcast_to(np.int64(place), count) for place in (0, end))
        return Stretches(first, last, table.flow, len(joined))
    flow = table.flow.astype(np.int64)
    first, last = np.zeros(count, np.int64), np.full(count, end)
    order = list(path.order)
    is_opening = _are_openings(packets, flows, path, table)
    label = np.where(is_opening[:, None], joined.handshake[:, order][flow], joined.connection[:, order][flow])
    seen_at = (table.rows >= 0).argmax(axis=1)
    own = label[np.arange(count), seen_at]
    is_other = (label >= 0) & (label != own[:, None])
    is_own = (label >= 0) & ~is_other
    is_bound = is_other.any(axis=1)
    first[is_bound] = is_own[is_bound].argmax(axis=1)
    last[is_bound] = places - 1 - is_own[is_bound][:, ::-1].argmax(axis=1)
    # To the ends of the path nothing stands in the way.
    place = np.arange(places)
    before = (is_other & (place < first[:, None])).any(axis=1)
    behind = (is_other & (place > last[:, None])).any(axis=1)
    first[is_bound & ~before] = 0
    last[is_bound & ~behind] = end
    key = np.stack([flow[is_bound], own[is_bound], is_opening[is_bound]], axis=1)
    distinct, number = np.unique(key, axis=0, return_inverse=True)
    conversation = table.flow.copy()
    conversation[is_bound] = len(joined) + number.reshape(-1)
    return Stretches(first, last, conversation, len(joined) + len(distinct))


def _are_openings(
    packets: Sequence[PacketTable], flows: Sequence[FlowTable], path: Path, table: TrajectoryTable
) -> Bool:
    """Return which packets open a connection: SYN, SYN-ACK, and the acknowledgement of the latter."""
    found = np.zeros(len(table), np.bool_)
    for place, vantage in enumerate(path.order):
        columns, mine = packets[vantage].columns, flows[vantage]
        held = np.flatnonzero(table.rows[:, place] >= 0)
        rows = table.rows[held, place]
        of_flow = mine.of_packet[rows]
        out, back = mine.columns.isn_out[of_flow], mine.columns.isn_back[of_flow]
        flags = columns.tcp_flags[rows]
        is_first = (columns.seq[rows] == (out + 1) & 0xFFFFFFFF) & (columns.ack[rows] == (back + 1) & 0xFFFFFFFF)
        is_first &= (columns.payload_len[rows] == 0) & ((flags & (_FIN | _RST)) == 0) & (out >= 0) & (back >= 0)
        found[held] |= (columns.proto[rows] == TCP) & (((flags & _SYN) != 0) | is_first)
    return found
