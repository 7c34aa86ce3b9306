"""Findings about packets that passed while a capture was not running.

In: fates ``not_captured`` for the capture's time, clocks, record order. Out: ``capture-window``.
Method: that a packet lies outside is proven where the clocks' bounds say so and something compares the clocks there:
the packet lies among those that both captures hold, or the capture's own first or last frame is one of these. Beyond
the last common packet a clock may have been set forward without a trace, so there it is likely.
Not here: whether it lies outside (``trajectories``), how far bounds reach (``clocks``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, verb
from correlate.model.arrays import I64, Bool
from correlate.model.findings import Finding
from correlate.model.frames import NO_TIME
from correlate.model.trajectories import Fate, FateGrade, Reason

UNCOMPARED = "No packet of both captures tells how their clocks stood then: one that was set would look the same."


def find_outside(view: View) -> Iterator[Finding]:
    """Yield one finding per capture that was not running when packets passed."""
    for place in range(view.places):
        packets = _outside(view, place)
        if len(packets):
            yield _finding(view, place, packets, is_proven=bool(proves_outside(view, place, packets).all()))


def _outside(view: View, place: int) -> I64:
    fates, rows = view.run.fates, view.undelivered
    rows = rows[(fates.fate[rows] == Fate.NOT_CAPTURED) & (fates.reason[rows] == Reason.WINDOW)]
    rows = rows[(fates.grade[rows] != FateGrade.INCONCLUSIVE) & (view.blamed_place(rows) == place)]
    rows = rows[~view.is_ended[view.run.trajectories.flow[fates.packet[rows]], fates.hop[rows]]]
    return np.unique(fates.packet[rows])


def proves_outside(view: View, place: int, packets: I64) -> Bool:
    """Tell of which packets it is proven that the capture at ``place`` was not running when they passed."""
    proven = np.zeros(len(packets), np.bool_)
    clocks = view.run.clocks.vantages
    for other in range(view.places):
        if other != place and clocks[place].grade == clocks[other].grade == "proven":
            proven |= _is_beyond_bounds(view, place, other, packets) & _is_compared(view, place, other, packets)
    return proven


def _is_beyond_bounds(view: View, place: int, other: int, packets: I64) -> Bool:
    """Tell which packets passed ``other`` surely before the first or after the last frame at ``place``, or in a gap."""
    table = view.run.trajectories
    columns = view.run.packets[view.run.path.order[place]].columns
    stamps = columns.ts_ns[columns.ts_ns != NO_TIME]
    edges = np.array([stamps.min(), stamps.max()], np.int64)
    _, lo, hi = view.run.clocks.vantages[place].offset_at(edges)
    is_before = table.hi_ns[packets, other] < edges[0] - hi[0]
    is_after = table.lo_ns[packets, other] > edges[1] - lo[1]
    is_chained = len(np.unique(columns.file)) > 1  # a gap was found by the same bounds
    return np.asarray(is_before | is_after | is_chained, np.bool_)


def _is_compared(view: View, place: int, other: int, packets: I64) -> Bool:
    """Tell of which packets record order at ``other`` says how the clocks stood at the capture's edge."""
    table = view.run.trajectories
    both = np.flatnonzero(view.is_seen[:, place] & view.is_seen[:, other] & ~table.is_ambiguous)
    here = table.rows[packets, other]
    if len(both) == 0:
        return np.zeros(len(packets), np.bool_)
    at, there = table.rows[both, place], table.rows[both, other]
    last_row = len(view.run.packets[view.run.path.order[place]].columns.ts_ns) - 1
    is_among = (here > there.min()) & (here < there.max())
    is_before = (at.min() == 0) & (here < there[np.argmin(at)])
    is_after = (at.max() == last_row) & (here > there[np.argmax(at)])
    return np.asarray((here >= 0) & (is_among | is_before | is_after), np.bool_)


def _finding(view: View, place: int, packets: I64, *, is_proven: bool) -> Finding:
    name, count = view.name(place), len(packets)
    return Finding(
        id=f"capture-window/{place}",
        code="capture-window",
        severity=CATALOGUE["capture-window"].severity,
        grade="proven" if is_proven else "likely",
        title=f"{counted(count, 'packet')} {verb(count, 'falls', 'fall')} outside the time that the capture at {name} "
        "covers",
        explanation=(
            f"{verb(count, 'It', 'They')} would have passed before its first or after its last frame; nothing "
            f"is said about {verb(count, 'it', 'them')}."
        ),
        vantage=name,
        quantity=count,
        unit="packets",
        packet=int(packets[0]),
        evidence=view.refs(packets[:4].tolist(), note=f"outside the capture at {name}", limit=8),
        against=() if is_proven else (UNCOMPARED,),
        settle=None if is_proven else "The NTP or chrony logs of both machines, or captures that both run longer.",
    )
