"""Packets seen at both ends of a hop, with their columns at either end.

In: packet tables, the path, trajectories.
Out: a ``Pair`` for a hop and a direction of travel: ``up`` is where the packets were first, ``down`` where next.
Method: columns are gathered only when asked for, once, and widened to int64 only where somebody computes with them
(then -1 is free to mean absent).
Not here: what differs (``compare.py``), hops where one end did not see the packet (nobody can be blamed for those).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.metrics.addresses import TupleFacts
from correlate.model.arrays import I64, Bool
from correlate.model.packets import PacketFlag, PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable


@attrs.frozen(kw_only=True, eq=False)
class Side:
    """The same packets at one end of a hop."""

    vantage: int
    """Input index."""
    table: PacketTable
    tuples: TupleFacts
    rows: I64
    _seen: dict[str, NDArray[Any]] = attrs.field(factory=dict, init=False)
    _flagged: dict[int, Bool] = attrs.field(factory=dict, init=False)

    def raw(self, name: str) -> NDArray[Any]:
        """Return one ``PacketColumns`` column of these packets in its own dtype: good for ``==``, not for sums."""
        if name not in self._seen:
            self._seen[name] = getattr(self.table.columns, name)[self.rows]
        return self._seen[name]

    def column(self, name: str) -> I64:
        """Return one ``PacketColumns`` column of these packets as int64."""
        return self.raw(name).astype(np.int64, copy=False)

    def fact(self, name: str) -> I64:
        """Return one ``TupleFacts`` entry of these packets."""
        facts: I64 = getattr(self.tuples, name)[self.raw("tuple_id")]
        return facts

    def has(self, flag: int) -> Bool:
        """Return where any of the ``PacketFlag`` bits is set."""
        if flag not in self._flagged:
            self._flagged[flag] = (self.raw("flags") & np.uint32(flag)) != 0
        return self._flagged[flag]

    def at(self, where: I64) -> Side:
        """Return only the packets at these positions."""
        return Side(vantage=self.vantage, table=self.table, tuples=self.tuples, rows=self.rows[where])


@attrs.frozen(kw_only=True, eq=False)
class Pair:
    """Packets at the upstream and the downstream end of a hop."""

    hop: int
    is_forward: bool
    packet: I64
    """Rows of the TrajectoryTable, ascending."""
    up: Side
    down: Side
    is_cut: Bool
    """The frame at either end stands in several packets: offload or fragments cut the stream elsewhere there."""
    is_ambiguous: Bool

    def __len__(self) -> int:
        return len(self.packet)

    def at(self, where: I64) -> Pair:
        """Return only the packets at these positions (ascending); asked for all: the pair itself, columns and all."""
        if len(where) == len(self.packet):
            return self
        return attrs.evolve(
            self,
            packet=self.packet[where],
            up=self.up.at(where),
            down=self.down.at(where),
            is_cut=self.is_cut[where],
            is_ambiguous=self.is_ambiguous[where],
        )

    def where_both(self, flag: PacketFlag) -> Bool:
        """Return where both ends have the flag."""
        return self.up.has(flag) & self.down.has(flag)

    def where_either(self, flag: PacketFlag) -> Bool:
        """Return where at least one end has one of the flags."""
        return self.up.has(flag) | self.down.has(flag)


def shared_rows(trajectories: TrajectoryTable, place: int, size: int) -> Bool:
    """Return per row of the packet table at ``place`` (of ``size`` rows) whether several packets stand in it."""
    rows = trajectories.rows[:, place]
    return np.bincount(rows[rows >= 0], minlength=size) > 1


def pair_hop(  # noqa: PLR0913, PLR0917 -- what one direction of one hop is
    packets: Sequence[PacketTable],
    facts: Sequence[TupleFacts],
    path: Path,
    trajectories: TrajectoryTable,
    where: Bool,
    hop: int,
    shared: Sequence[Bool],
    *,
    is_forward: bool,
) -> Pair:
    """Return the packets of a mask that crossed a hop one way; both ends hold every packet of the mask.

    A packet whose direction is not known is taken as travelling forward, and as ambiguous: what was before and what
    after is not known either. ``shared`` is :func:`shared_rows` of every place.
    """
    packet = np.flatnonzero(where & ((trajectories.direction >= 0) == is_forward))
    places = (hop, hop + 1) if is_forward else (hop + 1, hop)
    up, down = (_side(packets, facts, path, trajectories.rows[packet, place], place) for place in places)
    return Pair(
        hop=hop,
        is_forward=is_forward,
        packet=packet,
        up=up,
        down=down,
        is_cut=shared[places[0]][up.rows] | shared[places[1]][down.rows],
        is_ambiguous=trajectories.is_ambiguous[packet] | (trajectories.direction[packet] == 0),
    )


def _side(packets: Sequence[PacketTable], facts: Sequence[TupleFacts], path: Path, rows: I64, place: int) -> Side:
    """Return one end of a hop."""
    vantage = path.order[place]
    return Side(vantage=vantage, table=packets[vantage], tuples=facts[vantage], rows=rows)
