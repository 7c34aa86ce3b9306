"""Guard against failed matches: an unmatched packet on each side of a hop may be one packet.

**In:** a direction and a hop. **Out:** which absent packets may have an unmatched twin downstream.

**Method:** TCP segments with payload are twins if their sequence ranges overlap once the flow's own shift (ISN
rewriting, learned from its matched packets) is undone; everything else if the flow holds an unmatched packet downstream
within the clock bounds and the longest transit; ICMP errors even across flows. Cost: sort and binary search of the
unmatched.

**Not here:** matching (``match``); this only keeps an accusation from resting on its failures.
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I16, I64, Bool
from correlate.model.clocks import UNBOUNDED
from correlate.model.packets import TCP, PacketFlag
from correlate.trajectories.scene import Scene, Travel
from correlate.wire.seq import seq_diffs

NS_PER_MS = 1_000_000
SEQ_SPAN = 1 << 32


def find_twins(scene: Scene, travel: Travel, index: I64, step: int, transit_ns: int) -> Bool:
    """Return for each absent packet of ``index`` (last seen at or before ``step``) whether it may have a twin."""
    found = _errors_apart(scene, travel, index, step)
    strangers = np.flatnonzero(travel.first > step)
    if len(strangers) == 0 or len(index) == 0:
        return found
    mine, theirs = _segments(scene, travel, index, first=False), _segments(scene, travel, strangers, first=True)
    shift = _shifts(scene, travel, step)
    for is_ranged in (True, False):
        a, b = np.flatnonzero(mine[2] == is_ranged), np.flatnonzero(theirs[2] == is_ranged)
        if len(a) == 0 or len(b) == 0:
            continue
        if is_ranged:
            found[a] |= _overlap(
                travel, index[a], strangers[b], (mine[0][a], mine[1][a]), (theirs[0][b], theirs[1][b]), shift
            )
        else:
            found[a] |= _coincide(scene, travel, index[a], strangers[b], transit_ns)
    return found


def _errors_apart(scene: Scene, travel: Travel, index: I64, step: int) -> Bool:
    """Return which absent packets are ICMP errors, if errors stand beyond that the near vantage lacks.

    Where a vantage shows nothing of the flow that an error quotes, the same error may be of two flows.
    """
    near = scene.places[travel.places[step]].packets
    is_error = np.isin(travel.rows[index, step], near.quotes.row) & travel.held[index, step]
    if not is_error.any():
        return np.zeros(len(index), np.bool_)
    for beyond in range(step + 1, travel.step_count):
        rows = travel.rows[travel.held[:, beyond] & ~travel.held[:, step], beyond]
        if np.isin(scene.places[travel.places[beyond]].packets.quotes.row, rows).any():
            return np.asarray(is_error, np.bool_)
    return np.zeros(len(index), np.bool_)


def _segments(scene: Scene, travel: Travel, index: I64, *, first: bool) -> tuple[I64, I64, Bool]:
    """Return sequence number, payload length and "is TCP with payload" at the first or last sighting."""
    seq, length = np.zeros(len(index), np.int64), np.zeros(len(index), np.int64)
    is_ranged = np.zeros(len(index), np.bool_)
    seen = travel.first[index] if first else travel.last[index]
    for step, place in enumerate(travel.places):
        at = np.flatnonzero(seen == step)
        columns, rows = scene.places[place].packets.columns, travel.rows[index[at], step]
        seq[at], length[at] = columns.seq[rows], columns.payload_len[rows]
        has_header = (columns.flags[rows] & PacketFlag.TRANSPORT) != 0
        is_ranged[at] = (columns.proto[rows] == TCP) & has_header & (columns.payload_len[rows] > 0)
    return seq, length, is_ranged


def _shifts(scene: Scene, travel: Travel, step: int) -> I64:
    """Return per flow the far minus the near sequence number of one matched segment; 0 where none is matched."""
    shift = np.zeros(len(travel.held_in_flow), np.int64)
    for far in range(travel.step_count - 1, step, -1):
        both = np.flatnonzero(travel.held[:, step] & travel.held[:, far])
        # The last one of each flow stands.
        one = np.full(len(shift), -1, np.int64)
        one[travel.flow[both]] = both
        both = one[one >= 0]
        near_seq = scene.places[travel.places[step]].packets.columns.seq[travel.rows[both, step]]
        far_seq = scene.places[travel.places[far]].packets.columns.seq[travel.rows[both, far]]
        shift[travel.flow[both]] = seq_diffs(far_seq, near_seq)
    return shift


def _overlap(
    travel: Travel, index: I64, strangers: I64, mine: tuple[I64, I64], theirs: tuple[I64, I64], shift: I64
) -> Bool:
    """Return which ranges of ``mine`` (start, length) some stranger of the flow may overlap."""
    flow = travel.flow[strangers]
    start = (theirs[0] - shift[flow]) % SEQ_SPAN
    keys = np.sort(flow * SEQ_SPAN + start)
    # Wider than needed where lengths differ; a neighbour exactly one segment away is not touched.
    reach = int(theirs[1].max())
    base = travel.flow[index] * SEQ_SPAN
    low = np.searchsorted(keys, base + np.maximum(0, mine[0] - reach + 1), side="left")
    high = np.searchsorted(keys, base + np.minimum(SEQ_SPAN, mine[0] + mine[1]), side="left")
    return np.asarray(high > low)


def _coincide(scene: Scene, travel: Travel, index: I64, strangers: I64, transit_ns: int) -> Bool:
    """Return which packets have a stranger of the same flow near them in time."""
    places = np.array(travel.places, np.int64)
    table = scene.table

    def times(which: I64, seen: I16) -> tuple[I64, int]:
        packets, at = travel.packets[which], places[seen]
        width = np.minimum(table.hi_ns[packets, at], UNBOUNDED // 2) - np.maximum(
            table.lo_ns[packets, at], -UNBOUNDED // 2
        )
        return table.time_ns[packets, at], int(np.minimum(width, UNBOUNDED // 4).max(initial=0))

    mine, my_width = times(index, travel.last[index])
    other, other_width = times(strangers, travel.first[strangers])
    origin = min(int(mine.min()), int(other.min()))
    slack = (my_width + other_width + transit_ns) // NS_PER_MS + 1
    span = (max(int(mine.max()), int(other.max())) - origin) // NS_PER_MS + 2
    slack = min(slack, span)
    stride = 3 * span
    keys = np.sort(travel.flow[strangers] * stride + span + (other - origin) // NS_PER_MS)
    base = travel.flow[index] * stride + span + (mine - origin) // NS_PER_MS
    return np.asarray(
        np.searchsorted(keys, base + slack, side="right") > np.searchsorted(keys, base - slack, side="left")
    )
