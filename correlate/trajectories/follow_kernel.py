"""Kernels that put the stamps of matched packets on the reference clock, and packets into the order of their times.

**In:** the match matrix, columns of one place. **Out:** arrays given by the caller.

**Not here:** the same by columns (``follow.py``: the twin that tests compare with).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel
from correlate.trajectories.curve_kernel import segment_of, value_at

NO_TIME = 1 << 21


@kernel
def stamp_packets(
    kept: Any,
    match_rows: Any,
    vantage: int,
    place: int,
    ts_ns: Any,
    flags: Any,
    at: Any,
    estimate: Any,
    origin_ns: int,
    base_ns: int,
    time_ns: Any,
    first_ns: Any,
    is_met: Any,
) -> int:
    """Write the times of packets at one place (0 = none) and lower ``first_ns`` to them; return how many it holds.

    ``is_met[row]``: some packet is this row, so that rows of several packets show as less of them.
    """
    guess, count = 0, 0
    for k in range(len(kept)):
        row = match_rows[kept[k], vantage]
        time_ns[k, place] = 0
        if row < 0:
            continue
        count += 1
        is_met[row] = True
        if flags[row] & NO_TIME:
            continue
        offset = np.int64(base_ns)
        if len(at) > 0:
            x = np.float64(ts_ns[row] - origin_ns)
            guess = segment_of(at, x, guess)
            offset += np.int64(np.rint(value_at(at, estimate, x, guess)))
        time = ts_ns[row] - offset
        time_ns[k, place] = time
        first_ns[k] = min(first_ns[k], time)
    return count


@kernel
def lay_packets(
    order: Any,
    kept: Any,
    vantages: Any,
    match_rows: Any,
    match_flow: Any,
    match_outbound: Any,
    match_tier: Any,
    match_ambiguous: Any,
    flow_direction: Any,
    match_time: Any,
    rows: Any,
    packet: Any,
    flow: Any,
    direction: Any,
    is_outbound: Any,
    tier: Any,
    is_ambiguous: Any,
    time_ns: Any,
) -> int:
    """Write the packets of ``order`` one after the other.

    ``match_time`` goes with ``kept``, all other columns of the match with its own rows. ``vantages``: of each place.
    """
    for i in range(len(order)):
        k = order[i]
        m = kept[k]
        packet[i] = m
        flow[i] = match_flow[m]
        is_outbound[i] = match_outbound[m]
        own = flow_direction[match_flow[m]]
        direction[i] = own if match_outbound[m] else -own
        tier[i] = match_tier[m]
        is_ambiguous[i] = match_ambiguous[m]
        for place in range(len(vantages)):
            rows[i, place] = match_rows[m, vantages[place]]
            time_ns[i, place] = match_time[k, place]
    return len(order)
