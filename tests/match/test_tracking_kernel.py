"""``match.tracking_kernel`` against the same course told with arrays, and its laws."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.match import tracking_kernel
from correlate.match.tracking_kernel import (
    BASE,
    KNOWN_BREAK,
    KNOWN_RATE,
    LEAST,
    STEP,
    UNKNOWN_BREAK,
    UNKNOWN_RATE,
    follow,
)
from correlate.model.arrays import frozen

MS = 1e6


def followed(due, real, slack):
    steps = -(-len(due) // STEP)
    out = np.zeros(steps), np.zeros(steps), np.zeros(steps), np.zeros(steps, np.bool_)
    assert follow(frozen(due), frozen(real), frozen(slack), *out) == steps
    return out


def naive(due, real, slack):
    """Return the same, a step at a time."""
    out: list[tuple[float, float, float, bool]] = []
    count, rate, known_at, is_lost = 0, 0.0, 0.0, False
    for first in range(0, len(due), STEP):
        some = due[first : first + STEP]
        centre, room = due[(first + first + len(some)) // 2], slack[(first + first + len(some)) // 2]
        was, shift = out[-1][:2] if out else (centre, 0.0)
        guess = float(np.clip(shift + rate * (centre - was), -room, room))
        beside = real[None, :] - (some + guess)[:, None]
        beside = beside[np.arange(len(some)), np.abs(beside).argmin(axis=1)]
        off, gap = np.median(beside), np.median(np.diff(some)) if len(some) > 1 else 0.0
        spread = np.median(np.abs(beside - off))
        is_agreed = len(some) >= LEAST and 8 * spread < gap
        is_steady = count >= BASE
        is_broken = is_agreed and abs(off) >= (KNOWN_BREAK if is_steady else UNKNOWN_BREAK) * gap
        moved = min(room, (centre - known_at) * (KNOWN_RATE if is_steady else UNKNOWN_RATE)) if out else room
        if 2 * room < gap:
            is_lost, known_at = False, centre
        elif 2 * moved >= gap or is_broken:
            is_lost, count, rate = True, 0, 0.0
        is_agreed &= not is_lost
        shift = float(np.clip(guess + off, -room, room)) if is_agreed else guess
        out.append((centre, shift, spread if is_agreed else -1.0, not is_lost))
        if is_agreed:
            known_at = centre
            count += 1
        base = min(count - 1, BASE)
        if base > 0 and centre > out[-1 - base][0]:
            rate = (shift - out[-1 - base][1]) / (centre - out[-1 - base][0])
    return [np.array(column) for column in zip(*out, strict=True)]


@pytest.mark.parametrize("seed", range(12))
def test_the_course_is_that_of_the_arrays(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 6)) * STEP + int(rng.integers(0, STEP))
    sent = np.cumsum(rng.choice([np.full(count, 20 * MS), rng.exponential(20 * MS, count)]))
    sent[count // 2 :] += rng.choice([0, 5e9, 1e12])
    real = np.sort(sent * (1 + rng.choice([0, 3e-4, -9e-4])) + rng.exponential(rng.choice([1e3, 1e6, 1e7]), count))
    real = real[rng.random(count) >= rng.choice([0, 0.3])]
    slack = rng.choice([0.1 * MS, 50 * MS]) + 1e-3 * np.abs(sent - sent[rng.integers(0, count)])
    for found, expected in zip(followed(sent, real, slack), naive(sent, real, slack), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-3)


def test_one_member_says_nothing() -> None:
    middle, shift, deviation, is_known = followed(np.array([5.0]), np.array([7.0]), np.array([100.0]))
    assert (middle[0], shift[0], deviation[0], bool(is_known[0])) == (5.0, 0.0, -1.0, False)


def test_steps_are_short_enough_for_the_widest_skew() -> None:
    """Within one the clocks part by less than what counts as a break."""
    assert tracking_kernel.STEP * UNKNOWN_RATE < UNKNOWN_BREAK < 0.5
