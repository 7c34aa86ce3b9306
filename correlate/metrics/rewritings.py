"""What each hop does to the numbers of each flow.

**In:** packets, path, trajectories. **Out:** :class:`~correlate.model.rewritings.RewritingColumns`.

**Method:** packets seen at both ends of a hop, per joined flow and direction. A box that draws new initial sequence
numbers or timestamps moves them by one constant; a gateway that edits payload (algorithms section 2, ALG) moves
sequence numbers by more from some byte on, so differences are read along the bytes, and a new one counts once two
packets show it. Flows of which no number differs anywhere on the hop are told by one pass and left out.

**Not here:** learning them before packets are matched (``match``), changed fields one by one (``mutations.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from correlate.metrics.numbers_kernel import mark_renumbered
from correlate.metrics.worth import is_worth_a_kernel
from correlate.model.arrays import I64, U8, U32, Bool, concatenate, freeze, frozen, take
from correlate.model.matches import Tier
from correlate.model.ordering import stable_order
from correlate.model.packets import TCP, PacketFlag, PacketTable
from correlate.model.path import Path
from correlate.model.rewritings import RewritingColumns, no_rewritings
from correlate.model.trajectories import TrajectoryTable

_WORD = 0xFFFFFFFF


def find_rewritings(packets: Sequence[PacketTable], path: Path, trajectories: TrajectoryTable) -> RewritingColumns:
    """Return the rows of all hops, in hop order. Cost per hop: one pass, a sort of renumbered packets."""
    parts = [no_rewritings(), *(_of_hop(packets, path, trajectories, hop) for hop in range(path.hop_count))]
    return freeze(concatenate(parts))


def _of_hop(packets: Sequence[PacketTable], path: Path, trajectories: TrajectoryTable, hop: int) -> RewritingColumns:
    rows = trajectories.rows[:, hop : hop + 2]
    usable = (rows[:, 0] >= 0) & (rows[:, 1] >= 0) & ~trajectories.is_ambiguous & (trajectories.tier < Tier.RANGE)
    at = np.flatnonzero(usable & _may_be_renumbered(packets, path, trajectories, usable, hop))
    near, far = (_numbers(packets[path.order[hop + k]], rows[at, k]) for k in (0, 1))
    if not len(at):
        return no_rewritings()
    kind, of = np.unique(trajectories.flow[at].astype(np.int64) * 2 + trajectories.is_outbound[at], return_inverse=True)
    count = len(kind)
    is_tcp = (near.proto == TCP) & ((near.flags & far.flags & PacketFlag.TRANSPORT) != 0)
    has_stamps = (near.flags & far.flags & PacketFlag.HAS_TS) != 0
    has_ident = (near.flags & far.flags & PacketFlag.HAS_IP_ID) != 0
    seq, steps = _shifts(of[is_tcp], near.seq[is_tcp], far.seq[is_tcp], count)
    stamp, _ = _shifts(of[has_stamps], near.tsval[has_stamps], far.tsval[has_stamps], count)
    differs = np.bincount(of[has_ident & (near.ip_id != far.ip_id)], minlength=count)
    ident = 2 * differs > np.bincount(of[has_ident], minlength=count)
    found = RewritingColumns(
        hop=np.full(count, hop, np.int16),
        flow=(kind >> 1).astype(np.int32),
        is_outbound=(kind & 1) == 1,
        packets=np.bincount(of, minlength=count),
        seq_shift=seq,
        seq_steps=steps,
        stamp_shift=stamp,
        is_ident_rewritten=ident,
    )
    return take(found, np.flatnonzero((seq != 0) | (steps > 0) | (stamp != 0) | ident))


def _may_be_renumbered(
    packets: Sequence[PacketTable], path: Path, trajectories: TrajectoryTable, usable: Bool, hop: int
) -> Bool:
    """Mark the packets of flows and directions of which any number differs; of few packets, all."""
    if not is_worth_a_kernel(len(usable)):
        return np.ones(len(usable), np.bool_)
    stream = trajectories.flow.astype(np.int64) * 2 + trajectories.is_outbound
    differs = np.zeros(int(stream.max()) + 1, np.bool_)
    ends = [packets[path.order[place]].columns for place in (hop, hop + 1)]
    near, far = (_Numbers(*(getattr(columns, name) for name in _Numbers._fields)) for columns in ends)
    mark_renumbered(frozen(trajectories.rows), hop, frozen(usable), stream, near, far, differs)
    return np.asarray(differs[stream], np.bool_)


class _Numbers(NamedTuple):
    """What a hop may renumber, of packets at one end of it."""

    proto: U8
    flags: U32
    ip_id: U32
    seq: U32
    tsval: U32


def _numbers(packets: PacketTable, rows: I64) -> _Numbers:
    return _Numbers(*(getattr(packets.columns, name)[rows] for name in _Numbers._fields))


def _shifts(of: I64, near: I64, far: I64, count: int) -> tuple[I64, I64]:
    """Return per group the most frequent difference modulo 2**32, and how often it changes along the near numbers."""
    common, steps = np.zeros(count, np.int64), np.zeros(count, np.int64)
    if not len(of):
        return common, steps
    near, far = near.astype(np.int64), far.astype(np.int64)
    by = (far - near) & _WORD
    order = stable_order(of, by)
    starts, sizes = _runs(of[order], by[order])
    # Ascending size: the greatest run of a group is written last.
    last = stable_order(sizes)
    common[of[order][starts[last]]] = by[order][starts[last]]
    first = np.zeros(count, np.int64)
    first[of[::-1]] = near[::-1]
    along = stable_order(of, (near - first[of] + (1 << 31)) & _WORD)
    starts, sizes = _runs(of[along], by[along])
    steady = starts[sizes >= 2]
    group, level = of[along][steady], by[along][steady]
    changed = (group[1:] == group[:-1]) & (level[1:] != level[:-1])
    steps += np.bincount(group[1:][changed], minlength=count)
    return common, steps


def _runs(of: I64, by: I64) -> tuple[I64, I64]:
    """Return start and length of runs of one difference within a group."""
    is_new: Bool = np.concatenate([[True], (of[1:] != of[:-1]) | (by[1:] != by[:-1])])
    starts = np.flatnonzero(is_new)
    return starts, np.diff(np.concatenate([starts, [len(of)]]))
