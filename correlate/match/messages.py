"""Connections that exchange the same HTTP messages.

**In:** two sides, flows that nothing else joined. **Out:** ``Edges``.
**Method:** a proxy that adds headers leaves no packet alike and no stream equal; the exchange itself stays
(``http.py``). Of flows with bytes in both directions the beginnings are read again; exchanges that each side has once
join their flows where they can be no accident (``credit.py``): a binary body, a date, or time.
**Not here:** pooled connections that carry the messages of several others: their later messages join nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from correlate.match.credit import are_believed
from correlate.match.http import Exchange, first_exchange
from correlate.match.pace import SurePairs
from correlate.match.reading import read_beginnings
from correlate.match.sides import Side
from correlate.match.votes import Edges, no_edges
from correlate.model.arrays import I64, Bool, take
from correlate.model.packets import TCP

_MOST = 5_000
"""Flows of one capture whose beginnings are read."""


def join_exchanges(a: Side, b: Side, free: tuple[Bool, Bool], known: Callable[[], SurePairs]) -> Edges:
    """Return edges between free flows whose first exchanges are one. Cost: one more look at either capture's file."""
    if a.fetch is None or b.fetch is None:
        return no_edges()
    flows = [_talking(side, mine) for side, mine in ((a, free[0]), (b, free[1]))]
    if not len(flows[0]) or not len(flows[1]):
        return no_edges()
    ours = _exchanges(a, flows[0])
    theirs = _exchanges(b, flows[1]) if ours else {}
    met = [(ours[key], theirs[key]) for key in ours.keys() & theirs.keys()]
    pairs = [(one, two) for one, two in met if one is not None and two is not None]
    pairs.sort(key=lambda pair: pair[0][0])
    edges = Edges(
        np.array([one[0] for one, _ in pairs], np.int64),
        np.array([two[0] for _, two in pairs], np.int64),
        np.zeros(len(pairs), np.bool_),
    )
    if not pairs:
        return no_edges()
    rows = _first_requests(a, edges.a), _first_requests(b, edges.b)
    bodies = [one[1].body for one, _ in pairs]
    is_dated = np.array([one[1].has_date for one, _ in pairs], np.bool_)
    good = are_believed(a, b, rows, bodies, is_dated, known())
    return take(edges, good)


def _talking(side: Side, free: Bool) -> I64:
    """Return the free TCP flows with bytes in both directions, no more than can be read."""
    count = len(side.flows)
    free = free & (side.flows.columns.proto == TCP)
    if not free.any():
        return np.zeros(0, np.int64)
    has = (side.prints.at("length", slice(None)) > 0) & ~side.is_copy
    out, back = (
        np.bincount(side.flows.of_packet[has & (side.flows.is_outbound == way)], minlength=count) > 0
        for way in (True, False)
    )
    flows = np.flatnonzero(free & out & back)
    return flows if len(flows) <= _MOST else flows[:0]


def _exchanges(side: Side, flows: I64) -> dict[tuple[bytes, ...], tuple[int, Exchange] | None]:
    """Return flow and exchange by key; None where several flows have it."""
    streams = read_beginnings(side, flows)
    found: dict[tuple[bytes, ...], tuple[int, Exchange] | None] = {}
    for flow in flows.tolist():
        exchange = first_exchange(streams.get((flow, 1), b""), streams.get((flow, 0), b""))
        if exchange is not None:
            found[exchange.key] = None if exchange.key in found else (flow, exchange)
    return found


def _first_requests(side: Side, flows: I64) -> I64:
    """Return the first row with payload of the outbound direction of each flow."""
    has = side.prints.at("length", slice(None)) > 0
    rows = np.flatnonzero(has & side.flows.is_outbound & ~side.is_copy)[::-1]
    first = np.zeros(len(side.flows), np.int64)
    first[side.flows.of_packet[rows]] = rows
    return first[flows]
