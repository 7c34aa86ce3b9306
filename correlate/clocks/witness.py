"""Whose clock stepped when only two vantages saw it.

In: both packet tables, the packets that both saw, the step. Out: which of the two, and what tells it; or neither.
Method: TCP senders stamp their packets (RFC 7323 section 4) by clocks that know nothing of a capture's: where stamp
minus TSval jumps for all senders at one vantage and for none at the other, that vantage stepped. And stamps that fall
back by the size of the step from one record to the next, within one file and interface, and stay there, are a clock
set back. Record order on both sides tells before from after, for stamps repeat when a clock is set back.
Not here: third vantages (``steppers.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.model.arrays import F64, I64, Bool
from correlate.model.bounds import ClockBreak
from correlate.model.clocks import AnchorTable, ClockStep
from correlate.model.packets import PacketFlag, PacketTable

Sides = tuple[PacketTable, PacketTable]

NEAR_ROWS = 2000
"""Packets looked at on either side of the step."""

NEAR = 50
"""Packets that show the usual stamp difference before and after."""

CLEAN_SHARE = 0.98
"""So many packets must lie on the right side of the split, or nobody is named."""

UNITS_NS = (1_000_000, 10_000_000, 4_000_000, 100_000_000, 1_000, 500_000_000)
"""What one unit of TSval may be (RFC 7323 section 5.4: 1 ms to 1 s; some count microseconds)."""

UNIT_TOLERANCE = 0.05
LEAST_UNITS = 10
"""A sender's unit is known once its stamps advanced so far on one side of the step."""

QUARTER = 0.25
"""Jumps count as one of the step's size, or none, within a quarter of it."""

LASTING_ROWS = 20


class Split(NamedTuple):
    """Packets seen by both around a step, in record order of the first vantage."""

    rows: tuple[I64, I64]
    anchors: I64
    """Into the anchors."""
    at: int
    """The first ``at`` were recorded before the step."""
    is_reversed: bool
    """Stamps of the first vantage have before and after the other way round: its clock was set back by more."""
    stamps_ns: tuple[int, int]
    """Of the first packet after the step, at each vantage."""


def find_split(anchors: AnchorTable, first: I64, second: I64, step: ClockStep, bracket: ClockBreak) -> Split | None:
    """Return which packets came before and after a step; None if record order does not tell them apart.

    ``first`` and ``second`` are the rows of each anchor at either vantage.
    """
    apart = anchors.down_ns - anchors.up_ns
    is_early, is_late = anchors.up_ns <= bracket.from_ns, anchors.up_ns >= bracket.to_ns
    if not is_early.any() or not is_late.any():
        return None
    middle = (_typical(anchors, apart, is_early, step) + _typical(anchors, apart, is_late, step)) / 2
    order = np.argsort(first, kind="stable")
    is_new = ((apart[order] > middle) == (step.delta_ns > 0)).astype(np.int64)
    wrong = np.concatenate(([0], np.cumsum(is_new))) + np.concatenate((np.cumsum(1 - is_new[::-1])[::-1], [0]))
    is_reversed = int(len(order) - wrong.max()) < int(wrong.min())
    if is_reversed:
        wrong = len(order) - wrong
    at = int(np.argmin(wrong))
    if wrong[at] > (1 - CLEAN_SHARE) * len(order) or at in {0, len(order)}:
        return None
    window = order[max(0, at - NEAR_ROWS) : at + NEAR_ROWS]
    stamps = (int(anchors.up_ns[order[at]]), int(anchors.down_ns[order[at]]))
    return Split((first[window], second[window]), window, min(at, NEAR_ROWS), is_reversed, stamps)


def _typical(anchors: AnchorTable, apart: I64, chosen: Bool, step: ClockStep) -> float:
    """Return the usual stamp difference of the chosen packets nearest to the step."""
    nearest = np.argsort(np.abs(anchors.up_ns[chosen] - step.at_ns), kind="stable")[:NEAR]
    return float(np.median(apart[chosen][nearest]))


def name_stepper(sides: Sides, split: Split, sender: I64, delta_ns: int) -> tuple[int | None, str]:
    """Return 0 or 1 and the witness's name: the side whose clock stepped; None if nothing tells.

    ``delta_ns``: the second side's clock against the first's, new minus old. ``sender``: one number per anchor.
    """
    jumps = _envelope_jumps(sides, split, sender[split.anchors], delta_ns)
    if jumps is not None:
        for side, wanted in ((1, delta_ns), (0, -delta_ns)):
            if _is_about(jumps[side], wanted, delta_ns) and _is_about(jumps[1 - side], 0, delta_ns):
                return side, "TCP time stamps"
    side = 1 if delta_ns < 0 else 0
    if _falls_back(sides[side], split.rows[side], split.at, abs(delta_ns)):
        return side, "record order"
    return None, ""


def _is_about(jump: float, wanted: int, delta_ns: int) -> bool:
    return abs(jump - wanted) <= QUARTER * abs(delta_ns)


def _envelope_jumps(sides: Sides, split: Split, sender: I64, delta_ns: int) -> tuple[float, float] | None:
    """Return by how much the floor of stamp minus TSval rises at each side, median over the senders."""
    columns = sides[0].columns
    rows = split.rows[0]
    has_stamp = (columns.flags[rows] & PacketFlag.HAS_TS) != 0
    is_early = np.arange(len(rows)) < split.at
    jumps = []
    for one in np.unique(sender[has_stamp]).tolist():
        mine = np.flatnonzero(has_stamp & (sender == one))
        early, late = mine[is_early[mine]], mine[~is_early[mine]]
        if not len(early) or not len(late):
            continue
        unit = _unit(columns.tsval[rows], columns.ts_ns[rows], early, late)
        if unit is None or unit * 4 > QUARTER * abs(delta_ns):
            continue
        told = _advance(columns.tsval[rows], mine[0]) * unit
        rest = [side.columns.ts_ns[at].astype(np.float64) - told for side, at in zip(sides, split.rows, strict=True)]
        jumps.append([float(floor[late].min() - floor[early].min()) for floor in rest])
    if not jumps:
        return None
    first, second = np.median(np.array(jumps), axis=0)
    return float(first), float(second)


def _advance(tsval: np.ndarray, origin: int) -> F64:
    """Return TSval since the packet ``origin``; it wraps at 2**32."""
    since = tsval.astype(np.int64) - int(tsval[origin])
    return np.asarray((since + 2**31) % 2**32 - 2**31, np.float64)


def _unit(tsval: np.ndarray, ts_ns: I64, early: I64, late: I64) -> int | None:
    """Return the sender's TSval unit, ns, from packets on one side of the step."""
    for part in (early, late):
        units = _advance(tsval, int(part[0]))[part[-1]]
        if units < LEAST_UNITS:
            continue
        rate = float(ts_ns[part[-1]] - ts_ns[part[0]]) / units
        near = [unit for unit in UNITS_NS if abs(rate - unit) <= UNIT_TOLERANCE * unit]
        if near:
            return near[0]
    return None


def _falls_back(table: PacketTable, rows: I64, at: int, size_ns: int) -> bool:
    """Return whether stamps fall back by about the step's size between two records near the split, for good."""
    columns = table.columns
    first, last = int(rows[max(0, at - LASTING_ROWS) : at + LASTING_ROWS].min()), int(rows[: at + LASTING_ROWS].max())
    here = np.arange(max(0, first - LASTING_ROWS), min(len(table), last + LASTING_ROWS))
    fall = -np.diff(columns.ts_ns[here])
    is_one = (columns.file[here][1:] == columns.file[here][:-1]) & (
        columns.interface[here][1:] == columns.interface[here][:-1]
    )
    is_fall: Bool = is_one & (fall > size_ns // 2) & (fall <= size_ns + size_ns // 10)
    back = -fall > size_ns // 2
    if np.count_nonzero(is_fall) != 1:
        return False
    where = int(np.flatnonzero(is_fall)[0])
    return not bool(back[where : where + LASTING_ROWS].any())
