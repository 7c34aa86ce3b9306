"""Flows that cross, fall silent, and then cross no more.

**In:** one hop and direction with its evidence and odds. **Out:** which absent packets come after such a silence.

**Method:** a NAT or firewall forgets a flow that is idle for long (RFC 5382 REQ-5, RFC 4787 REQ-5), a host does not. A
flow that crossed before, whose packets after a pause all vanish on the hop (TCP: sent again, never acknowledged), while
packets of the same two hosts cross meanwhile, so that both captures ran and the path carried them.

**Not here:** flows that never crossed (``groups.py``), flows that vanish without a pause (``rules.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I32, I64, Bool
from correlate.model.packets import TCP
from correlate.trajectories.evidence import Evidence
from correlate.trajectories.groups import host_pairs
from correlate.trajectories.rates import LOST_ODDS, Odds
from correlate.trajectories.scene import Scene, Travel
from correlate.trajectories.tcp_kernels import FIN, RST

IDLE_NS = 25_000_000_000
"""The shortest common timeout, of UDP mappings, is 30 s; what comes earlier was not forgotten by a timer."""

LEAST_SENDINGS = 3
LEAST_CONTROLS = 3
"""Packets of other flows of the same hosts that cross between the first and the last sending."""

ROW_SPAN = 1 << 36


def find_forgotten(scene: Scene, travel: Travel, back: Travel, evidence: Evidence, odds: Odds, step: int) -> Bool:
    """Return for each packet of ``travel`` whether its flow was forgotten on the hop after ``step`` before it."""
    found = np.zeros(len(travel.packets), np.bool_)
    mirror = back.step_count - 1 - step
    columns = scene.places[travel.places[step]].packets.columns
    count = scene.flow_count
    if not travel.held[:, step].any() or int(columns.ts_ns.max()) - int(columns.ts_ns.min()) < IDLE_NS:
        return found
    # Last row of each flow that crossed, either way; what this direction sends after it is the tail.
    crossed, replied = travel.of_flows.last_crossing[:, step], back.of_flows.last_row[:, mirror]
    quiet_from = np.maximum(crossed, replied)
    ended = np.flatnonzero(travel.held[:, step] & (travel.last <= step))
    flow, row = travel.flow[ended], travel.rows[ended, step]
    is_tail = (row > quiet_from[flow]) & (crossed[flow] >= 0) & (replied[flow] >= 0)
    tail, tail_flow, tail_row = ended[is_tail], flow[is_tail], row[is_tail]
    if len(tail) == 0:
        return found
    first = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(first, tail_flow, tail_row)
    last = _greatest(count, travel.flow, travel.rows[:, step], tail)
    sendings = np.bincount(tail_flow, minlength=count)
    has_tail = np.flatnonzero(sendings >= LEAST_SENDINGS)
    idle = np.zeros(count, np.int64)
    idle[has_tail] = columns.ts_ns[first[has_tail]] - columns.ts_ns[quiet_from[has_tail]]
    is_forgotten = (idle >= IDLE_NS) & ~_is_over(scene, travel, back, step)
    is_forgotten &= odds.chance_all_missed(sendings) <= 1.0 / LOST_ODDS
    resent = np.bincount(tail_flow, weights=evidence.is_resent[tail], minlength=count) > 0
    is_tcp = np.bincount(tail_flow, weights=columns.proto[tail_row] == TCP, minlength=count) > 0
    is_forgotten &= resent | ~is_tcp
    is_forgotten &= _controls(scene, travel, step, (first, last)) >= LEAST_CONTROLS
    found[tail] = is_forgotten[tail_flow]
    return found


def _greatest(count: int, flow: I64, rows: I32, chosen: I64) -> I64:
    """Return the greatest row of each flow among ``chosen``, -1 = none."""
    found = np.full(count, -1, np.int64)
    np.maximum.at(found, flow[chosen], rows[chosen])
    return found


def _is_over(scene: Scene, travel: Travel, back: Travel, step: int) -> Bool:
    """Mark flows that one of their ends closed or reset as far as the near vantage saw."""
    over = np.zeros(scene.flow_count, np.bool_)
    columns = scene.places[travel.places[step]].packets.columns
    for way, at in ((travel, step), (back, back.step_count - 1 - step)):
        held = np.flatnonzero(way.held[:, at])
        rows = way.rows[held, at]
        is_last_word = (columns.proto[rows] == TCP) & ((columns.tcp_flags[rows] & (FIN | RST)) != 0)
        over[way.flow[held[is_last_word]]] = True
    return over


def _controls(scene: Scene, travel: Travel, step: int, span: tuple[I64, I64]) -> I64:
    """Count per flow the packets of its two hosts that cross, in this direction, between its first and last row."""
    pair = host_pairs(scene, travel, step)
    both = np.flatnonzero(travel.held[:, step] & travel.held[:, step + 1] & (pair[travel.flow] >= 0))
    keys = np.sort(pair[travel.flow[both]] * ROW_SPAN + travel.rows[both, step])
    first, last = np.minimum(span[0], ROW_SPAN - 1), np.maximum(span[1], 0)
    known = pair >= 0
    low, high = np.where(known, pair, 0) * ROW_SPAN + first, np.where(known, pair, 0) * ROW_SPAN + last
    inside = np.searchsorted(keys, high) - np.searchsorted(keys, low)
    return np.where(known, np.maximum(inside, 0), 0)
