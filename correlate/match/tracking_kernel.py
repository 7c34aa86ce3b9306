"""Following two rows of look-alikes along each other.

In: due and real times of one group's members, ascending, and how far the due times may be off.
Out: by how much the due times are off, step by step, and where that is known.
Method: of ``STEP`` members each, the median of what the nearest real time lies beside the due one. It counts where the
members agree (their median deviation is far below their distance): then no neighbour can be meant. From step to step
the course is kept; where it may have moved by half a distance since it was last known, another member may be meant
from there on, until the due times themselves are sure again.
Not here: what follows for pairs (``tracking.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel

STEP = 256
"""Members of a step: within one, clocks that differ by 1000 ppm part by a quarter of a distance."""
LEAST = 16
"""Fewer members say nothing of their own."""
AGREEING = 8.0
"""Times that the deviation of members must be below their distance."""
UNKNOWN_RATE, KNOWN_RATE = 1e-3, 3e-5
"""By how much of the time that passes the course may change: widest skew believed (algorithms section 1), and what
is left of it once the rate has been seen over ``BASE`` steps that never moved by ``KNOWN_BREAK`` (so much over their
time is 24 ppm; crystals wander by less within hours)."""
BASE = 16
UNKNOWN_BREAK, KNOWN_BREAK = 0.375, 0.1
"""Part of a distance by which a course that is followed never moves at once, before and after its rate is known: a
clock was set."""


@kernel
def follow(due: Any, real: Any, slack: Any, middle: Any, shift: Any, deviation: Any, is_known: Any) -> int:
    """Fill a row per step: time of its middle, what to add to due times, deviation (-1 = unknown), known or not.

    Returns the steps filled.
    """
    count, beside, gaps = len(due), np.zeros(STEP), np.zeros(STEP)
    at, now, rate, steps, followed, calm = 0, 0.0, 0.0, 0, 0, 0
    known_at, unsure, is_lost = 0.0, 0.0, False
    for first in range(0, count, STEP):
        last = min(count, first + STEP)
        members = last - first
        centre, room = due[(first + last) // 2], slack[(first + last) // 2]
        passed = centre - middle[steps - 1] if steps > 0 else 0.0
        guess = min(max(now + rate * passed, -room), room)
        for i in range(first, last):
            wanted = due[i] + guess
            while at < len(real) and real[at] < wanted:
                at += 1
            while at > 0 and real[at - 1] >= wanted:
                at -= 1
            nearest = real[min(at, len(real) - 1)] - wanted
            if at > 0 and abs(real[at - 1] - wanted) < abs(nearest):
                nearest = real[at - 1] - wanted
            beside[i - first] = nearest
            gaps[i - first] = due[i] - due[i - 1] if i > first else 0.0
        off = np.median(beside[:members])
        spread = np.median(np.abs(beside[:members] - off))
        gap = np.median(gaps[1:members]) if members > 1 else 0.0
        is_agreed = members >= LEAST and AGREEING * spread < gap
        is_steady = calm >= BASE
        moved, is_broken = room, is_agreed and abs(off) >= (KNOWN_BREAK if is_steady else UNKNOWN_BREAK) * gap
        if steps > 0:
            moved = min(room, unsure + (centre - known_at) * (KNOWN_RATE if is_steady else UNKNOWN_RATE))
        if 2.0 * room < gap:
            is_lost, known_at, unsure = False, centre, room
        elif is_broken or (2.0 * moved >= gap and (gap > 0 or steps == 0)):
            is_lost, followed, calm, rate = True, 0, 0, 0.0
        is_agreed = is_agreed and not is_lost
        now = min(max(guess + off, -room), room) if is_agreed else guess
        middle[steps], shift[steps], is_known[steps] = centre, now, not is_lost
        deviation[steps] = spread if is_agreed else -1.0
        steps += 1
        if is_agreed:
            known_at, unsure = centre, 0.0
            followed += 1
            calm = calm + 1 if abs(off) < KNOWN_BREAK * gap else 0
        base = min(followed - 1, BASE)
        if base > 0:
            elapsed = centre - middle[steps - 1 - base]
            if elapsed > 0:
                rate = min(max((now - shift[steps - 1 - base]) / elapsed, -UNKNOWN_RATE), UNKNOWN_RATE)
    return steps
