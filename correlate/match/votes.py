"""Votes of packets for pairs of flows.

**In:** rows of two sides that look like the same packet. **Out:** ``Tally`` per pair of flows, and the best of them.
**Method:** the best vote counts fully, further ones two bits each, for packets of a flow depend on one another.
**Not here:** which packets vote (``association.py``, ``rescue.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.match.sides import Side
from correlate.model.arrays import F64, I64, Bool, take
from correlate.model.ordering import stable_order


class Edges(NamedTuple):
    """Pairs of flows; ``is_swapped`` where one's outbound is the other's return."""

    a: I64
    b: I64
    is_swapped: Bool


class Tally(NamedTuple):
    """Votes summed per (flow of A, flow of B, swapped)."""

    edges: Edges
    votes: I64
    score: F64
    """Bits."""


def no_edges() -> Edges:
    """Return an empty table."""
    return Edges(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.bool_))


def count_votes(a: Side, b: Side, rows: tuple[I64, I64], worth: tuple[F64, F64]) -> Tally:
    """Return the votes that pairs of ``rows``, worth so many bits on each side, give to pairs of flows."""
    if not len(rows[0]):
        return Tally(no_edges(), np.zeros(0, np.int64), np.zeros(0))
    edges = Edges(
        a.flows.of_packet[rows[0]].astype(np.int64),
        b.flows.of_packet[rows[1]].astype(np.int64),
        a.flows.is_outbound[rows[0]] != b.flows.is_outbound[rows[1]],
    )
    return sum_votes(edges, np.ones(len(rows[0]), np.int64), np.minimum(*worth))


def sum_votes(edges: Edges, votes: I64, best: F64) -> Tally:
    """Return votes for edges, some of them equal, as one each; ``best`` is what the best of the votes is worth."""
    if not len(votes):
        return Tally(no_edges(), np.zeros(0, np.int64), np.zeros(0))
    order = stable_order(edges.a, edges.b, edges.is_swapped)
    edges = take(edges, order)
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = edges.a[1:] != edges.a[:-1]
    is_new[1:] |= (edges.b[1:] != edges.b[:-1]) | (edges.is_swapped[1:] != edges.is_swapped[:-1])
    starts = np.flatnonzero(is_new)
    votes, best = np.add.reduceat(votes[order], starts), np.maximum.reduceat(best[order], starts)
    return Tally(take(edges, starts), votes, best + 2.0 * (votes - 1))


def mutual_best(tally: Tally, is_enough: Bool, margin: float) -> Bool:
    """Return which pairs are the best of both their flows, with ``margin`` times the votes of any other."""
    chosen = is_enough.copy()
    if not len(chosen):
        return chosen
    for flows in (tally.edges.a, tally.edges.b):
        order = np.lexsort((-tally.votes, flows))
        flow, votes = flows[order], tally.votes[order]
        again = flow[1:] == flow[:-1]
        is_top = np.concatenate([[True], ~again])
        runner_up = np.where(np.concatenate([again, [False]]), np.concatenate([votes[1:], [0]]), 0)
        is_clear = is_top & (votes > runner_up) & (votes >= margin * runner_up)
        best = np.zeros(len(flows), np.bool_)
        best[order[is_clear]] = True
        chosen &= best
    return chosen
