"""A vantage's packets by flow and record order, without a sort, and their columns beside one another.

In: trajectories and packet columns. Out: columns given by the caller.
Method: two counting sorts, by row and then by flow, the second of which keeps the order of the first (radix sort). What
is read lies in the order of rows, what is written in as many places as there are flows: reads that jump cost more.
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
def chain_rows(
    rows: Any, place: int, is_ambiguous: Any, duplicate_of: Any, is_paired: Any, flow: Any, flows: Any, flags: Any,
    links: Any, cursor: Any,
) -> int:  # fmt: skip
    """Chain the wanted packets of each row, ascending, and make ``cursor`` where each flow begins; return their number.

    Wanted are packets of ``flows`` (a mask) whose stamp at the place is their own beyond doubt, with a whole transport
    header. ``links``: one entry per row, -1, and one per packet; ``cursor`` has one per flow and one more, 0.
    """
    first_of_row, following = links
    for p in range(len(flow) - 1, -1, -1):
        row = rows[p, place]
        if row < 0 or is_ambiguous[p] or duplicate_of[p] >= 0 or not is_paired[p, place] or not flows[flow[p]]:
            continue
        if (np.int64(flags[row]) & (_TRANSPORT | _NO_TIME)) != _TRANSPORT:
            continue
        following[p] = first_of_row[row]
        first_of_row[row] = p
        cursor[flow[p] + 1] += 1
    for f in range(1, len(cursor)):
        cursor[f] += cursor[f - 1]
    return int(cursor[len(cursor) - 1])


@kernel
def fill_timeline(links: Any, cursor: Any, ways: Any, recorded: Any, out: Any) -> int:
    """Fill the columns of a ``Timeline`` with the chained packets by flow, then row, then number; return how many.

    ``ways``: flow, "is outbound" and direction of every packet; ``recorded``: ``Recorded`` columns of the place;
    ``cursor`` moves on to where each flow ends.
    """
    first_of_row, following = links
    of_flow, outbound, direction = ways
    count = 0
    for row in range(len(first_of_row)):
        p = first_of_row[row]
        while p >= 0:
            k = cursor[of_flow[p]]
            cursor[of_flow[p]] = k + 1
            count += 1
            flags, seq, length = np.int64(recorded.flags[row]), np.int64(recorded.seq[row]), recorded.payload_len[row]
            tcp_flags = np.int64(recorded.tcp_flags[row]) if recorded.proto[row] == _TCP else 0
            spent = np.int64(length) + (1 if tcp_flags & _SYN else 0) + (1 if tcp_flags & _FIN else 0)
            out.packet[k] = p
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
            p = following[p]
    return count
