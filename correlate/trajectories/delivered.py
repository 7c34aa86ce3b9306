"""Hops that a packet surely took: seen at both ends, or seen on.

**In:** sightings, hop clocks. **Out:** rows of the table of fates, with one-way delays and their bounds.

**Method:** forward ``z - offset``, reverse ``offset - z`` with ``z = stamp_second - stamp_first`` (algorithms section
4, D3). A delay is never negative, so a lower bound below 0 is raised to 0; the symmetric estimate is clipped into the
bounds. The offset is the hop's own, so its width is that of the hop and not of the way to the reference.

Many packets are done by a kernel, few by columns; tests hold both ways to one result.

**Not here:** absence (``rules.py``).
"""

from __future__ import annotations

from functools import partial

import numpy as np

from correlate.model.arrays import I64, frozen
from correlate.model.clocks import UNBOUNDED
from correlate.model.packets import PacketFlag
from correlate.model.trajectories import NO_DELAY, Fate, FateGrade, Reason
from correlate.parallel import two_at_a_time
from correlate.trajectories.crossing_kernel import lay_crossings
from correlate.trajectories.scene import Scene
from correlate.trajectories.sheet import Sheet, blank_rows
from correlate.trajectories.worth import is_worth_a_kernel


def lay_delivered(scene: Scene, sheet: Sheet) -> None:
    """Write the rows of all packets and hops that end in a sighting, along the packet's own way."""
    count = len(scene.table)
    for hop in range(sheet.hops):
        if not is_worth_a_kernel(count):
            lay_by_column(scene, hop, sheet)
            continue
        halves = ((0, count // 2), (count // 2, count))
        two_at_a_time([partial(lay_by_kernel, scene, hop, sheet, half) for half in halves], packets=count)


def lay_by_column(scene: Scene, hop: int, sheet: Sheet) -> None:
    """Write the rows of packets that the far end of ``hop`` holds, by columns."""
    table = scene.table
    held = table.rows >= 0
    for direction, far, before in ((1, hop + 1, held[:, : hop + 1]), (-1, hop, held[:, hop + 1 :])):
        packets = np.flatnonzero((table.direction == direction) & held[:, far] & before.any(axis=1))
        rows = blank_rows(packets, hop, Fate.DELIVERED, Reason.SEEN)
        is_doubtful = table.is_ambiguous[packets]
        grade = np.where(is_doubtful, FateGrade.LIKELY, FateGrade.PROVEN).astype(np.int8)
        both = np.flatnonzero(held[packets, hop] & held[packets, hop + 1])
        delays = [np.full(len(packets), NO_DELAY) for _ in range(3)]
        for column, values in zip(delays, _delays(scene, packets[both], hop, direction), strict=True):
            column[both] = values
        rows = rows._replace(grade=grade, owd_ns=delays[0], owd_lo_ns=delays[1], owd_hi_ns=delays[2])
        sheet.put(rows, direction)


def lay_by_kernel(scene: Scene, hop: int, sheet: Sheet, span: tuple[int, int]) -> None:
    """Do what :func:`lay_by_column` does, for the packets from the first number of ``span`` up to the second."""
    table, clock = scene.table, scene.clocks.hops[hop]
    up, down = (scene.places[place].packets.columns for place in (hop, hop + 1))
    curve, origin = clock.curve, int(clock.curve.at_ns[0]) if len(clock.curve.at_ns) else 0
    # A single sample without width is exact everywhere (``read_curve``).
    is_exact = len(curve.at_ns) == 1 and curve.lo[0] == curve.hi[0]
    lay_crossings(
        *span,
        hop,
        table.rows,
        table.direction,
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
        *clock.slack_ns,
        0.0 if is_exact else 1e-3,
        *sheet.rows,
        sheet.is_written,
    )


def _delays(scene: Scene, packets: I64, hop: int, direction: int) -> tuple[I64, I64, I64]:
    """Return ``(estimate, lo, hi)`` in ns for packets held at both ends of ``hop``.

    ``NO_DELAY`` where stamps do not pair, the pairing is ambiguous, or nothing bounds the clock; ``hi`` is
    ``UNBOUNDED`` where only the other direction was seen.
    """
    up, down = (scene.places[place].packets.columns for place in (hop, hop + 1))
    up_rows, down_rows = scene.table.rows[packets, hop], scene.table.rows[packets, hop + 1]
    up_ns, down_ns = up.ts_ns[up_rows], down.ts_ns[down_rows]
    is_known = ((up.flags[up_rows] | down.flags[down_rows]) & PacketFlag.NO_TIME) == 0
    is_known &= scene.table.is_paired_stamp[packets, hop] & scene.table.is_paired_stamp[packets, hop + 1]
    is_known &= ~scene.table.is_ambiguous[packets]
    offset, offset_lo, offset_hi = scene.clocks.hops[hop].offset_at(np.where(is_known, up_ns, 0))
    is_known &= (offset_lo > -UNBOUNDED) | (offset_hi < UNBOUNDED)
    z = np.where(is_known, down_ns, 0) - np.where(is_known, up_ns, 0)
    if direction < 0:
        z, offset, offset_lo, offset_hi = -z, -offset, -offset_hi, -offset_lo
    slack = scene.clocks.hops[hop].slack_ns[0 if direction > 0 else 1]
    lo = np.where(offset_hi >= UNBOUNDED, 0, np.maximum(0, z - slack - np.minimum(offset_hi, UNBOUNDED)))
    hi = np.where(offset_lo <= -UNBOUNDED, UNBOUNDED, np.maximum(0, z + slack - np.maximum(offset_lo, -UNBOUNDED)))
    values = (np.clip(z - offset, lo, hi), lo, hi)
    none = np.int64(NO_DELAY)
    return tuple(np.where(is_known, value, none) for value in values)  # type: ignore[return-value]
