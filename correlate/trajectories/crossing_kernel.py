"""Kernel that writes the rows of packets seen at the far end of a hop, delays included.

**In:** one hop, packets. **Out:** rows of the table of fates.

**Method:** that of ``delivered.py`` (the twin that tests compare with), one packet after the other.

**Not here:** packets that the far end lacks (``fates.py``).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from correlate.jit import kernel
from correlate.trajectories.curve_kernel import segment_of, value_at

UNBOUNDED = 2**62
NO_DELAY = -(2**63)
NO_TIME = 1 << 21
DELIVERED, SEEN, PROVEN, LIKELY = 0, 0, 0, 1


@kernel
def lay_crossings(
    begin: int,
    end: int,
    hop: int,
    rows: Any,
    direction: Any,
    is_ambiguous: Any,
    is_paired: Any,
    up_ns: Any,
    up_flags: Any,
    down_ns: Any,
    down_flags: Any,
    at: Any,
    estimate: Any,
    lowest: Any,
    highest: Any,
    origin_ns: int,
    base_ns: int,
    forward_slack_ns: int,
    reverse_slack_ns: int,
    widening: float,
    out_packet: Any,
    out_hop: Any,
    out_fate: Any,
    out_grade: Any,
    out_reason: Any,
    out_owd: Any,
    out_lo: Any,
    out_hi: Any,
    out_witness: Any,
    is_written: Any,
) -> int:
    """Write the row of each packet from ``begin`` to ``end`` that the far end of the hop holds; return how many.

    Parameters
    ----------
    begin, end, hop
        Packets by number; the path's hop.
    rows, direction, is_ambiguous, is_paired
        Of the trajectories.
    up_ns, up_flags, down_ns, down_flags
        Columns of the hop's first and second place, whatever the direction.
    at, estimate, lowest, highest, origin_ns, base_ns, forward_slack_ns, reverse_slack_ns, widening
        The hop's curve, samples counted from ``origin_ns``; what bounds widen by outside of it.
    """
    unbounded, zero = np.int64(UNBOUNDED), np.int64(0)
    count, guess, samples = 0, 0, len(at)
    places = rows.shape[1]
    hops = places - 1
    for p in range(begin, end):
        is_forward = direction[p] > 0
        up, down = rows[p, hop], rows[p, hop + 1]
        if direction[p] == 0 or (down if is_forward else up) < 0:
            continue
        is_seen_before = (up if is_forward else down) >= 0
        is_there = is_seen_before
        if is_forward:
            for earlier in range(hop):
                is_there = is_there or rows[p, earlier] >= 0
        else:
            for earlier in range(hop + 2, places):
                is_there = is_there or rows[p, earlier] >= 0
        if not is_there:
            continue
        count += 1
        place = p * hops + (hop if is_forward else hops - 1 - hop)
        out_packet[place] = p
        out_hop[place] = hop
        out_fate[place] = DELIVERED
        out_grade[place] = LIKELY if is_ambiguous[p] else PROVEN
        out_reason[place] = SEEN
        out_witness[place] = -1
        is_written[place] = True
        out_owd[place] = NO_DELAY
        out_lo[place] = NO_DELAY
        out_hi[place] = NO_DELAY
        if not is_seen_before or samples == 0 or is_ambiguous[p] or not is_paired[p, hop] or not is_paired[p, hop + 1]:
            continue
        if (up_flags[up] | down_flags[down]) & NO_TIME:
            continue
        x = np.float64(up_ns[up] - origin_ns)
        outside = max(0.0, at[0] - x, x - at[samples - 1]) * widening
        guess = segment_of(at, x, guess)
        below = value_at(at, lowest, x, guess) - outside
        above = value_at(at, highest, x, guess) + outside
        offset = np.int64(np.rint(value_at(at, estimate, x, guess))) + base_ns
        least = np.int64(np.rint(below)) + base_ns if math.isfinite(below) else -unbounded
        most = np.int64(np.rint(above)) + base_ns if math.isfinite(above) else unbounded
        if least <= -unbounded and most >= unbounded:
            continue
        z = down_ns[down] - up_ns[up]
        slack = forward_slack_ns if is_forward else reverse_slack_ns
        if not is_forward:
            z, offset, least, most = -z, -offset, -most, -least
        lo = zero if most >= unbounded else max(zero, z - slack - most)
        hi = unbounded if least <= -unbounded else max(zero, z + slack - least)
        out_owd[place] = min(max(z - offset, lo), hi)
        out_lo[place] = lo
        out_hi[place] = hi
    return count
