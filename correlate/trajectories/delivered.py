"""Hops that a packet surely took: seen at both ends, or seen on.

**In:** a direction's sightings, hop clocks. **Out:** rows of the table of fates, with one-way delays and their bounds.

**Method:** forward ``z - offset``, reverse ``offset - z`` with ``z = stamp_second - stamp_first`` (algorithms section
4, D3). A delay is never negative, so a lower bound below 0 is raised to 0; the symmetric estimate is clipped into the
bounds. The offset is the hop's own, so its width is that of the hop and not of the way to the reference.

Many packets are done by a kernel, few by columns; tests hold both ways to one result.

**Not here:** absence (``rules.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I64, frozen
from correlate.model.clocks import UNBOUNDED
from correlate.model.packets import PacketFlag
from correlate.model.trajectories import NO_DELAY, Fate, FateColumns, FateGrade, Reason
from correlate.trajectories.crossing_kernel import lay_crossings
from correlate.trajectories.scene import Scene, Travel
from correlate.trajectories.sheet import Sheet
from correlate.trajectories.worth import is_worth_a_kernel


def lay_delivered(scene: Scene, travel: Travel, step: int, sheet: Sheet) -> None:
    """Write the rows of all packets of ``travel`` whose hop after ``step`` ends in a sighting."""
    lay = _lay_by_kernel if is_worth_a_kernel(len(scene.table)) else lay_by_column
    lay(scene, travel, step, sheet)


def lay_by_column(scene: Scene, travel: Travel, step: int, sheet: Sheet) -> None:
    """Do what :func:`lay_delivered` does, by columns."""
    held = np.flatnonzero((travel.first <= step) & travel.held[:, step + 1])
    rows = blank_rows(travel, held, step, Fate.DELIVERED, Reason.SEEN)
    is_doubtful = scene.table.is_ambiguous[travel.packets[held]]
    grade = np.where(is_doubtful, FateGrade.LIKELY, FateGrade.PROVEN).astype(np.int8)
    both = np.flatnonzero(travel.held[held, step])
    delays = [np.full(len(held), NO_DELAY) for _ in range(3)]
    for column, values in zip(delays, one_way_delays(scene, travel, held[both], step), strict=True):
        column[both] = values
    rows = rows._replace(grade=grade, owd_ns=delays[0], owd_lo_ns=delays[1], owd_hi_ns=delays[2])
    sheet.put(rows, travel.direction)


def _lay_by_kernel(scene: Scene, travel: Travel, step: int, sheet: Sheet) -> None:
    hop, table = travel.hop(step), scene.table
    up, down = (scene.places[place].packets.columns for place in (hop, hop + 1))
    clock = scene.clocks.hops[hop]
    curve, origin = clock.curve, int(clock.curve.at_ns[0]) if len(clock.curve.at_ns) else 0
    # A single sample without width is exact everywhere (``read_curve``).
    is_exact = len(curve.at_ns) == 1 and curve.lo[0] == curve.hi[0]
    lay_crossings(
        step,
        travel.direction,
        hop,
        sheet.hops,
        travel.packets,
        travel.first,
        travel.rows[:, step],
        travel.rows[:, step + 1],
        table.is_ambiguous,
        table.is_paired_stamp,
        up.ts_ns,
        up.flags,
        down.ts_ns,
        down.flags,
        (curve.at_ns - origin).astype(np.float64),
        frozen(curve.estimate),
        frozen(curve.lo),
        frozen(curve.hi),
        origin,
        clock.base_ns,
        clock.slack_ns[0 if travel.direction > 0 else 1],
        0.0 if is_exact else 1e-3,
        *sheet.rows,
        sheet.is_written,
    )


def one_way_delays(scene: Scene, travel: Travel, index: I64, step: int) -> tuple[I64, I64, I64]:
    """Return ``(estimate, lo, hi)`` in ns for packets held at ``step`` and ``step + 1``.

    ``NO_DELAY`` where stamps do not pair, the pairing is ambiguous, or nothing bounds the clock; ``hi`` is
    ``UNBOUNDED`` where only the other direction was seen.
    """
    hop = travel.hop(step)
    packets = travel.packets[index]
    up, down = (scene.places[place].packets.columns for place in (hop, hop + 1))
    up_rows, down_rows = scene.table.rows[packets, hop], scene.table.rows[packets, hop + 1]
    up_ns, down_ns = up.ts_ns[up_rows], down.ts_ns[down_rows]
    is_known = ((up.flags[up_rows] | down.flags[down_rows]) & PacketFlag.NO_TIME) == 0
    is_known &= scene.table.is_paired_stamp[packets, hop] & scene.table.is_paired_stamp[packets, hop + 1]
    is_known &= ~scene.table.is_ambiguous[packets]
    offset, offset_lo, offset_hi = scene.clocks.hops[hop].offset_at(np.where(is_known, up_ns, 0))
    is_known &= (offset_lo > -UNBOUNDED) | (offset_hi < UNBOUNDED)
    z = np.where(is_known, down_ns, 0) - np.where(is_known, up_ns, 0)
    if travel.direction < 0:
        z, offset, offset_lo, offset_hi = -z, -offset, -offset_hi, -offset_lo
    slack = scene.clocks.hops[hop].slack_ns[0 if travel.direction > 0 else 1]
    lo = np.where(offset_hi >= UNBOUNDED, 0, np.maximum(0, z - slack - np.minimum(offset_hi, UNBOUNDED)))
    hi = np.where(offset_lo <= -UNBOUNDED, UNBOUNDED, np.maximum(0, z + slack - np.maximum(offset_lo, -UNBOUNDED)))
    values = (np.clip(z - offset, lo, hi), lo, hi)
    none = np.int64(NO_DELAY)
    return tuple(np.where(is_known, value, none) for value in values)  # type: ignore[return-value]


def blank_rows(travel: Travel, index: I64, step: int, fate: Fate, reason: Reason) -> FateColumns:
    """Return rows of one hop with everything but the packets still to fill in."""
    count = len(index)
    no_delay = np.full(count, NO_DELAY)
    return FateColumns(
        packet=travel.packets[index],
        hop=np.full(count, travel.hop(step), np.int16),
        fate=np.full(count, fate, np.int8),
        grade=np.full(count, FateGrade.INCONCLUSIVE, np.int8),
        reason=np.full(count, reason, np.int8),
        owd_ns=no_delay,
        owd_lo_ns=no_delay,
        owd_hi_ns=no_delay,
        witness=np.full(count, -1, np.int32),
    )
