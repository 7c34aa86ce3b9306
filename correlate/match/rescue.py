"""Flows that no rare key joins, joined by time.

**In:** free flows of two sides and the exact pairs found so far. **Out:** ``Edges``.
**Method:** packets that several flows have alike (repeated queries, beacons, connections of equal sizes) are aligned
at the pace of the pairs already known; those that have one clear partner vote for their flows. Equal addresses and
ports break ties only. Without any known pair, and without a distance in time that many flows have in common
(``relative.py``), nothing is joined: unrelated captures share beacons too.
**Not here:** flows with rare packets (``association.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from correlate.match.alignment import align
from correlate.match.pace import Pace, SurePairs
from correlate.match.relative import first_pairs, relative_keys
from correlate.match.sides import Side, Sights, blind
from correlate.match.votes import Edges, count_votes, mutual_best, no_edges
from correlate.model.arrays import I64, Bool, concatenate, take
from correlate.model.fingerprints import mixed


class _Look(NamedTuple):
    """A way in which packets of several flows look alike."""

    key: Callable[[Side, Sights], tuple[I64, Bool]]
    """Key per sight, and where it tells anything."""
    least: int
    """Votes that join two flows."""
    ignores: tuple[str, ...]
    """What may differ: ``payload``, ``ident``, ``stamp``."""


def _by(*parts: str) -> Callable[[Side, Sights], tuple[I64, Bool]]:
    """Return a key of components."""

    def key(_side: Side, sights: Sights) -> tuple[I64, Bool]:
        return mixed(*(getattr(sights, part) for part in parts)), np.ones(len(sights.row), np.bool_)

    return key


def _by_telling_ident(_side: Side, sights: Sights) -> tuple[I64, Bool]:
    return mixed(sights.ident, sights.length, sights.shape, sights.seq, sights.ack), sights.is_telling


def _by_place(side: Side, sights: Sights) -> tuple[I64, Bool]:
    return relative_keys(side, sights.row)


_LOOKS = (
    _Look(_by("exact"), 1, ()),
    # IP ID rewritten or lost.
    _Look(_by("seq", "ack", "shape", "body", "stamp"), 1, ("ident",)),
    # Payload cut away at one of them.
    _Look(_by("ident", "total", "length", "shape", "seq", "ack"), 1, ()),
    # Payload altered; only where the IP ID tells.
    _Look(_by_telling_ident, 1, ("payload",)),
    # Initial sequence numbers rewritten, and whatever else tells.
    _Look(_by_place, 3, ("ident", "stamp")),
)


def rescue(a: Side, b: Side, free: tuple[Bool, Bool], support: Callable[[], SurePairs] | None) -> Edges:
    """Return edges between free flows whose packets meet in time. Cost O(n log n) in packets of free flows.

    ``support`` gathers pairs of packets that are sure; None = there are none.
    """
    free_a, free_b = free[0].copy(), free[1].copy()
    rows_a, rows_b = _rows_of(a, free_a), _rows_of(b, free_b)
    if not len(rows_a) or not len(rows_b):
        return no_edges()
    if support is None:
        first = first_pairs(a, b, (rows_a, rows_b))
        if not len(first.time):
            return no_edges()
        pace = Pace(first)
    else:
        pace = Pace(support)
    found: list[Edges] = [no_edges()]
    for look in _LOOKS:
        edges = _meet(a, b, (rows_a, rows_b), pace, look)
        free_a[edges.a] = False
        free_b[edges.b] = False
        rows_a, rows_b = rows_a[free_a[a.flows.of_packet[rows_a]]], rows_b[free_b[b.flows.of_packet[rows_b]]]
        found.append(edges)
    return concatenate(found)


def _rows_of(side: Side, free: Bool) -> I64:
    """Return the rows of free flows, no copies."""
    return np.flatnonzero(~side.is_copy & free[side.flows.of_packet])


def _meet(a: Side, b: Side, open_rows: tuple[I64, I64], pace: Pace, look: _Look) -> Edges:
    """Return edges that packets that look alike give."""
    views, keys = [], []
    for side, rows in ((a, open_rows[0]), (b, open_rows[1])):
        sights = Sights(side, rows, np.full(len(rows), -1))
        key, tells = look.key(side, sights)
        views.append(_without(sights, look.ignores).take(tells))
        keys.append(key[tells])
    if not len(views[0].row) or not len(views[1].row):
        return no_edges()
    names = _names(a, views[0].row), _names(b, views[1].row)
    found = align(views[0], views[1], (keys[0], keys[1]), pace, names)
    clear = ~found.is_ambiguous | (names[0][found.a] == names[1][found.b])
    voters = views[0].row[found.a[clear]], views[1].row[found.b[clear]]
    worth = np.full(len(voters[0]), 16.0)
    tally = count_votes(a, b, voters, (worth, worth))
    return take(tally.edges, mutual_best(tally, tally.votes >= look.least, margin=2.0))


def _without(sights: Sights, ignored: tuple[str, ...]) -> Sights:
    """Return the sights without what may differ."""
    if "payload" in ignored:
        sights = blind(sights)
    if "ident" in ignored:
        sights = sights.but(is_telling=np.zeros(len(sights.row), np.bool_))
    if "stamp" in ignored:
        sights = sights.but(stamp=np.zeros(len(sights.row), np.int64))
    return sights


def _names(side: Side, rows: I64) -> I64:
    """Return a hash of addresses and ports per row."""
    tuples = side.packets.tuples
    words = np.ascontiguousarray(np.concatenate([tuples.src, tuples.dst], axis=1)).view(np.int64).reshape(-1, 4)
    hashed = mixed(*(words[:, part] for part in range(4)), tuples.sport, tuples.dport)
    return hashed[side.packets.columns.tuple_id[rows]]
