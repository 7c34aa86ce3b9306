"""Packets that arrived after packets sent later.

In: packet tables, path, trajectories. Out: (packet, hop) of reordered packets.
Method: RFC 4737 section 3.3 within one flow and direction, record order upstream as the sending order and record order
downstream as the arrival order; no clock of one vantage is compared with one of another. Where a capture's own stamps
do not confirm its record order (same tick, queues merged into one file) nothing is claimed.
Not here: whether a network or a capture did it (``diagnose``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from correlate.metrics.late_kernel import find_late
from correlate.metrics.worth import is_worth_a_kernel
from correlate.model.arrays import I16, I32, I64, Bool, frozen
from correlate.model.ordering import stable_order
from correlate.model.packets import PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable


def find_reordered(packets: Sequence[PacketTable], path: Path, trajectories: TrajectoryTable) -> tuple[I64, I16]:
    """Return packets that arrived reordered, with the hop.

    Parameters
    ----------
    packets : sequence of PacketTable
        Input order.
    path : Path
        Order of the vantages.
    trajectories : TrajectoryTable
        Ambiguous packets and network-made duplicates are left out: their order is not theirs.

    Returns
    -------
    packet : int64 array
        Rows of the TrajectoryTable, grouped by hop.
    hop : int16 array
        Path hop of each.
    """
    is_clear = ~trajectories.is_ambiguous & (trajectories.duplicate_of < 0)
    found: list[I64] = [np.zeros(0, np.int64)]
    hops: list[I16] = [np.zeros(0, np.int16)]
    for hop in range(path.hop_count):
        for sign in (1, -1):
            places = (hop, hop + 1) if sign > 0 else (hop + 1, hop)
            up, down = (trajectories.rows[:, place] for place in places)
            crossing = np.flatnonzero(
                is_clear & (up >= 0) & (down >= 0) & ((trajectories.direction >= 0) == (sign > 0))
            )
            stamps = [packets[path.order[place]].columns.ts_ns for place in places]
            late = crossing[_is_late(trajectories.flow[crossing], up[crossing], down[crossing], stamps)]
            found.append(late)
            hops.append(np.full(len(late), hop, np.int16))
    return frozen(np.concatenate(found), np.int64), frozen(np.concatenate(hops), np.int16)


def _is_late(flow: I32, up: I64, down: I64, stamps: list[I64]) -> Bool:
    """Return where a packet's upstream row is below the greatest one that arrived before it in its flow."""
    if not len(flow):
        return np.zeros(0, np.bool_)
    if is_worth_a_kernel(len(flow)):
        return _late_in_pass(flow, up, down, stamps)
    order = stable_order(flow, down)
    # Rows of later flows are lifted above all of earlier ones, so one running maximum serves every flow.
    lifted = up[order] + flow[order].astype(np.int64) * (int(up.max()) + 1)
    ahead = np.maximum.accumulate(lifted)
    leader = np.maximum.accumulate(np.where(lifted == ahead, np.arange(len(order)), 0))
    mine, theirs = order, order[leader]
    overtaken = (lifted < ahead) & (stamps[0][up[mine]] < stamps[0][up[theirs]])
    overtaken &= stamps[1][down[mine]] > stamps[1][down[theirs]]
    is_late = np.empty(len(order), np.bool_)
    is_late[order] = overtaken
    return is_late


def _late_in_pass(flow: I32, up: I64, down: I64, stamps: list[I64]) -> Bool:
    """Return the same of many packets, without a sort."""
    links = np.full(len(stamps[1]), -1, np.int32), np.empty(len(flow), np.int32)
    leader = np.full(int(flow.max()) + 1, -1, np.int32)
    is_late = np.zeros(len(flow), np.bool_)
    ways = frozen(flow, np.int32), frozen(up, np.int64), frozen(down, np.int64)
    find_late(*ways, frozen(stamps[0]), frozen(stamps[1]), links, leader, is_late)
    return is_late
