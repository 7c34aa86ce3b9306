"""Turns of a conversation at one vantage: who kept whom waiting.

In: packets of one place. Out: a ``TurnColumns`` table, one row per change of speaker.
Method: data packets of a flow in capture order; where the speaker changes, the gap between the last byte of one and the
first of the other was spent on the answering side of this vantage. One clock, so the gap is exact.
Not here: whether a gap is long (``host.py``), whether loss explains it (``recovery.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.diagnose.view import View
from correlate.model.arrays import I32, I64, Bool, frozen
from correlate.model.ordering import stable_order
from correlate.model.packets import TCP, UDP


class TurnColumns(NamedTuple):
    """One row per change of speaker within a flow."""

    flow: I32
    """Joined flow."""
    is_tcp: Bool
    by_responder: Bool
    """True: the responder answers; False: the initiator goes on after an answer."""
    asked: I64
    """Trajectory row of the last packet before the change."""
    answered: I64
    """Trajectory row of the first packet after it."""
    gap_ns: I64
    asked_bytes: I64
    """Payload bytes of the whole burst before the change."""
    asked_packets: I64
    asked_lull_ns: I64
    """Longest silence inside that burst: its speaker went on without an answer."""
    answer_bytes: I64
    """Payload bytes of the whole burst after the change."""
    is_last: Bool
    """Nothing is said in the flow after the answer."""


def find_turns(view: View, place: int) -> TurnColumns:
    """Return the turns seen at a place; bytes said again do not count as speech."""
    packets = _speech(view, place)
    flow, speaker = view.run.trajectories.flow[packets], view.run.trajectories.is_outbound[packets]
    stamps = view.values("ts_ns", packets, place)
    size = np.concatenate(([0], np.cumsum(view.values("payload_len", packets, place).astype(np.int64))))
    starts, ends = _bursts(flow, speaker)
    # Burst k answers burst k - 1 if both are of one flow.
    answer = np.flatnonzero(flow[starts[1:]] == flow[starts[:-1]]) + 1
    first, last = starts[answer], ends[answer]
    asked_first = starts[answer - 1]
    is_last = np.ones(len(starts), np.bool_)
    is_last[answer - 1] = False
    return TurnColumns(
        flow=frozen(flow[first]),
        is_tcp=frozen(view.values("proto", packets[first], place) == TCP),
        by_responder=frozen(~speaker[first]),
        asked=frozen(packets[first - 1]),
        answered=frozen(packets[first]),
        gap_ns=frozen(stamps[first] - stamps[first - 1]),
        asked_bytes=frozen(size[first] - size[asked_first]),
        asked_packets=frozen(first - asked_first),
        asked_lull_ns=frozen(_longest_lulls(stamps, starts)[answer - 1]),
        answer_bytes=frozen(size[last] - size[first]),
        is_last=frozen(is_last[answer]),
    )


def _speech(view: View, place: int) -> I64:
    """Return packets that carry bytes not said before, by flow, then capture order."""
    table = view.run.trajectories
    packets = np.flatnonzero(view.is_seen[:, place] & ~table.is_ambiguous & (table.duplicate_of < 0))
    proto = view.values("proto", packets, place)
    has_data = view.values("payload_len", packets, place) > 0
    packets = packets[has_data & ((proto == TCP) | (proto == UDP))]
    packets = by_flow(view, packets, place)
    return np.asarray(packets[~said_again(view, packets, place)], np.int64)


def by_flow(view: View, packets: I64, place: int) -> I64:
    """Return packets seen at a place sorted by flow, then capture order."""
    table = view.run.trajectories
    # One key sorts several times faster than two; rows are below 2**36, flows below 2**27.
    key = (table.flow[packets].astype(np.int64) << 36) + table.rows[packets, place]
    return np.asarray(packets[np.argsort(key)], np.int64)


def said_again(view: View, packets: I64, place: int) -> Bool:
    """Tell which TCP packets begin where an earlier one of their flow and direction began.

    Parameters
    ----------
    view, place
        Where.
    packets : int64 array
        Data packets sorted by flow, then capture order.
    """
    table = view.run.trajectories
    tcp = np.flatnonzero(view.values("proto", packets, place) == TCP)
    mine = packets[tcp]
    side = table.flow[mine].astype(np.int64) * 2 + table.is_outbound[mine]
    key = (side << 32) + view.values("seq", mine, place).astype(np.int64)
    order = stable_order(key)
    again = np.zeros(len(packets), np.bool_)
    again[tcp[order[1:][key[order[1:]] == key[order[:-1]]]]] = True
    return again


def _bursts(flow: I32, speaker: Bool) -> tuple[I64, I64]:
    """Return where each burst of one speaker begins, and where it ends (exclusive)."""
    if len(flow) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    change = np.flatnonzero((flow[1:] != flow[:-1]) | (speaker[1:] != speaker[:-1])) + 1
    starts = np.concatenate(([0], change))
    return starts, np.concatenate((change, [len(flow)]))


def _longest_lulls(stamps: I64, starts: I64) -> I64:
    """Return the longest gap between neighbours inside each burst, 0 for a single packet."""
    if len(starts) == 0:
        return np.empty(0, np.int64)
    gaps = np.diff(stamps, prepend=stamps[:1])
    gaps[starts] = 0
    return np.asarray(np.maximum.reduceat(gaps, starts), np.int64)
