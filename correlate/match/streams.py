"""Byte streams of connections compared, where one equal payload is all that joins them.

**In:** edges between TCP flows of two sides. **Out:** which of them carry the same bytes, as far as the captures tell.
**Method:** a relay gives each connection numbers of its own and may cut bytes anew, but adds and drops none: both
directions are as long on both sides, counted from the SYNs, and segments that start and end alike hold equal bytes. A
request that many clients send meets neither condition once the answers differ.
**Not here:** connections that share more (``association.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.match.joins import unique_pairs
from correlate.match.sides import Side
from correlate.match.votes import Edges
from correlate.model.arrays import I64, Bool
from correlate.model.fingerprints import mixed
from correlate.model.packets import TCP


def carry_same_bytes(a: Side, b: Side, edges: Edges) -> Bool:
    """Return per edge whether both directions of its flows carry as many bytes, and none that are known to differ."""
    one, two = _segments(a, edges.a), _segments(b, edges.b)
    count = len(edges.a)
    # Turned round, the other side's outbound direction is this one's return.
    way = np.where(edges.is_swapped[two[0]], 1 - two[1], two[1]) if count else two[1]
    lengths = [np.zeros((count, 2), np.int64) for _ in range(2)]
    np.maximum.at(lengths[0], (one[0], one[1]), one[3])
    np.maximum.at(lengths[1], (two[0], way), two[3])
    same = np.asarray((lengths[0] == lengths[1]).all(axis=1) & (lengths[0] > 0).all(axis=1))
    at_a, at_b = unique_pairs(mixed(one[0], one[1], one[2], one[3]), mixed(two[0], way, two[2], two[3]))
    head_a, head_b = a.prints.at("head", one[4][at_a]), b.prints.at("head", two[4][at_b])
    same[one[0][at_a[(head_a != 0) & (head_b != 0) & (head_a != head_b)]]] = False
    return same


def _segments(side: Side, flows: I64) -> tuple[I64, I64, I64, I64, I64]:
    """Return (edge, direction, first and last byte counted from the SYN, row) of segments with payload.

    A flow of several edges counts for the last of them; one whose SYNs are not known for none.
    """
    columns = side.flows.columns
    edge_of = np.full(len(side.flows), -1, np.int64)
    edge_of[flows] = np.arange(len(flows))
    is_known = (columns.isn_out >= 0) & (columns.isn_back >= 0) & (columns.proto == TCP)
    edge_of[~is_known] = -1
    flow = side.flows.of_packet
    rows = np.flatnonzero((edge_of[flow] >= 0) & (side.packets.columns.proto == TCP))
    rows = rows[side.prints.at("length", rows) > 0]
    way = side.flows.is_outbound[rows].astype(np.int64)
    first = np.where(way == 1, columns.isn_out[flow[rows]], columns.isn_back[flow[rows]]) + 1
    start = (side.prints.at("seq", rows) - first) & 0xFFFFFFFF
    return edge_of[flow[rows]], way, start, start + side.prints.at("length", rows), rows
