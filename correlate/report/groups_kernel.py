"""Changed fields, counted by what changed into what.

**In:** the changes of a hop: rows of the odd packets, one byte for each of the others. **Out:** counts per kind of
change and per pair of values, with the first packets.
**Method:** one pass in the order of the packets; a kind of change is a number, its pairs of values are looked up one by
one, for beyond a few of them nobody reads them and they are given up, and then values are not even looked up.
**Not here:** what is told of them (``changes.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel
from correlate.model.routine_kernel import CHECKSUM, DST, IP_CHECKSUM, ODD, SPORT, SRC, TTL

_IPV6, _UDP = 1 << 0, 17
"""``PacketFlag`` bit, and IANA's number."""


@kernel
def count_changes(
    odd: Any, rows: Any, hop: int, mask: Any, direction: Any, near: Any, far: Any, fields: Any, shape: Any, out: Any
) -> int:
    """Count each change on a hop with its kind and, while these have few pairs of values, with its pair.

    The number of a kind of change is (((hop * 3 + direction + 1) * fields + field) * kinds + kind) * 2 + expected.
    ``odd``: ``MutationColumns`` of all hops; ``mask``, ``near``, ``far``: of a ``RoutineHop``, empty if there is none;
    ``fields``: of a ``Routine``; ``direction`` int8, per packet; ``shape``: how many fields and kinds there are.
    ``out``: ``Tallies``, all 0 at first. Returns how many changes there are.
    """
    all_fields, kinds = shape
    totals, firsts, distinct, values, counts, examples = out
    some, most = firsts.shape[1], counts.shape[1]
    total, row = 0, 0
    for p in range(len(mask) + 1):
        bits = 0 if p == len(mask) or mask[p] == ODD else np.int64(mask[p])
        # A packet has either rows or a byte on a hop, so within a kind of change packets ascend.
        while True:
            if row < len(odd.packet) and (p == len(mask) or odd.packet[row] <= p):
                row += 1
                if odd.hop[row - 1] != hop:
                    continue
                packet = np.int64(odd.packet[row - 1])
                number = (hop * 3 + np.int64(direction[packet]) + 1) * all_fields + odd.field[row - 1]
                number = (number * kinds + odd.kind[row - 1]) * 2 + (1 if odd.expected[row - 1] else 0)
                one, other = odd.before[row - 1], odd.after[row - 1]
            elif bits != 0:
                packet, slot = np.int64(p), 0
                while not bits >> slot & 1:
                    slot += 1
                bits &= ~(1 << slot)
                a, b = rows[p, hop], rows[p, hop + 1]
                family = (np.int64(near.flags[a]) & _IPV6) * 2 + (1 if near.proto[a] == _UDP else 0)
                number = ((hop * 3 + np.int64(direction[p]) + 1) * all_fields + fields[family, slot]) * kinds * 2 + 1
                one, other = np.int64(0), np.int64(0)
                if distinct[number] <= most:
                    ta, tb = near.tuple_id[a], far.tuple_id[b]
                    if slot == TTL:
                        one, other = np.int64(near.ttl[a]), np.int64(far.ttl[b])
                    elif slot == IP_CHECKSUM:
                        one, other = np.int64(near.ip_csum[a]), np.int64(far.ip_csum[b])
                    elif slot == CHECKSUM:
                        one, other = np.int64(near.l4_csum[a]), np.int64(far.l4_csum[b])
                    elif slot == SRC:
                        one, other = near.src[ta], far.src[tb]
                    elif slot == DST:
                        one, other = near.dst[ta], far.dst[tb]
                    elif slot == SPORT:
                        one, other = near.sport[ta], far.sport[tb]
                    else:
                        one, other = near.dport[ta], far.dport[tb]
                    if direction[p] < 0:
                        one, other = other, one
            else:
                break
            total += 1
            if totals[number] < some:
                firsts[number, totals[number]] = packet
            totals[number] += 1
            used = distinct[number]
            if used > most:
                continue
            at = 0
            while at < used and (values[number, at, 0] != one or values[number, at, 1] != other):
                at += 1
            if at == used:
                distinct[number] += 1
                if used == most:
                    continue
                values[number, at, 0] = one
                values[number, at, 1] = other
            if counts[number, at] < some:
                examples[number, at, counts[number, at]] = packet
            counts[number, at] += 1
    return total
