"""By how much stamps may be off.

In: ``PacketTable``, record order (``setbacks.py``), clocks per direction. Out: slack per vantage and direction, ns.
Method: packets are recorded one after another, so a stamp below the one before it, in record order of one file and
interface, is early or that one was late. A clock that is set back does so a few times; stamps that jitter do so again
and again, by much the same. The largest such fall is the jitter: stamps may be off by it either way, order within it
proves nothing, and every bound gives way by it. Falls of a set-back clock are none of it.
Not here: set-back clocks (``setbacks.py``), coarse stamps (``ticks.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from correlate.clocks.setbacks import OVERTAKING_NS, Record, never_falls, read_record
from correlate.model.arrays import Bool
from correlate.model.clocks import ClockNote, DirectionClock
from correlate.model.matches import MatchTable
from correlate.model.packets import PacketTable
from correlate.model.path import Direction

AGAIN = 8
"""Falls of a like size that make a jitter: no clock is set back so often."""

LIKE = 4
"""Falls are alike if the larger is at most so many times the smaller."""

Slack = tuple[int, int]
"""By how much stamps of forward and of reverse packets may be off, ns."""


def measure_jitter(record: Record) -> int:
    """Return the largest fall of stamps, ns, that others like it repeat; 0 if none does.

    Examples
    --------
    >>> import numpy as np
    >>> stamps = np.arange(40) * 1_000
    >>> stamps[::4] += 1_500
    >>> still = np.zeros(39, np.bool_)
    >>> measure_jitter(Record(np.arange(40), stamps, np.zeros(40, np.int64), still))
    500
    """
    rise = np.diff(record.stamps)
    is_small = (rise < 0) & (rise >= -OVERTAKING_NS) & (np.diff(record.section) == 0)
    falls = np.sort(-rise[is_small])
    if len(falls) < AGAIN:
        return 0
    alike = len(falls) - np.searchsorted(falls, falls / LIKE)  # as large as a quarter of it, or larger
    repeated = np.flatnonzero(alike >= AGAIN)
    return int(falls[repeated[-1]]) if len(repeated) else 0


def stamp_slacks(
    packets: Sequence[PacketTable], directions: Sequence[DirectionClock] = (), match: MatchTable | None = None
) -> tuple[Slack, ...]:
    """Return by how much the stamps of every vantage may be off, input order.

    With ``match`` of packets that another vantage holds, too: unrelated traffic between them must not change a bound.

    Where both directions are stamped by clocks of their own, what moving one to the other may be wrong by holds the
    jitter as well.
    """
    slacks = []
    for vantage, table in enumerate(packets):
        moved = dict.fromkeys(Direction, 0)
        for clock in directions:
            moved[Direction(clock.direction)] += clock.slack_ns if clock.vantage == vantage else 0
        jitter = 0
        if not table.has_two_clocks and not never_falls(table):
            record = read_record(table)
            if match is not None:
                record = _only(record, _shared(match, vantage, len(table)))
            jitter = measure_jitter(record)
        slacks.append((moved[Direction.FORWARD] + jitter, moved[Direction.REVERSE] + jitter))
    return tuple(slacks)


def _shared(match: MatchTable, vantage: int, count: int) -> Bool:
    """Return per row of a vantage whether another vantage holds the packet, too."""
    is_elsewhere = np.zeros(len(match), np.bool_)
    for other, column in enumerate(match.rows.T):
        if other != vantage:
            is_elsewhere |= column >= 0
    rows = match.rows[is_elsewhere, vantage]
    found = np.zeros(count, np.bool_)
    found[rows[rows >= 0]] = True
    return found


def _only(record: Record, is_kept: Bool) -> Record:
    kept = is_kept[record.rows]
    return Record(record.rows[kept], record.stamps[kept], record.section[kept], record.is_fall[:0])


def together(slacks: Sequence[Slack], *vantages: int) -> Slack:
    """Return by how much differences of these vantages' stamps may be off; nothing where no slack is known."""
    known = [slacks[vantage] for vantage in vantages if vantage < len(slacks)]
    return sum(slack[0] for slack in known), sum(slack[1] for slack in known)


def jitter_notes(packets: Sequence[PacketTable], slacks: Sequence[Slack]) -> list[ClockNote]:
    """Say of which vantages the stamps jitter."""
    return [
        ClockNote(
            vantages=(vantage,),
            text=f"its stamps fall back again and again, by up to {slack[0] / 1e3:.0f} us: bounds give way by that, "
            "order within it proves nothing",
        )
        for vantage, (table, slack) in enumerate(zip(packets, slacks, strict=True))
        if min(slack) > 0 and not table.has_two_clocks
    ]
