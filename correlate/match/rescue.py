"""Flows that no rare key joins, joined by time.

**In:** free flows of two sides and the exact pairs found so far. **Out:** ``Edges``.
**Method:** packets that occur in several flows alike (repeated queries, beacons) are aligned at the pace of the pairs
already known; those that have one clear partner vote for their flows. Equal addresses and ports break ties only.
Without any known pair nothing is joined: unrelated captures share beacons too.
**Not here:** flows with rare packets (``association.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.match.alignment import align
from correlate.match.pace import Pace, SurePairs
from correlate.match.sides import Side, blind, sights_of
from correlate.match.votes import Edges, count_votes, mutual_best, no_edges
from correlate.model.arrays import I64, Bool, concatenate, take
from correlate.model.fingerprints import mixed

_KEYS = (
    ("exact",),
    # IP ID rewritten or lost.
    ("seq", "ack", "shape", "body", "stamp"),
    # Payload cut away at one of them.
    ("ident", "total", "length", "shape", "seq", "ack"),
    # Payload altered; only where the IP ID tells.
    ("ident", "length", "shape", "seq", "ack"),
)


def rescue(a: Side, b: Side, free: tuple[Bool, Bool], support: SurePairs) -> Edges:
    """Return edges between free flows whose packets meet in time. Cost O(n log n) in packets of free flows."""
    free_a, free_b = free[0].copy(), free[1].copy()
    found: list[Edges] = []
    for parts in _KEYS:
        edges = _meet(a, b, (free_a, free_b), support, parts)
        free_a[edges.a] = False
        free_b[edges.b] = False
        found.append(edges)
    return concatenate(found)


def _meet(a: Side, b: Side, free: tuple[Bool, Bool], support: SurePairs, parts: tuple[str, ...]) -> Edges:
    """Return edges that packets with equal components give."""
    rows = [np.flatnonzero(~side.is_copy & mine[side.flows.of_packet]) for side, mine in ((a, free[0]), (b, free[1]))]
    if not len(support.time) or not len(rows[0]) or not len(rows[1]):
        return no_edges()
    sights = [sights_of(side, part, np.full(len(part), -1)) for side, part in ((a, rows[0]), (b, rows[1]))]
    if parts == _KEYS[-1]:
        rows = [part[side.is_telling] for part, side in zip(rows, sights, strict=True)]
        sights = [blind(take(side, side.is_telling)) for side in sights]
    names = _names(a)[a.packets.columns.tuple_id[rows[0]]], _names(b)[b.packets.columns.tuple_id[rows[1]]]
    keys = [mixed(*(getattr(side, part) for part in parts)) for side in sights]
    found = align(sights[0], sights[1], (keys[0], keys[1]), Pace(support), names)
    clear = ~found.is_ambiguous | (names[0][found.a] == names[1][found.b])
    voters = rows[0][found.a[clear]], rows[1][found.b[clear]]
    worth = np.full(len(voters[0]), 16.0)
    tally = count_votes(a, b, voters, (worth, worth))
    chosen = mutual_best(tally, np.ones(len(tally.votes), np.bool_), margin=2.0)
    return take(tally.edges, chosen)


def _names(side: Side) -> I64:
    """Return a hash of addresses and ports per tuple."""
    tuples = side.packets.tuples
    words = np.ascontiguousarray(np.concatenate([tuples.src, tuples.dst], axis=1)).view(np.int64).reshape(-1, 4)
    return mixed(*(words[:, part] for part in range(4)), tuples.sport, tuples.dport)
