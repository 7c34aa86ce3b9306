"""Rows of the changes that routing and a plain NAT made, written from both sightings of each packet.

In: which of the seven routine fields changed, per packet. Out: rows of the finished columns.
Not here: which packets are routine (``metrics/routine_kernel.py``), rows of all others.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel

TTL, IP_CHECKSUM, SRC, DST, SPORT, DPORT, CHECKSUM = range(7)
"""Routine fields, in the order of the table's fields; each is a bit of the mask."""
SLOTS = 7
ODD = 1 << SLOTS

_IPV6, _UDP = 1 << 0, 17
"""``PacketFlag`` bit, and IANA's number."""


@kernel
def lay_routine(
    rows: Any, hop: int, hops: int, mask: Any, is_forward: Any, near: Any, far: Any, fields: Any, cursor: Any, out: Any
) -> int:
    """Write the rows of one hop's routine packets where ``cursor`` says and move it on; return the rows written.

    ``near`` and ``far`` are ``RoutineEnd``; ``fields``: number of each routine field by family and transport.
    """
    to_packet, to_hop, to_field, to_kind, to_expected, to_before, to_after = out
    written = 0
    values = np.zeros((SLOTS, 2), np.int64)
    for p in range(len(rows)):
        bits = mask[p]
        if bits in (0, ODD):
            continue
        a, b = rows[p, hop], rows[p, hop + 1]
        ta, tb = near.tuple_id[a], far.tuple_id[b]
        values[TTL, 0], values[TTL, 1] = near.ttl[a], far.ttl[b]
        values[IP_CHECKSUM, 0], values[IP_CHECKSUM, 1] = near.ip_csum[a], far.ip_csum[b]
        values[SRC, 0], values[SRC, 1] = near.src[ta], far.src[tb]
        values[DST, 0], values[DST, 1] = near.dst[ta], far.dst[tb]
        values[SPORT, 0], values[SPORT, 1] = near.sport[ta], far.sport[tb]
        values[DPORT, 0], values[DPORT, 1] = near.dport[ta], far.dport[tb]
        values[CHECKSUM, 0], values[CHECKSUM, 1] = near.l4_csum[a], far.l4_csum[b]
        family = (np.int64(near.flags[a]) & _IPV6) * 2 + (1 if near.proto[a] == _UDP else 0)
        before = 0 if is_forward[p] else 1
        row = cursor[p * hops + hop]
        for slot in range(SLOTS):
            if not bits >> slot & 1:
                continue
            to_packet[row] = p
            to_hop[row] = hop
            to_field[row] = fields[family, slot]
            to_kind[row] = 0
            to_expected[row] = True
            to_before[row] = values[slot, before]
            to_after[row] = values[slot, 1 - before]
            row += 1
            written += 1
        cursor[p * hops + hop] = row
    return written
