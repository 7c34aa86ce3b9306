"""Where along the path the packets of a transaction were seen, and when.

In: packets of transactions. Out: ``Stamps`` at every place; the nearest and the farthest place that can tell.
Method: matrices transactions x places; a stamp counts only where it is the packet's own.
Not here: what the packets are (``transactions.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import attrs
import numpy as np

from correlate.metrics.stamps_kernel import read_stamps
from correlate.metrics.timeline import RST, SYN, Timeline
from correlate.metrics.worth import is_worth_a_kernel
from correlate.model.arrays import I64, Bool, frozen
from correlate.model.packets import TCP, UDP, PacketFlag, PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable
from correlate.model.transactions import UNKNOWN_NS

FIRST, ASKED, REQUEST, REPLY, LAST = range(5)
ROW_BITS = 36
"""A flow number above a row, in one key: rows are below 2**36, flows below 2**27."""


@attrs.frozen(kw_only=True, slots=False)
class Stamps:
    """Stamps of five packets of each transaction at every place."""

    ts_ns: tuple[I64, ...]
    """Five matrices, shape (transactions, places)."""
    is_known: tuple[Bool, ...]
    is_forward: Bool
    """Which way the request travels."""

    @classmethod
    def of(
        cls, packets: Sequence[PacketTable], path: Path, trajectories: TrajectoryTable, five: Sequence[I64]
    ) -> Stamps:
        """Read the stamps of ``first``, last new byte, ``request``, ``reply`` and ``last``."""
        stamps, known = [], []
        for packet in five:
            if is_worth_a_kernel(len(packet)):
                ts, is_own = _stamps_in_pass(packets, path, trajectories, packet)
                stamps.append(ts)
                known.append(is_own)
                continue
            rows = trajectories.rows[packet]
            is_own = (rows >= 0) & trajectories.is_paired_stamp[packet]
            ts = np.zeros(rows.shape, np.int64)
            for place, vantage in enumerate(path.order):
                columns = packets[vantage].columns
                if len(columns.ts_ns):
                    ts[:, place] = columns.ts_ns[rows[:, place]]
                    is_own[:, place] &= (columns.flags[rows[:, place]] & int(PacketFlag.NO_TIME)) == 0
                is_own[:, place] &= not packets[vantage].has_two_clocks
            stamps.append(ts)
            known.append(is_own)
        is_forward = trajectories.direction[five[REQUEST]] >= 0
        return cls(ts_ns=tuple(stamps), is_known=tuple(known), is_forward=np.asarray(is_forward, np.bool_))

    def only(self, rows: I64) -> Stamps:
        """Return the stamps of some transactions (ascending)."""
        if len(rows) == len(self.is_forward):
            return self
        return Stamps(
            ts_ns=tuple(ts[rows] for ts in self.ts_ns),
            is_known=tuple(known[rows] for known in self.is_known),
            is_forward=self.is_forward[rows],
        )

    @cached_property
    def is_both(self) -> Bool:
        """Where request and reply were seen."""
        return np.asarray(self.is_known[REQUEST] & self.is_known[REPLY], np.bool_)

    @cached_property
    def rtt_ns(self) -> I64:
        """Reply minus request at every place; meaningful where ``is_both``."""
        return self.ts_ns[REPLY] - self.ts_ns[REQUEST]

    @cached_property
    def _is_all(self) -> Bool:
        """Where all five were seen, in order of time."""
        known = self.is_known[FIRST] & self.is_known[ASKED] & self.is_both & self.is_known[LAST]
        for earlier, later in ((FIRST, ASKED), (ASKED, REQUEST), (REPLY, LAST)):
            known &= self.ts_ns[later] >= self.ts_ns[earlier]
        return np.asarray(known, np.bool_)

    @property
    def is_told(self) -> Bool:
        """Per transaction: some place saw all of it."""
        return np.asarray(np.logical_or.reduce(self._is_all.T), np.bool_)

    @cached_property
    def near(self) -> I64:
        """Place nearest the requester that saw all of it."""
        return self._outermost(self._is_all, is_first=True)

    @cached_property
    def far(self) -> I64:
        """Place nearest the responder that saw request and reply."""
        return self._outermost(self.is_both, is_first=False)

    @property
    def answer_at_ns(self) -> I64:
        """From the reply to the answer's last packet at every place; ``UNKNOWN_NS`` = not seen there."""
        spent = self.ts_ns[LAST] - self.ts_ns[REPLY]
        return np.where(self.is_known[LAST] & self.is_known[REPLY] & (spent >= 0), spent, UNKNOWN_NS)

    def _outermost(self, where: Bool, *, is_first: bool) -> I64:
        places = where.shape[1]
        low, high = np.zeros(len(where), np.int64), np.full(len(where), places - 1)
        for place in range(places):  # a pass per place: reductions over so short an axis are slow
            low[where[:, places - 1 - place]] = places - 1 - place
            high[where[:, place]] = place
        return np.asarray(np.where(self.is_forward == is_first, low, high), np.int64)

    def between(self, earlier: int, later: int) -> I64:
        """Return the time between two of the five packets at ``near``."""
        at = np.arange(len(self.is_forward)), self.near
        found: I64 = self.ts_ns[later][at] - self.ts_ns[earlier][at]
        return found


def _stamps_in_pass(
    packets: Sequence[PacketTable], path: Path, trajectories: TrajectoryTable, packet: I64
) -> tuple[I64, Bool]:
    """Return stamps of many packets at every place, and where they are their own."""
    shape = len(packet), len(path.order)
    ts, is_own = np.zeros(shape, np.int64), np.zeros(shape, np.bool_)
    rows, paired = frozen(trajectories.rows), frozen(trajectories.is_paired_stamp)
    for place, vantage in enumerate(path.order):
        columns = packets[vantage].columns
        if not packets[vantage].has_two_clocks:
            read_stamps(rows, paired, place, frozen(packet), columns.ts_ns, columns.flags, ts, is_own)
    return ts, is_own


def reach_of(trajectories: TrajectoryTable, packets: I64) -> I64:
    """Return per packet how many places along its travel it got to."""
    seen = trajectories.rows[packets] >= 0
    last = seen.shape[1] - np.argmax(seen[:, ::-1], axis=1)
    is_forward = trajectories.direction[packets] >= 0
    return np.asarray(np.where(is_forward, last, seen.shape[1] - np.argmax(seen, axis=1)), np.int64)


def first_sendings(
    packets: Sequence[PacketTable],
    path: Path,
    trajectories: TrajectoryTable,
    line: Timeline,
    pairs: Any,
    stamps: Stamps,
) -> I64:
    """Return when the answer was sent first where an earlier sending of it never came to the near place.

    Returns
    -------
    int64 array
        From the request to that sending, ns, at the far place; -1 = the reply that came was the first.
    """
    found = np.full(len(stamps.is_forward), -1, np.int64)
    flow = line.flow[pairs.request]
    rows = [trajectories.rows[line.packet[at], stamps.far] for at in (pairs.request, pairs.reply)]
    for place, vantage in enumerate(path.order):
        mine = np.flatnonzero(stamps.far == place)
        if not len(mine):
            continue
        mine = mine[np.argsort(flow[mine] << ROW_BITS | rows[0][mine])]
        lost = _unseen_answers(packets[vantage], trajectories, place, flow[mine], stamps.near[mine])
        if not len(lost):
            continue
        lost_row = trajectories.rows[lost, place]
        key = trajectories.flow[lost].astype(np.int64) << ROW_BITS | lost_row
        at = mine[np.maximum(np.searchsorted(flow[mine] << ROW_BITS | rows[0][mine], key) - 1, 0)]
        columns = packets[vantage].columns
        is_opening = (columns.proto[lost_row] == TCP) & ((columns.tcp_flags[lost_row] & SYN) != 0)
        is_handshake = (line.tcp_flags[pairs.begin[at]] & SYN) != 0
        is_within = (flow[at] == trajectories.flow[lost]) & (lost_row > rows[0][at]) & (lost_row < rows[1][at])
        kept = np.flatnonzero(is_within & (is_opening == is_handshake))
        waited = columns.ts_ns[lost_row[kept]] - columns.ts_ns[rows[0][at[kept]]]
        order = np.lexsort((-waited,))
        found[at[kept][order]] = np.maximum(waited[order], 0)
    return found


def _unseen_answers(packets: PacketTable, trajectories: TrajectoryTable, place: int, flow: I64, near: I64) -> I64:
    """Return speech of responders that ``place`` holds and the near place of its flow does not."""
    near_of = np.full(int(trajectories.flow.max(initial=-1)) + 1, place, np.int64)
    near_of[flow] = near
    at = np.flatnonzero(~trajectories.is_outbound & (trajectories.rows[:, place] >= 0))
    at = at[trajectories.rows[at, near_of[trajectories.flow[at]]] < 0]
    rows, columns = trajectories.rows[at, place], packets.columns
    is_stream = (columns.proto[rows] == TCP) & ((columns.tcp_flags[rows] & RST) == 0)
    is_opening = is_stream & ((columns.tcp_flags[rows] & SYN) != 0)
    says = (is_stream | (columns.proto[rows] == UDP)) & (columns.payload_len[rows] > 0)
    return np.asarray(at[says | is_opening], np.int64)
