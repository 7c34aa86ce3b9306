"""Directions of flows that have no votes of their own.

**In:** the order, directions known so far. **Out:** more directions; the rest stays unknown.

**Method:** where flows with known direction place an address on one side of a vantage, other flows of that address
follow, and so does one whose direction hangs on a single round trip. For one-way flows that two neighbours share,
``z = stamp_v - stamp_u`` lies near the ``z`` of forward packets around it or near that of reverse ones, which differ by
the two-way transit.

**Not here:** votes within one flow (``votes.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from correlate.model.arrays import I8, I64, Bool
from correlate.model.flows import FlowTable, JoinedFlows
from correlate.model.matches import MatchTable
from correlate.model.packets import PacketTable
from correlate.paths.votes import SKEW_DIVISOR, SharedPackets, shared_packets, sure_packets, tick_of

FIRM = 2
"""A flow of more than one round trip says as much as two of one, and it takes as much to overrule one of those."""


def by_addresses(
    signs: I8,
    lone: Bool,
    packets: Sequence[PacketTable],
    flows: Sequence[FlowTable],
    joined: JoinedFlows,
    order: Sequence[int],
) -> I8:
    """Return ``signs`` with unknown and ``lone`` flows decided by the sides on which their addresses mostly live."""
    weight = signs.astype(np.int64) * np.where(lone, 1, FIRM)
    votes = np.zeros(len(signs), np.int64)
    for vantage in order:
        initiator, responder = _addresses(packets[vantage], flows[vantage], joined, vantage)
        size = int(max(initiator.max(initial=-1), responder.max(initial=-1))) + 1
        of_flow = joined.of_flow[vantage]
        own, least = weight[of_flow], np.where(lone[of_flow], FIRM, 1)
        side = np.bincount(initiator, weights=own, minlength=size) - np.bincount(responder, weights=own, minlength=size)
        # What a flow says itself does not count for it.
        head, tail = side[initiator] - own, side[responder] + own
        head, tail = (np.sign(end) * (np.abs(end) >= least) for end in (head, tail))
        np.add.at(votes, of_flow, (head - tail).astype(np.int64))
    is_open = (signs == 0) | (lone & (votes != 0))
    return np.where(is_open, np.sign(votes), signs).astype(np.int8)


def _addresses(table: PacketTable, flows: FlowTable, joined: JoinedFlows, vantage: int) -> tuple[I64, I64]:
    """Return address numbers of the initiator and the responder (joined flow's view) of each flow here."""
    columns = flows.columns
    count = len(table.tuples.sport)
    every = np.concatenate([table.tuples.src, table.tuples.dst])
    key = np.ascontiguousarray(every).view(np.dtype((np.void, 16))).reshape(-1)
    number = np.unique(key, return_inverse=True)[1].reshape(-1).astype(np.int64)
    source, target = number[:count], number[count:]
    out, back = columns.tuple_out, columns.tuple_back
    initiator = np.where(out >= 0, source[out], target[back])
    responder = np.where(out >= 0, target[out], source[back])
    is_swapped = joined.is_swapped[vantage]
    return np.where(is_swapped, responder, initiator), np.where(is_swapped, initiator, responder)


def by_stamps(signs: I8, packets: Sequence[PacketTable], match: MatchTable, order: Sequence[int]) -> I8:
    """Return ``signs`` with unknown flows decided by which known direction their stamp differences resemble."""
    votes = np.zeros(len(signs), np.int64)
    if (signs != 0).all():
        return signs
    is_open = (signs == 0)[match.flow]
    for first, second in pairwise(order):
        if not is_open[sure_packets(match, first, second)].any():
            continue
        shared = shared_packets(packets, match, first, second)
        votes += _stamp_votes(signs, shared, tick_of(packets[first]) + tick_of(packets[second]))
    return np.where(signs != 0, signs, np.sign(votes)).astype(np.int8)


def _stamp_votes(signs: I8, shared: SharedPackets, quantum_ns: int) -> I64:
    """Compare each packet of an unknown flow with the nearest known forward and the nearest known reverse packet."""
    way = signs[shared.flow] * np.where(shared.is_outbound, 1, -1)
    z = shared.second_ns - shared.first_ns
    asked = np.flatnonzero((way == 0) & shared.has_time)
    forward, reverse = (np.flatnonzero((way == d) & shared.has_time) for d in (1, -1))
    if len(asked) == 0 or len(forward) == 0 or len(reverse) == 0:
        return np.zeros(len(signs), np.int64)
    at = shared.first_ns[asked]
    ahead, back = _nearest(shared.first_ns, forward, at), _nearest(shared.first_ns, reverse, at)
    reach = np.maximum(np.abs(shared.first_ns[ahead] - at), np.abs(shared.first_ns[back] - at))
    corridor = z[ahead] - z[back]
    # Twice the sum of both distances decides which side of the corridor's middle z lies on, without rounding.
    offset = 2 * z[asked] - z[ahead] - z[back]
    is_clear = (corridor > reach // SKEW_DIVISOR + quantum_ns) & (np.abs(offset) > reach // SKEW_DIVISOR + quantum_ns)
    outbound = np.where(shared.is_outbound[asked], 1, -1)
    values = np.sign(offset) * outbound * is_clear
    return np.rint(np.bincount(shared.flow[asked], weights=values, minlength=len(signs))).astype(np.int64)


def _nearest(stamps: I64, rows: I64, at: I64) -> I64:
    """Return for each time of ``at`` the one of ``rows`` whose stamp is nearest."""
    rows = rows[np.argsort(stamps[rows], kind="stable")]
    after = np.clip(np.searchsorted(stamps[rows], at), 0, len(rows) - 1)
    before = np.maximum(after - 1, 0)
    is_before = np.abs(stamps[rows[before]] - at) < np.abs(stamps[rows[after]] - at)
    return np.where(is_before, rows[before], rows[after])
