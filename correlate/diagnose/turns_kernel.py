"""Who speaks after whom at one place, in capture order, without sorting.

**In:** followed packets, columns of the place. **Out:** which packets say something new; one entry per change of
speaker.
**Method:** packets that stand in one row are chained, so that the rows are walked in capture order; what is known of a
flow so far lies in one line of a table. Only TCP data that begins no further than some before it may have been said
before: its beginnings are kept in a table of open addressing, small enough for the processor's cache, given up after
``FARTHEST`` steps (``sendings_kernel.py``): the caller sorts instead.
**Not here:** what a turn means (``turns.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.diagnose.sendings_kernel import FARTHEST, FREE, stirred
from correlate.jit import kernel

SPEAKER, LAST, AT, SIZE, PACKETS, LULL, TURN, OPEN = range(8)
"""Columns of a flow's line: who speaks (-1 nobody yet), its last packet and that one's stamp; bytes, packets and
longest silence of what it says; the last turn, and whether what is said now answers it."""
STATE = 8

ASKED, ANSWERED, GAP, ASKED_SIZE, ASKED_PACKETS, ASKED_LULL, ANSWER_SIZE, FLOW = range(8)
NUMBERS = 8
IS_TCP, BY_RESPONDER, IS_LAST = range(3)
MARKS = 3


@kernel
def chain_rows(rows: Any, place: int, head: Any, following: Any) -> int:
    """Chain the packets of each row of a place, ascending; return how many there are.

    ``rows`` int64 (packets, places), -1 = not seen. Changed, both int32 and all -1: ``head`` (rows of the place,),
    the first packet of each row; ``following`` (packets,), the next one in the same row.
    """
    count = 0
    for back in range(len(rows)):
        i = len(rows) - 1 - back
        row = rows[i, place]
        if row >= 0:
            following[i] = head[row]
            head[row] = i
            count += 1
    return count


@kernel
def mark_falls(
    head: Any, following: Any, flow: Any, is_outbound: Any, is_tcp: Any, seq: Any, is_speech: Any,
    greatest: Any, is_fall: Any,
) -> int:  # fmt: skip
    """Mark TCP data that begins no further than all before it of its side; return how many. All else is surely new.

    Columns of the place: ``is_tcp`` bool, ``seq`` uint32. ``is_speech`` bool (packets,), carries data. Changed:
    ``greatest`` int64 (2 x flows,), all -1; ``is_fall`` bool (packets,), all False.
    """
    count = 0
    for row in range(len(head)):
        i = head[row]
        while i >= 0:
            if is_tcp[row] and is_speech[i]:
                side = np.int64(flow[i]) * 2 + (1 if is_outbound[i] else 0)
                begin = np.int64(seq[row])
                if begin > greatest[side]:
                    greatest[side] = begin
                else:
                    is_fall[i] = True
                    count += 1
            i = following[i]
    return count


@kernel
def mark_speech(
    rows: Any, place: int, head: Any, following: Any, flow: Any, is_outbound: Any, is_tcp: Any, seq: Any,
    is_fall: Any, shift: Any, slots: Any, is_speech: Any,
) -> int:  # fmt: skip
    """Unmark what was said before; return 0, or 1 if beginnings fall together.

    ``shift`` uint64, 64 less the bits of a slot's number; ``slots`` int64, all ``FREE``, a power of two of them, at
    least twice as many as falls. Changed: ``is_speech`` is taken off packets that begin where an earlier one of their
    side did.
    """
    mask = len(slots) - 1
    for i in range(len(is_fall)):
        if is_fall[i]:
            key = (np.int64(flow[i]) * 2 + (1 if is_outbound[i] else 0)) * 4294967296 + np.int64(seq[rows[i, place]])
            at = np.int64(stirred(np.uint64(0), np.uint64(key)) >> shift)
            for step in range(FARTHEST + 1):
                if step == FARTHEST:
                    return 1
                if slots[at] == FREE:
                    slots[at] = 2 * key
                if slots[at] == 2 * key:
                    break
                at = (at + 1) & mask
    for row in range(len(head)):
        i = head[row]
        while i >= 0:
            if is_tcp[row] and is_speech[i]:
                key = (np.int64(flow[i]) * 2 + (1 if is_outbound[i] else 0)) * 4294967296 + np.int64(seq[row])
                at = np.int64(stirred(np.uint64(0), np.uint64(key)) >> shift)
                # The lowest bit says that it was said.
                while slots[at] != FREE and slots[at] >> 1 != key:
                    at = (at + 1) & mask
                if slots[at] == 2 * key:
                    slots[at] = 2 * key + 1
                elif slots[at] != FREE:
                    is_speech[i] = False
            i = following[i]
    return 0


@kernel
def fill_turns(
    head: Any, following: Any, flow: Any, is_outbound: Any, ts_ns: Any, is_speech: Any, least_ns: int, state: Any,
    is_tcp: Any, payload_len: Any, numbers: Any, marks: Any,
) -> int:  # fmt: skip
    """Write the changes of speaker after a gap of at least ``least_ns``, in capture order; return how many.

    Columns of the place: ``ts_ns`` int64, ``is_tcp`` bool, ``payload_len`` int32. Changed: ``state`` int64 (flows,
    STATE), fresh; ``numbers`` int64 (NUMBERS, turns) and ``marks`` bool (MARKS, turns), with room for as many turns as
    there are packets.
    """
    count = 0
    for row in range(len(head)):
        i = head[row]
        while i >= 0:
            if is_speech[i]:
                line = state[flow[i]]
                speaker = 1 if is_outbound[i] else 0
                if line[SPEAKER] == speaker:
                    line[LULL] = max(line[LULL], ts_ns[row] - line[AT])
                elif line[SPEAKER] != FREE:
                    if line[OPEN]:
                        numbers[ANSWER_SIZE, line[TURN]] = line[SIZE]
                        marks[IS_LAST, line[TURN]] = False
                    line[OPEN] = 0
                    if ts_ns[row] - line[AT] >= least_ns:
                        numbers[FLOW, count] = flow[i]
                        numbers[ASKED, count] = line[LAST]
                        numbers[ANSWERED, count] = i
                        numbers[GAP, count] = ts_ns[row] - line[AT]
                        numbers[ASKED_SIZE, count] = line[SIZE]
                        numbers[ASKED_PACKETS, count] = line[PACKETS]
                        numbers[ASKED_LULL, count] = line[LULL]
                        marks[IS_TCP, count] = is_tcp[row]
                        marks[BY_RESPONDER, count] = speaker == 0
                        marks[IS_LAST, count] = True
                        line[TURN] = count
                        line[OPEN] = 1
                        count += 1
                    line[SIZE] = 0
                    line[PACKETS] = 0
                    line[LULL] = 0
                line[SPEAKER] = speaker
                line[LAST] = i
                line[AT] = ts_ns[row]
                line[SIZE] += payload_len[row]
                line[PACKETS] += 1
            i = following[i]
    for number in range(len(state)):
        if state[number, OPEN]:
            numbers[ANSWER_SIZE, state[number, TURN]] = state[number, SIZE]
    return count
