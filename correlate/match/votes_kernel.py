"""Votes of packets for pairs of flows, where most packets of a flow name the same one.

In: partners by the strictest key, and what they are worth. Out: votes per flow of A for the flow that its first voter
named; the voters that named another.
Not here: what the votes decide (``association.py``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from correlate.jit import kernel
from correlate.model.arrays import I32, U8, U32, Bool

TCP, TRANSPORT = 6, 1 << 9


class Voters(NamedTuple):
    """One entry per packet of a vantage, the last one per flow."""

    bits: U8
    flow: I32
    is_outbound: Bool
    is_telling: Bool
    """The IP ID tells transmissions apart."""
    ip_id: U32
    is_taken: Bool
    """Flows that take no part."""


@kernel
def cast_votes(
    partner: Any,
    a: Any,
    b: Any,
    proto: Any,
    flags: Any,
    seq: Any,
    least: Any,
    named: Any,
    votes: Any,
    best: Any,
    is_numbered: Any,
    is_other: Any,
) -> int:
    """Count the voters of each flow of A; return how many named another flow than its first.

    ``named`` int64 starts at -1 and gets ``flow of B * 2 + swapped``; ``best`` int64 gets the bits of the best vote.
    ``is_numbered`` gets the flows that a TCP packet with a number voted for, or one with an equal telling IP ID;
    ``is_other`` (per packet of A) the voters that are not counted.
    """
    others = 0
    for row in range(len(partner)):
        to = partner[row]
        if to < 0 or a.bits[row] < least or b.bits[to] < least:
            continue
        one, two = a.flow[row], b.flow[to]
        if a.is_taken[one] or b.is_taken[two]:
            continue
        pair = int(two) * 2 + (1 if a.is_outbound[row] != b.is_outbound[to] else 0)
        if named[one] < 0:
            named[one] = pair
        if named[one] != pair:
            is_other[row] = True
            others += 1
            continue
        votes[one] += 1
        best[one] = max(best[one], min(int(a.bits[row]), int(b.bits[to])))
        is_same = a.is_telling[row] and b.is_telling[to] and int(a.ip_id[row]) & 0xFFFF == int(b.ip_id[to]) & 0xFFFF
        if is_same or (seq[row] != 0 and proto[row] == TCP and int(flags[row]) & TRANSPORT != 0):
            is_numbered[one] = True
    return others
