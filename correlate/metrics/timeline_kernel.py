"""A vantage's packets by flow and record order, without a sort; and their columns beside one another.

In: trajectories and packet columns. Out: positions and columns given by the caller.
Method: two counting sorts, by row and then by flow, the second of which keeps the order of the first (radix sort).
Not here: which packets are wanted (``timeline.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel

_FIN, _SYN, _TCP = 1, 2, 6
_TRANSPORT, _ICMP_ERROR, _NO_TIME, _TLS_HANDSHAKE = 1 << 9, 1 << 18, 1 << 21, 1 << 24
"""``PacketFlag`` bits."""


@kernel
def order_by_flow(
    rows: Any, place: int, is_timed: Any, flow: Any, flows: Any, flags: Any, links: Any, cursor: Any, order: Any
) -> int:
    """Fill ``order`` with the wanted packets by flow, then row, then number; return how many there are.

    Wanted are packets of ``flows`` (a mask) that are timed at the place and have a whole transport header. ``links``
    is scratch: one entry per row, -1, and one per packet; ``cursor`` has one per flow and one more, 0.
    """
    first_of_row, following = links
    for p in range(len(flow) - 1, -1, -1):
        row = rows[p, place]
        if row < 0 or not is_timed[p] or not flows[flow[p]]:
            continue
        if (np.int64(flags[row]) & (_TRANSPORT | _NO_TIME)) != _TRANSPORT:
            continue
        following[p] = first_of_row[row]
        first_of_row[row] = p
        cursor[flow[p] + 1] += 1
    for f in range(1, len(cursor)):
        cursor[f] += cursor[f - 1]
    total = int(cursor[len(cursor) - 1])
    for row in range(len(first_of_row)):
        p = first_of_row[row]
        while p >= 0:
            order[cursor[flow[p]]] = p
            cursor[flow[p]] += 1
            p = following[p]
    return total


@kernel
def fill_timeline(rows: Any, place: int, ways: Any, recorded: Any, out: Any) -> int:
    """Fill the columns of a ``Timeline`` whose packets are known; return how many there are.

    ``ways``: flow, "is outbound" and direction of every packet; ``recorded``: ``Recorded`` columns of the place.
    """
    of_flow, outbound, direction = ways
    for k in range(len(out.packet)):
        p = out.packet[k]
        row = rows[p, place]
        flags, seq, length = np.int64(recorded.flags[row]), np.int64(recorded.seq[row]), recorded.payload_len[row]
        tcp_flags = np.int64(recorded.tcp_flags[row]) if recorded.proto[row] == _TCP else 0
        spent = np.int64(length) + (1 if tcp_flags & _SYN else 0) + (1 if tcp_flags & _FIN else 0)
        out.flow[k] = of_flow[p]
        out.is_outbound[k] = outbound[p]
        out.is_forward[k] = direction[p] >= 0
        out.ts_ns[k] = recorded.ts_ns[row]
        out.proto[k] = recorded.proto[row]
        out.is_error[k] = (flags & _ICMP_ERROR) != 0
        out.icmp_type[k] = recorded.icmp_type[row]
        out.tcp_flags[k] = tcp_flags
        out.seq[k] = seq
        out.end[k] = (seq + spent) & 0xFFFFFFFF
        out.ack[k] = recorded.ack[row]
        out.payload_len[k] = length
        out.is_tls[k] = (flags & _TLS_HANDSHAKE) != 0
    return len(out.packet)
