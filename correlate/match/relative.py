"""TCP packets by their place in the connection.

**In:** rows of a side. **Out:** a key that rewritten initial sequence numbers leave alone.
**Method:** numbers counted from the SYNs of both directions, flags and length. Such keys say nothing of who talks: two
clients of one service exchange the same sizes, so time must agree as well (``rescue.py``). Without any pair known, time
is learned from the keys themselves: unrelated captures have flows of equal sizes too, but not at a common distance.
**Not here:** flows whose SYN a capture lacks.
"""

from __future__ import annotations

import numpy as np

from correlate.match.joins import unique_pairs
from correlate.match.pace import SurePairs
from correlate.match.sides import Side
from correlate.model.arrays import F64, I64, Bool
from correlate.model.fingerprints import mixed

WINDOW_NS = 200e6
"""Both directions' transit and the clocks' drift while a capture lasts."""
_LEAST_FLOWS = 3
"""Flows that must lie at one distance; and half of all that look alike must."""
_LEAST_PACKETS = 4


def relative_keys(side: Side, rows: I64) -> tuple[I64, Bool]:
    """Return a key per row and where it tells anything: both SYNs known, and beyond the handshake."""
    prints, flows = side.prints, side.flows
    flow, is_out = flows.of_packet[rows], flows.is_outbound[rows]
    here = np.where(is_out, flows.columns.isn_out[flow], flows.columns.isn_back[flow])
    there = np.where(is_out, flows.columns.isn_back[flow], flows.columns.isn_out[flow])
    seq = (prints.at("seq", rows) - here) & 0xFFFFFFFF
    ack = (prints.at("ack", rows) - there) & 0xFFFFFFFF
    is_known = (here >= 0) & (there >= 0) & (prints.at("ack", rows) != 0) & (seq + ack + prints.at("length", rows) > 2)
    return mixed(is_out, seq, ack, prints.at("shape", rows), prints.at("length", rows)), is_known


def first_pairs(a: Side, b: Side, rows: tuple[I64, I64]) -> SurePairs:
    """Return pairs that keys and a common distance in time make sure, none where too few flows agree."""
    keys = []
    for side, part in ((a, rows[0]), (b, rows[1])):
        key, is_known = relative_keys(side, part)
        keys.append((key[is_known], part[is_known]))
    at_a, at_b = unique_pairs(keys[0][0], keys[1][0])
    one, two = keys[0][1][at_a], keys[1][1][at_b]
    pair = a.flows.of_packet[one].astype(np.int64) * max(1, len(b.flows)) + b.flows.of_packet[two]
    _, number, count = np.unique(pair, return_inverse=True, return_counts=True)
    is_talk = count[number] >= _LEAST_PACKETS
    one, two, number = one[is_talk], two[is_talk], number[is_talk]
    delta = b.time[two] - a.time[one]
    chosen = at_one_distance(delta, number)
    one, delta = one[chosen], delta[chosen]
    block = a.flows.of_packet[one].astype(np.int64) * 2 + a.flows.is_outbound[one]
    return SurePairs(block, a.time[one], delta)


def at_one_distance(delta: F64, flow: I64) -> Bool:
    """Return which packets lie at the distance that most pairs of flows have in common."""
    nothing = np.zeros(len(delta), np.bool_)
    if not len(delta):
        return nothing
    order = np.lexsort((delta, flow))
    starts = np.flatnonzero(np.concatenate([[True], np.diff(flow[order]) != 0]))
    sizes = np.diff(np.concatenate([starts, [len(order)]]))
    middle = np.sort(delta[order[starts + sizes // 2]])
    reach = np.searchsorted(middle, middle + WINDOW_NS, side="right") - np.arange(len(middle))
    best = int(np.argmax(reach))
    if reach[best] < max(_LEAST_FLOWS, len(middle) / 2):
        return nothing
    return np.asarray((delta >= middle[best] - WINDOW_NS / 2) & (delta <= middle[best] + 1.5 * WINDOW_NS))
