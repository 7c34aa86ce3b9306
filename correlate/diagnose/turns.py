"""Turns of a conversation at one vantage: who kept whom waiting.

In: packets of one place. Out: a ``TurnColumns`` table, one row per change of speaker.
Method: data packets of a flow in capture order (``turns_kernel.py``); where the speaker changes, the gap between the
last byte of one and the first of the other was spent on the answering side of this vantage. One clock, so the gap is
exact.
Not here: whether a gap is long (``host.py``), whether loss explains it (``recovery.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.diagnose.sendings_kernel import FREE
from correlate.diagnose.turns_kernel import (
    ANSWER_SIZE,
    ANSWERED,
    ASKED,
    ASKED_LULL,
    ASKED_PACKETS,
    ASKED_SIZE,
    BY_RESPONDER,
    FLOW,
    GAP,
    IS_LAST,
    IS_TCP,
    MARKS,
    NUMBERS,
    SPEAKER,
    STATE,
    TURNS,
    chain_rows,
    fill_turns,
    mark_speech,
)
from correlate.diagnose.view import View
from correlate.model.arrays import I32, I64, Bool, frozen
from correlate.model.ordering import stable_order
from correlate.model.packets import TCP, UDP

NEVER_NS = 2**62


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


def find_turns(view: View, place: int, *, least_ns: int = -NEVER_NS) -> TurnColumns:
    """Return the turns seen at a place, by flow, then in capture order; bytes said again do not count as speech.

    Where no gap is as long as ``least_ns``, none at all is returned. Cost: two passes over the packets.
    """
    table = view.run.trajectories
    columns = view.run.packets[view.run.path.order[place]].columns
    head = np.full(len(columns.ts_ns), FREE, np.int32)
    following = np.full(len(table), FREE, np.int32)
    chain_rows(frozen(table.rows, np.int64), place, head, following)
    walk = frozen(head), frozen(following), frozen(table.flow, np.int32), frozen(table.is_outbound)
    is_tcp, stamps = frozen(columns.proto == TCP), frozen(columns.ts_ns, np.int64)
    is_speech, turns = _speech(view, place, walk, is_tcp, stamps, least_ns)
    numbers = np.zeros((NUMBERS, int(turns.sum())), np.int64)
    marks = np.zeros((MARKS, numbers.shape[1]), np.bool_)
    if numbers.shape[1]:
        starts, size = frozen(np.cumsum(turns) - turns), frozen(columns.payload_len, np.int32)
        fill_turns(*walk, is_tcp, size, stamps, is_speech, starts, _fresh(len(turns)), numbers, marks)
    return TurnColumns(
        flow=frozen(numbers[FLOW], np.int32),
        is_tcp=frozen(marks[IS_TCP]),
        by_responder=frozen(marks[BY_RESPONDER]),
        asked=frozen(numbers[ASKED]),
        answered=frozen(numbers[ANSWERED]),
        gap_ns=frozen(numbers[GAP]),
        asked_bytes=frozen(numbers[ASKED_SIZE]),
        asked_packets=frozen(numbers[ASKED_PACKETS]),
        asked_lull_ns=frozen(numbers[ASKED_LULL]),
        answer_bytes=frozen(numbers[ANSWER_SIZE]),
        is_last=frozen(marks[IS_LAST]),
    )


def _speech(
    view: View, place: int, walk: tuple[I32, I32, I32, Bool], is_tcp: Bool, stamps: I64, least_ns: int
) -> tuple[Bool, I64]:
    """Return which packets carry bytes not said before, and per flow how many turns they make.

    No turns where no gap is as long as ``least_ns``.
    """
    columns = view.run.packets[view.run.path.order[place]].columns
    has_data = columns.payload_len > 0
    bits = max(1, int((has_data & is_tcp).sum())).bit_length() + 1
    slots = np.full(1 << bits, FREE, np.int64)
    is_speech, state = _data(view, place, has_data & (is_tcp | (columns.proto == UDP))), _fresh(len(view.run.joined))
    longest = np.full(1, -NEVER_NS, np.int64)
    shift, seq = np.uint64(64 - bits), frozen(columns.seq, np.uint32)
    with np.errstate(over="ignore"):  # products wrap on purpose; only seen when kernels run uncompiled
        fall_together = mark_speech(*walk, is_tcp, seq, stamps, shift, slots, is_speech, state, longest)
    if fall_together:
        is_speech, state = _sorted_speech(view, place, is_speech), _fresh(len(view.run.joined))
        mark_speech(*walk, is_tcp, seq, stamps, shift, slots[:0], is_speech, state, longest)
    turns = state[:, TURNS] if longest[0] >= least_ns else np.zeros(len(state), np.int64)
    return frozen(is_speech), frozen(turns)


def _data(view: View, place: int, has_data: Bool) -> Bool:
    """Return which packets carry data at a place, given which of its rows do."""
    table = view.run.trajectories
    is_data = view.is_seen[:, place] & ~table.is_ambiguous & (table.duplicate_of < 0)
    return np.asarray(is_data & view.of_everyone(has_data, place), np.bool_)


def _fresh(flows: int) -> I64:
    """Return a line per flow of which nothing is known."""
    state = np.zeros((flows, STATE), np.int64)
    state[:, SPEAKER] = FREE
    return state


def _sorted_speech(view: View, place: int, is_data: Bool) -> Bool:
    """Return which data packets say something new, found by sorting them."""
    packets = by_flow(view, np.flatnonzero(is_data), place)
    is_speech = np.zeros(len(is_data), np.bool_)
    is_speech[packets[~said_again(view, packets, place)]] = True
    return is_speech


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
