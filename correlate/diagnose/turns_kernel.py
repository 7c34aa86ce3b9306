"""Who speaks after whom at one place, in capture order, without sorting.

**In:** followed packets, columns of the place. **Out:** which packets say something new; one entry per change of
speaker.
**Method:** packets that stand in one row are chained, so that the rows are walked in capture order; what is known of a
flow so far lies in one line of a table. Beginnings of TCP data are kept in a table of open addressing, given up after
``FARTHEST`` steps (``sendings_kernel.py``): the caller sorts instead.
**Not here:** what a turn means (``turns.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.diagnose.sendings_kernel import FARTHEST, FREE, stirred
from correlate.jit import kernel

SPEAKER, LAST, AT, SIZE, PACKETS, LULL, TURNS = range(7)
"""Columns of a flow's line: who speaks (-1 nobody yet), its last packet and that one's stamp; bytes, packets and longest
silence of what it says; changes of speaker so far."""
STATE = 7

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
def mark_speech(
    head: Any, following: Any, flow: Any, is_outbound: Any, is_tcp: Any, seq: Any, ts_ns: Any,
    shift: Any, slots: Any, is_speech: Any, state: Any, longest: Any,
) -> int:  # fmt: skip
    """Unmark what was said before and count changes of speaker; return 0, or 1 if beginnings fall together.

    Columns of the place: ``is_tcp`` bool, ``seq`` uint32, ``ts_ns`` int64. ``shift`` uint64, 64 less the bits of a
    slot's number; ``slots`` int64, all ``FREE``, a power of two of them, at least twice as many as rows with TCP data;
    none: nothing was said before. Changed: ``is_speech`` bool (packets,), carries data, its marks are taken off packets
    that begin where an earlier one of their side did; ``state`` int64 (flows, STATE); ``longest`` int64 (1,), the
    longest gap at a change of speaker.
    """
    mask = len(slots) - 1
    for row in range(len(head)):
        i = head[row]
        while i >= 0:
            is_new = is_speech[i]
            line = state[flow[i]]
            speaker = 1 if is_outbound[i] else 0
            if is_new and is_tcp[row] and mask > 0:
                key = (np.int64(flow[i]) * 2 + speaker) * 4294967296 + np.int64(seq[row])
                at = np.int64(stirred(np.uint64(0), np.uint64(key)) >> shift)
                for step in range(FARTHEST + 1):
                    if step == FARTHEST:
                        return 1
                    if slots[at] == FREE:
                        slots[at] = key
                        break
                    if slots[at] == key:
                        is_new = False
                        is_speech[i] = False
                        break
                    at = (at + 1) & mask
            if is_new:
                if line[SPEAKER] != FREE and line[SPEAKER] != speaker:
                    line[TURNS] += 1
                    longest[0] = max(longest[0], ts_ns[row] - line[AT])
                line[SPEAKER] = speaker
                line[AT] = ts_ns[row]
            i = following[i]
    return 0


@kernel
def fill_turns(
    head: Any, following: Any, flow: Any, is_outbound: Any, is_tcp: Any, payload_len: Any, ts_ns: Any,
    is_speech: Any, starts: Any, state: Any, numbers: Any, marks: Any,
) -> int:  # fmt: skip
    """Write the turns of each flow one after the other; return how many.

    ``payload_len`` int32, of the place; ``starts`` int64 (flows,), where each flow's turns begin. Changed: ``state``
    int64 (flows, STATE), fresh; ``numbers`` int64 (NUMBERS, turns); ``marks`` bool (MARKS, turns).
    """
    count = 0
    for row in range(len(head)):
        i = head[row]
        while i >= 0:
            if is_speech[i]:
                number = flow[i]
                line = state[number]
                speaker = 1 if is_outbound[i] else 0
                if line[SPEAKER] == speaker:
                    line[LULL] = max(line[LULL], ts_ns[row] - line[AT])
                elif line[SPEAKER] != FREE:
                    at = starts[number] + line[TURNS]
                    if line[TURNS] > 0:
                        numbers[ANSWER_SIZE, at - 1] = line[SIZE]
                    numbers[FLOW, at] = number
                    numbers[ASKED, at] = line[LAST]
                    numbers[ANSWERED, at] = i
                    numbers[GAP, at] = ts_ns[row] - line[AT]
                    numbers[ASKED_SIZE, at] = line[SIZE]
                    numbers[ASKED_PACKETS, at] = line[PACKETS]
                    numbers[ASKED_LULL, at] = line[LULL]
                    marks[IS_TCP, at] = is_tcp[row]
                    marks[BY_RESPONDER, at] = speaker == 0
                    marks[IS_LAST, at] = False
                    line[TURNS] += 1
                    line[SIZE] = 0
                    line[PACKETS] = 0
                    line[LULL] = 0
                    count += 1
                line[SPEAKER] = speaker
                line[LAST] = i
                line[AT] = ts_ns[row]
                line[SIZE] += payload_len[row]
                line[PACKETS] += 1
            i = following[i]
    for number in range(len(state)):
        if state[number, TURNS] > 0:
            at = starts[number] + state[number, TURNS] - 1
            numbers[ANSWER_SIZE, at] = state[number, SIZE]
            marks[IS_LAST, at] = True
    return count
