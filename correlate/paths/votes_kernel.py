"""Votes of the packets that two vantages share, in one pass.

In: sightings of packets in two captures, their stamps and TTLs. Out: votes per flow.
Method: ``votes.py``. Packets are met in the first vantage's record order by way of its rows, and each is compared with
the one before it of its flow: nothing is sorted or gathered.
Not here: few packets, and rows that stand in several sure packets (``votes.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel

NO_TIME = 1 << 21
"""Bit of ``PacketFlag``."""
RANGE = 4
"""``Tier``: from here on, frames cut otherwise."""


@kernel
def cast_votes(
    first: Any,
    second: Any,
    rows: Any,
    flow: Any,
    is_outbound: Any,
    is_ambiguous: Any,
    tier: Any,
    is_sent_anew: Any,
    ts_first: Any,
    ts_second: Any,
    flags_first: Any,
    flags_second: Any,
    ttl_first: Any,
    ttl_second: Any,
    quantum_ns: Any,
    skew_divisor: Any,
    of_row: Any,
    last: Any,
    nesting: Any,
    hop_limit: Any,
) -> int:
    """Add the votes of two vantages (columns of ``rows``) to ``nesting`` and ``hop_limit``, int64 (flows,).

    ``of_row`` int32, one per row of the first vantage, and ``last`` int32 (flows,) start at -1; ``is_sent_anew`` may be
    empty: none is. Return 0, or 1 where one row is in two sure packets: then the votes mean nothing.
    """
    for packet in range(len(rows)):
        one, two = rows[packet, first], rows[packet, second]
        if one < 0 or two < 0:
            continue
        if len(is_sent_anew) == 0 or not is_sent_anew[packet]:
            fall = np.int64(ttl_first[one]) - np.int64(ttl_second[two])
            if fall != 0:
                hop_limit[flow[packet]] += 1 if (fall > 0) == is_outbound[packet] else -1
        if is_ambiguous[packet] or tier[packet] >= RANGE:
            continue
        if of_row[one] >= 0:
            return 1
        of_row[one] = packet
    for row in range(len(of_row)):
        packet = of_row[row]
        if packet < 0:
            continue
        of_flow = flow[packet]
        before = last[of_flow]
        last[of_flow] = packet
        if before < 0 or is_outbound[before] == is_outbound[packet]:
            continue
        row_before, two_before, two = rows[before, first], rows[before, second], rows[packet, second]
        untimed = flags_first[row_before] | flags_first[row] | flags_second[two_before] | flags_second[two]
        if int(untimed) & NO_TIME != 0:
            continue
        difference = (ts_second[two_before] - ts_first[row_before]) - (ts_second[two] - ts_first[row])
        if not is_outbound[before]:
            difference = -difference
        gap = abs(ts_first[row] - ts_first[row_before])
        # Each stamp is early by less than its quantum, so a difference of both quanta together is certain.
        if difference != 0 and abs(difference) >= gap // skew_divisor + quantum_ns:
            nesting[of_flow] += 1 if difference > 0 else -1
    return 0
