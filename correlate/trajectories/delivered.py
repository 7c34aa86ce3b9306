"""Hops that a packet surely took: seen at both ends, or seen on.

**In:** a direction's sightings, hop clocks. **Out:** one-way delays with their bounds.

**Method:** forward ``z - offset``, reverse ``offset - z`` with ``z = stamp_second - stamp_first`` (algorithms section
4, D3). A delay is never negative, so a lower bound below 0 is raised to 0; the symmetric estimate is clipped into the
bounds. The offset is the hop's own, so its width is that of the hop and not of the way to the reference.

**Not here:** absence (``rules.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I64
from correlate.model.clocks import UNBOUNDED
from correlate.model.packets import PacketFlag
from correlate.model.trajectories import NO_DELAY
from correlate.trajectories.scene import Scene, Travel

BLOCK = 1 << 16
"""Packets whose delays are reckoned at a time: what is needed meanwhile stays in the cache."""


def one_way_delays(scene: Scene, travel: Travel, index: I64, step: int) -> tuple[I64, I64, I64]:
    """Return ``(estimate, lo, hi)`` in ns for packets held at ``step`` and ``step + 1``.

    ``NO_DELAY`` where stamps do not pair, the pairing is ambiguous, or nothing bounds the clock; ``hi`` is
    ``UNBOUNDED`` where only the other direction was seen.
    """
    estimate, lo, hi = (np.empty(len(index), np.int64) for _ in range(3))
    for start in range(0, len(index), BLOCK):
        block = slice(start, start + BLOCK)
        estimate[block], lo[block], hi[block] = _delays(scene, travel, index[block], step)
    return estimate, lo, hi


def _delays(scene: Scene, travel: Travel, index: I64, step: int) -> tuple[I64, I64, I64]:
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
