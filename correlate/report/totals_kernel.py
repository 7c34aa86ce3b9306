"""Totals of flows, by one pass over the packets.

**In:** where each packet was seen, how long it is and when. **Out:** sums and extremes per flow.
**Not here:** what is told of them (``conversations.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel


@kernel
def shorten(rows: Any, place: int, ip_len: Any, length: Any) -> int:
    """Lower ``length`` int32 (packets,) to the length that a place shows; return how many packets it shows.

    ``rows`` int64 (packets, places), -1 = not seen; ``ip_len`` int32, of the place.
    """
    count = 0
    for i in range(len(length)):
        row = rows[i, place]
        if row >= 0:
            count += 1
            length[i] = min(length[i], ip_len[row])
    return count


@kernel
def sum_flows(
    rows: Any, time_ns: Any, flow: Any, kept: Any, length: Any, packets: Any, size: Any, first_ns: Any, last_ns: Any
) -> int:
    """Add every kept packet that some place shows to its flow; return how many these are.

    ``rows`` and ``time_ns`` int64 (packets, places); ``flow`` int32; ``kept`` bool, nothing = all; ``length`` int32.
    Changed, int64 (flows,): ``packets`` and ``size``, sums; ``first_ns`` and ``last_ns``, extremes.
    """
    count = 0
    for i in range(len(flow)):
        if len(kept) > 0 and not kept[i]:
            continue
        number = flow[i]
        is_seen = False
        for place in range(rows.shape[1]):
            if rows[i, place] >= 0:
                is_seen = True
                first_ns[number] = min(first_ns[number], time_ns[i, place])
                last_ns[number] = max(last_ns[number], time_ns[i, place])
        if is_seen:
            packets[number] += 1
            size[number] += length[i]
            count += 1
    return count
