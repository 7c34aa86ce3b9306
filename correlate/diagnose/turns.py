"""Turns of a conversation at one vantage: who kept whom waiting.

In: packets of one place. Out: a ``TurnColumns`` table, one row per change of speaker.
Method: data packets of a flow in capture order; where the speaker changes, the gap between the last byte of one and the
first of the other was spent on the answering side of this vantage. One clock, so the gap is exact.
Not here: whether a gap is long (``host.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.diagnose.view import View
from correlate.model.arrays import I32, I64, Bool, frozen
from correlate.model.packets import TCP, UDP


class TurnColumns(NamedTuple):
    """One row per change of speaker within a flow."""

    flow: I32
    """Joined flow."""
    by_responder: Bool
    """True: the responder answers; False: the initiator goes on after an answer."""
    asked: I64
    """Trajectory row of the last packet before the change."""
    answered: I64
    """Trajectory row of the first packet after it."""
    gap_ns: I64
    asked_bytes: I64
    """Payload bytes of the whole burst before the change."""


def find_turns(view: View, place: int) -> TurnColumns:
    """Return the turns seen at a place; retransmitted bytes do not count as speech."""
    table = view.run.trajectories
    packets = np.flatnonzero(view.is_seen[:, place] & ~table.is_ambiguous & (table.duplicate_of < 0))
    lengths = view.values("payload_len", packets, place)
    protocol = view.values("proto", packets, place)
    packets = packets[(lengths > 0) & ((protocol == TCP) | (protocol == UDP))]
    order = np.lexsort((table.rows[packets, place], table.flow[packets]))
    packets = packets[order]
    packets = packets[_is_new(view, packets, place)]
    flow, speaker = table.flow[packets], table.is_outbound[packets]
    stamps = view.values("ts_ns", packets, place)
    size = np.concatenate(([0], np.cumsum(view.values("payload_len", packets, place).astype(np.int64))))
    is_start = np.ones(len(packets), np.bool_)
    is_start[1:] = (flow[1:] != flow[:-1]) | (speaker[1:] != speaker[:-1])
    starts = np.flatnonzero(is_start)
    change = np.flatnonzero(flow[starts[1:]] == flow[starts[:-1]]) + 1 if len(starts) else np.empty(0, np.int64)
    first = starts[change]
    return TurnColumns(
        flow=frozen(flow[first]),
        by_responder=frozen(~speaker[first]),
        asked=frozen(packets[first - 1]),
        answered=frozen(packets[first]),
        gap_ns=frozen(stamps[first] - stamps[first - 1]),
        asked_bytes=frozen(size[first] - size[starts[change - 1]]),
    )


def _is_new(view: View, packets: I64, place: int) -> Bool:
    """Tell which packets carry bytes not seen before in their flow and direction (sorted by flow, then order)."""
    flow = view.run.trajectories.flow[packets].astype(np.int64)
    speaker = view.run.trajectories.is_outbound[packets].astype(np.int64)
    seq = view.values("seq", packets, place).astype(np.int64)
    is_tcp = view.values("proto", packets, place) == TCP
    key = np.where(is_tcp, seq, np.arange(len(packets), dtype=np.int64))
    joint = np.lexsort((np.arange(len(packets)), key, speaker, flow))
    same = np.zeros(len(packets), np.bool_)
    ahead, behind = joint[1:], joint[:-1]
    equal = (key[ahead] == key[behind]) & (speaker[ahead] == speaker[behind]) & (flow[ahead] == flow[behind])
    same[ahead] = equal & is_tcp[ahead]
    return ~same
