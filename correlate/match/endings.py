"""Connections whose numbers say nothing, told apart by where they end.

**In:** edges between flows of two sides. **Out:** which of them may be one connection.
**Method:** hosts draw initial sequence numbers at random (RFC 9293 section 3.4.1); simulators and test benches start
at 0, so that the numbers, lengths and identifications of all their connections are alike. Of such, a FIN settles it:
nothing is sent beyond it, so a stream that goes on where the other one ended is another.
**Not here:** connections with numbers of their own: a gateway may have made one longer (``shifts.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.match.sides import Side
from correlate.match.votes import Edges
from correlate.model.arrays import I64, Bool
from correlate.model.packets import TCP

_FIN = 1
_DRAWN = 1 << 16
"""Both ends of a connection draw numbers below this once in 2 ** 32 connections."""


def end_alike(a: Side, b: Side, edges: Edges) -> Bool:
    """Return per edge whether no stream of its flows goes on where the other side's ended. Cost O(n)."""
    possible = np.ones(len(edges.a), np.bool_)
    at = np.flatnonzero(_is_counted(a, edges.a) & _is_counted(b, edges.b))
    if not len(at):
        return possible
    end_a, reach_a = _extent(a, edges.a[at])
    end_b, reach_b = _extent(b, edges.b[at])
    turned = edges.is_swapped[at]
    end_b[turned], reach_b[turned] = end_b[turned][:, ::-1], reach_b[turned][:, ::-1]
    goes_on = ((end_a >= 0) & (reach_b > end_a)) | ((end_b >= 0) & (reach_a > end_b))
    possible[at] = ~goes_on.any(axis=1)
    return possible


def _is_counted(side: Side, flows: I64) -> Bool:
    """Return which flows are TCP connections with both initial sequence numbers near 0."""
    columns = side.flows.columns
    numbers = columns.isn_out[flows], columns.isn_back[flows]
    is_small = [(number >= 0) & (number < _DRAWN) for number in numbers]
    return np.asarray((columns.proto[flows] == TCP) & is_small[0] & is_small[1])


def _extent(side: Side, flows: I64) -> tuple[I64, I64]:
    """Return per flow and direction where its FIN ends it (-1 = not seen), and how far it reaches, raw numbers."""
    place = np.full(len(side.flows), -1, np.int64)
    distinct, of_edge = np.unique(flows, return_inverse=True)
    place[distinct] = np.arange(len(distinct))
    flow = side.flows.of_packet
    columns = side.packets.columns
    rows = np.flatnonzero((place[flow] >= 0) & (columns.proto == TCP))
    way = side.flows.is_outbound[rows].astype(np.int64)
    last = side.prints.at("seq", rows) + side.prints.at("length", rows)
    has_fin = (columns.tcp_flags[rows] & _FIN) != 0
    end = np.full((len(distinct), 2), -1, np.int64)
    reach = np.full((len(distinct), 2), -1, np.int64)
    np.maximum.at(end, (place[flow[rows[has_fin]]], way[has_fin]), last[has_fin])
    carries = side.prints.at("length", rows) > 0
    np.maximum.at(reach, (place[flow[rows[carries]]], way[carries]), last[carries])
    return end[of_edge], reach[of_edge]
