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
    chain_rows,
    fill_turns,
    mark_falls,
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


class _Walk(NamedTuple):
    """Packets in capture order of a place, as the kernels walk them."""

    head: I32
    following: I32
    flow: I32
    is_outbound: Bool


def find_turns(view: View, place: int, *, least_ns: int = -NEVER_NS) -> TurnColumns:
    """Return the turns seen at a place whose gap is at least ``least_ns``, by flow, then in capture order.

    Bytes said again do not count as speech. Cost: a few passes over the packets.
    """
    columns = view.run.packets[view.run.path.order[place]].columns
    walk = _walk(view, place)
    # As many as there are packets would fit; what is not written takes no memory.
    room = len(walk.flow)
    numbers, marks = np.empty((NUMBERS, room), np.int64), np.empty((MARKS, room), np.bool_)
    state = np.zeros((len(view.run.joined), STATE), np.int64)
    state[:, SPEAKER] = FREE
    heard = frozen(columns.ts_ns, np.int64), _speech(view, place, walk), least_ns, state
    its = frozen(columns.proto == TCP), frozen(columns.payload_len, np.int32)
    count = fill_turns(*walk, *heard, *its, numbers, marks)
    # Turns come in capture order, which those of a flow keep.
    order = stable_order(numbers[FLOW, :count])
    numbers, marks = numbers[:, order], marks[:, order]
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


def _walk(view: View, place: int) -> _Walk:
    table = view.run.trajectories
    head = np.full(len(view.run.packets[view.run.path.order[place]].columns.ts_ns), FREE, np.int32)
    following = np.full(len(table), FREE, np.int32)
    chain_rows(frozen(table.rows, np.int64), place, head, following)
    return _Walk(frozen(head), frozen(following), frozen(table.flow, np.int32), frozen(table.is_outbound))


def _speech(view: View, place: int, walk: _Walk) -> Bool:
    """Return which packets carry bytes not said before."""
    columns = view.run.packets[view.run.path.order[place]].columns
    is_tcp, seq = frozen(columns.proto == TCP), frozen(columns.seq, np.uint32)
    is_speech = _data(view, place, (columns.payload_len > 0) & (is_tcp | (columns.proto == UDP)))
    greatest, is_fall = np.full(2 * len(view.run.joined), -1, np.int64), np.zeros(len(is_speech), np.bool_)
    falls = mark_falls(*walk, is_tcp, seq, frozen(is_speech), greatest, is_fall)
    bits = max(1, falls).bit_length() + 1
    slots = np.full(1 << bits, FREE, np.int64)
    rows, shift = frozen(view.run.trajectories.rows, np.int64), np.uint64(64 - bits)
    with np.errstate(over="ignore"):  # products wrap on purpose; only seen when kernels run uncompiled
        fall_together = mark_speech(rows, place, *walk, is_tcp, seq, frozen(is_fall), shift, slots, is_speech)
    return frozen(_sorted_speech(view, place, is_speech) if fall_together else is_speech)


def _data(view: View, place: int, has_data: Bool) -> Bool:
    """Return which packets carry data at a place, given which of its rows do."""
    table = view.run.trajectories
    is_data = view.is_seen[:, place] & ~table.is_ambiguous & (table.duplicate_of < 0)
    return np.asarray(is_data & view.of_everyone(has_data, place), np.bool_)


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
