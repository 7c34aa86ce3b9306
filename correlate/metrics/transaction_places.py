"""Where along the path the packets of a transaction were seen, and when.

In: packets of transactions. Out: ``Times``: the nearest and the farthest place that can tell, and what they tell.
Method: matrices transactions x places, of many one pass over them (``stamps_kernel.py``); a stamp counts only where it
is the packet's own.
Not here: what the packets are (``transactions.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from correlate.metrics.stamps import NO_STAMP
from correlate.metrics.stamps_kernel import time_five
from correlate.metrics.timeline import RST, SYN, Timeline
from correlate.metrics.worth import is_worth_a_kernel
from correlate.model.arrays import I64, Bool, frozen
from correlate.model.packets import TCP, UDP, PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable
from correlate.model.transactions import UNKNOWN_NS

FIRST, ASKED, REQUEST, REPLY, LAST = range(5)
ROW_BITS = 36
"""A flow number above a row, in one key: rows are below 2**36, flows below 2**27."""


class Times(NamedTuple):
    """What each transaction took, ns, one row each."""

    near: I64
    """Place nearest the requester that saw all five packets, in order of time."""
    far: I64
    """Place nearest the responder that saw request and reply."""
    request_ns: I64
    """At the near place: from the first packet to the last new one of the request."""
    resend_ns: I64
    """From there to the packet that made the request whole."""
    answer_ns: I64
    """From the first to the last packet of the answer."""
    rtt_ns: I64
    """Shape (transactions, places): from the whole request to the reply; ``UNKNOWN_NS`` = not seen there."""
    answer_at_ns: I64
    """The same from the reply to the answer's last packet."""
    is_told: Bool
    """Some place saw all of it; else what stands at ``near`` means nothing."""


def times_of(own: I64, trajectories: TrajectoryTable, five: Sequence[I64]) -> Times:
    """Return what transactions took.

    Parameters
    ----------
    own : int64 array
        Stamps of packets (``stamps.py``).
    trajectories : TrajectoryTable
        Which way each request travels.
    five : sequence of int64 arrays
        ``first``, last new, ``request``, ``reply`` and ``last`` packet of each.
    """
    count = len(five[REQUEST])
    if not is_worth_a_kernel(count):
        return _by_column([own[packet] for packet in five], trajectories.direction[five[REQUEST]] >= 0)
    ends, spent = np.empty((2, count), np.int64), np.zeros((3, count), np.int64)
    shape = count, own.shape[1]
    rtt, answer_at = np.empty(shape, np.int64), np.empty(shape, np.int64)
    packets = tuple(frozen(packet, np.int64) for packet in five)
    time_five(own, frozen(trajectories.direction), packets, UNKNOWN_NS, ends, spent, rtt, answer_at)
    return Times(
        near=np.maximum(ends[0], 0),
        far=ends[1],
        request_ns=spent[0],
        resend_ns=spent[1],
        answer_ns=spent[2],
        rtt_ns=rtt,
        answer_at_ns=answer_at,
        is_told=ends[0] >= 0,
    )


def _by_column(ts_ns: Sequence[I64], is_forward: Bool) -> Times:
    """Return the same of few transactions, given their five packets' stamps at all places."""
    known = [stamps != NO_STAMP for stamps in ts_ns]
    is_both = known[REQUEST] & known[REPLY]
    is_all = known[FIRST] & known[ASKED] & is_both & known[LAST]
    for earlier, later in ((FIRST, ASKED), (ASKED, REQUEST), (REPLY, LAST)):
        is_all &= ts_ns[later] >= ts_ns[earlier]
    near, far = _outermost(is_all, is_forward), _outermost(is_both, ~is_forward)
    first, asked, request, reply, last = (stamps[np.arange(len(near)), near] for stamps in ts_ns)
    answer_at = ts_ns[LAST] - ts_ns[REPLY]
    is_answered = known[LAST] & known[REPLY] & (answer_at >= 0)
    return Times(
        near=near,
        far=far,
        request_ns=asked - first,
        resend_ns=request - asked,
        answer_ns=last - reply,
        rtt_ns=np.where(is_both, ts_ns[REPLY] - ts_ns[REQUEST], UNKNOWN_NS),
        answer_at_ns=np.where(is_answered, answer_at, UNKNOWN_NS),
        is_told=np.asarray(is_all.any(axis=1), np.bool_),
    )


def _outermost(where: Bool, is_first: Bool) -> I64:
    """Return per row the first or the last place of a mask; the outermost one where there is none."""
    places = where.shape[1]
    low, high = np.zeros(len(where), np.int64), np.full(len(where), places - 1)
    for place in range(places):  # a pass per place: reductions over so short an axis are slow
        low[where[:, places - 1 - place]] = places - 1 - place
        high[where[:, place]] = place
    return np.asarray(np.where(is_first, low, high), np.int64)


def reach_of(trajectories: TrajectoryTable, packets: I64) -> I64:
    """Return per packet how many places along its travel it got to."""
    seen = trajectories.rows[packets] >= 0
    last = seen.shape[1] - np.argmax(seen[:, ::-1], axis=1)
    is_forward = trajectories.direction[packets] >= 0
    return np.asarray(np.where(is_forward, last, seen.shape[1] - np.argmax(seen, axis=1)), np.int64)


def first_sendings(
    packets: Sequence[PacketTable],
    path: Path,
    trajectories: TrajectoryTable,
    line: Timeline,
    pairs: Any,
    times: Times,
) -> I64:
    """Return when the answer was sent first where an earlier sending of it never came to the near place.

    Returns
    -------
    int64 array
        From the request to that sending, ns, at the far place; -1 = the reply that came was the first.
    """
    found = np.full(len(times.far), -1, np.int64)
    flow = line.flow[pairs.request]
    rows = [trajectories.rows[line.packet[at], times.far] for at in (pairs.request, pairs.reply)]
    for place, vantage in enumerate(path.order):
        mine = np.flatnonzero(times.far == place)
        if not len(mine):
            continue
        lost = _unseen_answers(packets[vantage], trajectories, place, flow[mine], times.near[mine])
        # Only flows that lost an answer are looked at.
        is_asked = np.zeros(len(path.flow_direction), np.bool_)
        is_asked[trajectories.flow[lost]] = True
        mine = mine[is_asked[flow[mine]]]
        if not len(mine):
            continue
        mine = mine[np.argsort(flow[mine] << ROW_BITS | rows[0][mine])]
        lost_row = trajectories.rows[lost, place]
        key = trajectories.flow[lost].astype(np.int64) << ROW_BITS | lost_row
        at = mine[np.maximum(np.searchsorted(flow[mine] << ROW_BITS | rows[0][mine], key) - 1, 0)]
        columns = packets[vantage].columns
        is_opening = (columns.proto[lost_row] == TCP) & ((columns.tcp_flags[lost_row] & SYN) != 0)
        is_handshake = (line.tcp_flags[pairs.begin[at]] & SYN) != 0
        is_within = (flow[at] == trajectories.flow[lost]) & (lost_row > rows[0][at]) & (lost_row < rows[1][at])
        kept = np.flatnonzero(is_within & (is_opening == is_handshake))
        waited = columns.ts_ns[lost_row[kept]] - columns.ts_ns[rows[0][at[kept]]]
        order = np.lexsort((-waited,))
        found[at[kept][order]] = np.maximum(waited[order], 0)
    return found


def _unseen_answers(packets: PacketTable, trajectories: TrajectoryTable, place: int, flow: I64, near: I64) -> I64:
    """Return speech of responders that ``place`` holds and the near place of its flow does not."""
    near_of = np.full(int(trajectories.flow.max(initial=-1)) + 1, place, np.int64)
    near_of[flow] = near
    at = np.flatnonzero(~trajectories.is_outbound & (trajectories.rows[:, place] >= 0))
    at = at[trajectories.rows[at, near_of[trajectories.flow[at]]] < 0]
    rows, columns = trajectories.rows[at, place], packets.columns
    is_stream = (columns.proto[rows] == TCP) & ((columns.tcp_flags[rows] & RST) == 0)
    is_opening = is_stream & ((columns.tcp_flags[rows] & SYN) != 0)
    says = (is_stream | (columns.proto[rows] == UDP)) & (columns.payload_len[rows] > 0)
    return np.asarray(at[says | is_opening], np.int64)
