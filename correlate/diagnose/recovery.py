"""Signs that TCP was recovering beyond a vantage, so that a wait there is no host's.

In: packets and turns of one place. Out: per turn, whether its request was acknowledged in time, and whether loss or a
closed window beyond the vantage explains the wait.
Method: RFC 9293. A resend of bytes that this vantage has not seen acknowledged was lost beyond it, or its
acknowledgement was; a jump of a sender's sequence numbers is a packet that never reached the vantage. Either spoils
every claim about that side of the flow.
Not here: what losses between vantages are (``loss.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.diagnose.turns import TurnColumns, by_flow, said_again
from correlate.diagnose.view import TCP_ACK, TCP_FIN, TCP_SYN, View
from correlate.model.arrays import I32, I64, Bool, frozen
from correlate.model.ordering import stable_order
from correlate.model.packets import TCP
from correlate.wire.seq import seq_diffs


class Signs(NamedTuple):
    """One row per turn."""

    is_acknowledged: Bool
    """The answering side acknowledged the whole request before it answered."""
    is_excused: Bool
    """Loss beyond the vantage, or a closed receive window, may explain the wait."""


class _Segments(NamedTuple):
    """TCP packets of a place by flow, then capture order."""

    packet: I64
    flow: I64
    speaker: Bool
    seq: I64
    end: I64
    """Sequence number after the last byte, SYN and FIN counted."""
    ack: I64
    has_ack: Bool
    window: I64
    has_data: Bool
    before: tuple[I64, I64]
    """Per speaker (initiator, responder): index of its last packet before this one, -1 = none in this flow."""


def read_signs(view: View, place: int, turns: TurnColumns) -> Signs:
    """Return the signs of each turn; turns without TCP have none."""
    size = len(turns.flow)
    is_acknowledged, is_excused = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    tcp = np.flatnonzero(turns.is_tcp)
    if len(tcp) == 0:
        return Signs(frozen(is_acknowledged), frozen(is_excused))
    segments = _read(view, place, turns.flow[tcp])
    at = np.full(len(view.run.trajectories), -1, np.int64)
    at[segments.packet] = np.arange(len(segments.packet))
    asked, answered = at[turns.asked[tcp]], at[turns.answered[tcp]]
    side = segments.speaker[answered].astype(np.int64)
    # Index 1 of ``before`` is the responder, whose ``speaker`` (outbound) is False.
    own = np.where(side == 1, segments.before[0][answered], segments.before[1][answered])
    other = np.where(side == 1, segments.before[1][answered], segments.before[0][answered])
    due = segments.end[asked]
    is_acknowledged[tcp] = (own > asked) & segments.has_ack[own] & (seq_diffs(segments.ack[own], due) >= 0)
    is_closed = (other >= 0) & (segments.window[other] == 0)
    resent, holed = _lost_beyond(view, place, segments)
    flow = segments.flow[asked]
    is_excused[tcp] = is_closed | resent[flow, 1 - side] | holed[flow, side]
    return Signs(frozen(is_acknowledged), frozen(is_excused))


def _read(view: View, place: int, flows: I32) -> _Segments:
    """Return the TCP packets of some flows."""
    table = view.run.trajectories
    is_wanted = np.zeros(len(view.run.joined), np.bool_)
    is_wanted[flows] = True
    packets = np.flatnonzero(is_wanted[table.flow] & view.is_seen[:, place] & (table.duplicate_of < 0))
    packets = packets[view.values("proto", packets, place) == TCP]
    packets = by_flow(view, packets, place)
    flow, speaker = table.flow[packets].astype(np.int64), table.is_outbound[packets]
    flags = view.values("tcp_flags", packets, place).astype(np.int64)
    seq = view.values("seq", packets, place).astype(np.int64)
    length = view.values("payload_len", packets, place).astype(np.int64)
    extra = ((flags & TCP_SYN) != 0).astype(np.int64) + ((flags & TCP_FIN) != 0)
    return _Segments(
        packet=packets,
        flow=flow,
        speaker=speaker,
        seq=seq,
        end=(seq + length + extra) & 0xFFFFFFFF,
        ack=view.values("ack", packets, place).astype(np.int64),
        has_ack=(flags & TCP_ACK) != 0,
        window=view.values("window", packets, place).astype(np.int64),
        has_data=length > 0,
        before=(_last_before(flow, speaker), _last_before(flow, ~speaker)),
    )


def _last_before(flow: I64, chosen: Bool) -> I64:
    """Return for each row the last chosen row before it in the same flow, -1 = none."""
    rows = np.arange(len(flow), dtype=np.int64)
    last = np.maximum.accumulate(np.where(chosen, rows, -1)) if len(rows) else rows
    before = np.concatenate(([-1], last[:-1])).astype(np.int64) if len(rows) else rows
    return np.where((before >= 0) & (flow[before] == flow), before, -1)


def _lost_beyond(view: View, place: int, segments: _Segments) -> tuple[Bool, Bool]:
    """Return per flow and side (0 responder, 1 initiator): it resent what nobody acknowledged; its numbers jump."""
    shape = (len(view.run.joined), 2)
    resent, holed = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    side = segments.speaker.astype(np.int64)
    data = np.flatnonzero(segments.has_data)
    again = data[said_again(view, segments.packet[data], place)]
    reply = np.where(segments.speaker[again], segments.before[1][again], segments.before[0][again])
    is_acked = (reply >= 0) & segments.has_ack[reply] & (seq_diffs(segments.ack[reply], segments.end[again]) >= 0)
    unacked = again[~is_acked]
    resent[segments.flow[unacked], side[unacked]] = True
    own = np.where(segments.speaker, segments.before[0], segments.before[1])
    # The end of all before: a resend in between must not lower it, so a jump counts against the greatest end so far.
    jumps = np.flatnonzero((own >= 0) & (seq_diffs(segments.seq, _greatest_end(segments, own)) > 0))
    holed[segments.flow[jumps], side[jumps]] = True
    return resent, holed


def _greatest_end(segments: _Segments, own: I64) -> I64:
    """Return the greatest sequence end of the same sender before each packet (its own start where there is none)."""
    order = stable_order(segments.flow, segments.speaker)
    is_first = own[order] < 0
    # Unwrapped ends: distances from packet to packet are far below 2**31, so their sums are the true positions.
    steps = np.where(is_first, 0, seq_diffs(segments.end[order], np.roll(segments.end[order], 1)))
    position = np.cumsum(steps)
    group = np.cumsum(is_first)
    base = position[np.flatnonzero(is_first)][group - 1] if len(order) else position
    # Flows lie 2**40 apart, far beyond any stream here, so one running maximum serves all.
    lifted = position - base + group * 2**40
    greatest = np.maximum.accumulate(lifted) if len(order) else lifted
    previous = np.concatenate((greatest[:1], greatest[:-1]))
    back = np.where(is_first, 0, lifted - previous)
    out = segments.seq.copy()
    # lifted is the own end; minus ``back`` is the greatest end before, expressed modulo 2**32 from the own end.
    out[order] = np.where(is_first, segments.seq[order], (segments.end[order] - back) & 0xFFFFFFFF)
    return out
