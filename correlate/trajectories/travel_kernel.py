"""Kernels that gather one direction's packets and sum them up by flow.

**In:** columns of the trajectories and of one place. **Out:** arrays given by the caller.

**Not here:** the same by columns (``travel.py``: the twin that tests compare with).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel


@kernel
def gather_travel(
    table_rows: Any,
    direction: Any,
    wanted: int,
    conversation: Any,
    time_ns: Any,
    is_ambiguous: Any,
    packets: Any,
    flow: Any,
    first: Any,
    last: Any,
    rows: Any,
    held: Any,
) -> Any:
    """Fill what is known of each packet of one direction; return the longest time between two sure sightings, ns."""
    places = table_rows.shape[1]
    longest = np.int64(0)
    k = 0
    for p in range(len(direction)):
        if direction[p] != wanted:
            continue
        packets[k] = p
        flow[k] = conversation[p]
        begin, end = 0, 0
        was_held = False
        for step in range(places):
            row = table_rows[p, step if wanted > 0 else places - 1 - step]
            rows[step, k] = row
            held[step, k] = row >= 0
            if row >= 0:
                end = step
                if not was_held:
                    begin = step
                was_held = True
        first[k] = begin
        last[k] = end
        k += 1
        if end > begin and not is_ambiguous[p]:
            if wanted > 0:
                took = time_ns[p, end] - time_ns[p, begin]
            else:
                took = time_ns[p, places - 1 - end] - time_ns[p, places - 1 - begin]
            longest = max(longest, took)
    return longest


@kernel
def find_first_packets(table_rows: Any, place: int, packet_of: Any) -> int:
    """Fill ``packet_of[row]`` with the first packet of each row of a place; return how many packets it holds."""
    count = 0
    # Backwards, so that the first of several packets in one frame stands.
    for p in range(len(table_rows) - 1, -1, -1):
        row = table_rows[p, place]
        if row >= 0:
            packet_of[row] = p
            count += 1
    return count


@kernel
def sum_flows(
    rows: Any,
    following: Any,
    last: Any,
    step: int,
    flow: Any,
    ttl: Any,
    tuple_id: Any,
    ip_len: Any,
    is_fresh: Any,
    held: Any,
    fresh: Any,
    tuple_in: Any,
    is_one_tuple: Any,
    crossed: Any,
    largest: Any,
    last_row: Any,
    last_crossing: Any,
) -> int:
    """Add up what one step holds of each flow (``FlowSums``); return how many packets it holds.

    ``following``: rows of the next step; what is last seen at ``step`` is not looked for there.
    """
    count = 0
    for k in range(len(rows)):
        row = rows[k]
        if row < 0:
            continue
        count += 1
        f = flow[k]
        held[f] += 1
        if is_fresh[ttl[row]]:
            fresh[f] += 1
        own = tuple_id[row]
        if tuple_in[f] >= 0 and tuple_in[f] != own:
            is_one_tuple[f] = False
        tuple_in[f] = own
        last_row[f] = max(last_row[f], row)
        if last[k] <= step:
            continue
        last_crossing[f] = max(last_crossing[f], row)
        largest[f] = max(largest[f], ip_len[row])
        if following[k] >= 0:
            crossed[f] += 1
    return count
