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
    count, calm, rate, known_at, unsure, is_lost = 0, 0, 0.0, 0.0, 0.0, False
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
        is_steady = calm >= BASE
        is_broken = is_agreed and abs(off) >= (KNOWN_BREAK if is_steady else UNKNOWN_BREAK) * gap
        passed = centre - known_at
        moved = min(room, unsure + passed * (KNOWN_RATE if is_steady else UNKNOWN_RATE)) if out else room
        if 2 * room < gap:
            is_lost, known_at, unsure = False, centre, room
        elif is_broken or (2 * moved >= gap and (gap > 0 or not out)):
            is_lost, count, calm, rate = True, 0, 0, 0.0
        is_agreed &= not is_lost
        shift = float(np.clip(guess + off, -room, room)) if is_agreed else guess
        out.append((centre, shift, spread if is_agreed else -1.0, not is_lost))
        if is_agreed:
            known_at, unsure = centre, 0.0
            count += 1
            calm = calm + 1 if abs(off) < KNOWN_BREAK * gap else 0
        base = min(count - 1, BASE)
        if base > 0 and centre > out[-1 - base][0]:
            rate = float(
                np.clip((shift - out[-1 - base][1]) / (centre - out[-1 - base][0]), -UNKNOWN_RATE, UNKNOWN_RATE)
            )
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


def test_a_course_that_jumped_is_no_known_rate() -> None:
    """A queue of 0.3 distances looks like 73 ppm for 16 steps: over the pause that follows, that is a whole member."""
    sent = np.arange(40 * STEP) * MS
    sent[21 * STEP :] += 13.65e9
    late = np.where(np.arange(len(sent)) >= 10 * STEP, 0.3 * MS, 0.0)
    *_, is_known = followed(sent, sent + late, np.full(len(sent), 2 * MS))
    assert not is_known.any()
    near = np.where(np.arange(len(sent)) < STEP, 0.1 * MS, 2 * MS)
    *_, is_known = followed(sent, sent + late, near)
    assert is_known[:21].all()
    assert not is_known[21:].any()


def test_where_due_times_only_bound_the_course_the_next_step_starts_from_their_bounds() -> None:
    """Off by 0.45 distances and too unsteady to be seen, then by 0.65: the nearest is another member."""
    sent = np.arange(2 * STEP) * 10 * MS
    off = np.where(np.arange(len(sent)) < STEP, 4.5 * MS, 6.5 * MS)
    rng = np.random.default_rng(4)
    jitter = np.where(np.arange(len(sent)) < STEP, rng.uniform(-4, 4, len(sent)) * MS, 0)
    slack = np.where(np.arange(len(sent)) < STEP, 4.9 * MS, 7.5 * MS)
    *_, is_known = followed(sent, np.sort(sent + off + jitter), slack)
    assert is_known.tolist() == [True, False]


def test_members_of_one_time_do_not_lose_the_course() -> None:
    sent = np.arange(22 * STEP) * 10 * MS
    sent[20 * STEP : 21 * STEP] = np.repeat(sent[20 * STEP : 21 * STEP : 4], 4)
    slack = np.where(np.arange(len(sent)) < STEP, 0.1 * MS, 7.5 * MS)
    *_, is_known = followed(sent, sent + 0.01 * MS, slack)
    assert is_known.all()


def test_one_member_says_nothing() -> None:
    middle, shift, deviation, is_known = followed(np.array([5.0]), np.array([7.0]), np.array([100.0]))
    assert (middle[0], shift[0], deviation[0], bool(is_known[0])) == (5.0, 0.0, -1.0, False)


def test_steps_are_short_enough_for_the_widest_skew() -> None:
    """Within one the clocks part by less than what counts as a break."""
    assert tracking_kernel.STEP * UNKNOWN_RATE < UNKNOWN_BREAK < 0.5
