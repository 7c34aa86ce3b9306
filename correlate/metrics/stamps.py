"""Every packet's own stamp at every place.

In: packet tables, path, trajectories. Out: a matrix of stamps, each on its place's own clock.
Method: whether a stamp is the packet's own is asked once, not by everyone who asks how long something took; all places
of a packet lie beside one another (``stamps_kernel.py``).
Not here: what took how long (``exchanges.py``, ``transaction_places.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from correlate.metrics.stamps_kernel import fill_stamps
from correlate.metrics.worth import is_worth_a_kernel
from correlate.model.arrays import I64, frozen
from correlate.model.metrics import NO_RTT
from correlate.model.packets import PacketFlag, PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable
from correlate.parallel import two_at_a_time

NO_STAMP = NO_RTT
"""No stamp, or that of another packet, or one of a capture that stamps its two directions by a clock each."""


def own_stamps(packets: Sequence[PacketTable], path: Path, trajectories: TrajectoryTable) -> I64:
    """Return stamps, ns, shape (packets, places); ``NO_STAMP`` where a packet has none of its own."""
    own = np.full((len(trajectories), len(path.order)), NO_STAMP, np.int64)
    calls = [
        partial(_fill, packets[vantage], trajectories, place, own)
        for place, vantage in enumerate(path.order)
        if not packets[vantage].has_two_clocks
    ]
    two_at_a_time(calls, packets=len(own))
    return frozen(own)


def _fill(table: PacketTable, trajectories: TrajectoryTable, place: int, own: I64) -> None:
    """Fill the column of a place."""
    columns = table.columns
    if is_worth_a_kernel(len(own)):
        rows, paired = frozen(trajectories.rows), frozen(trajectories.is_paired_stamp)
        fill_stamps(rows, paired, place, columns.ts_ns, columns.flags, own)
        return
    seen = np.flatnonzero((trajectories.rows[:, place] >= 0) & trajectories.is_paired_stamp[:, place])
    rows = trajectories.rows[seen, place]
    is_timed = (columns.flags[rows] & int(PacketFlag.NO_TIME)) == 0
    own[seen[is_timed], place] = columns.ts_ns[rows[is_timed]]
