"""Rule: where a file is repaired, a leap of the stamps is damage, and the record before damage does not count."""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import frozen
from correlate.read.doubt import Doubt
from correlate.read.records_kernel import LEAP, MORE, TOO_LONG

DAY_NS = 86400 * 10**9
START_NS = 1_600_000_000 * 10**9


def stamps(*days: int):
    return frozen(np.array([START_NS + day * DAY_NS for day in days], np.int64))


def test_without_repair_every_row_counts() -> None:
    assert Doubt().judge(stamps(0, 900, 1), TOO_LONG, 5) == (3, TOO_LONG, 5)


def test_the_row_before_damage_does_not_count_and_a_sound_end_keeps_all() -> None:
    assert Doubt(is_on=True).judge(stamps(0, 1, 2), TOO_LONG, 5) == (2, TOO_LONG, 5)
    assert Doubt(is_on=True).judge(stamps(0, 1, 2), MORE, 5) == (3, MORE, 5)
    assert Doubt(is_on=True).judge(stamps(), TOO_LONG, 5) == (0, TOO_LONG, 5)


def test_the_last_row_waits_for_what_follows_it() -> None:
    doubt = Doubt(is_on=True)
    assert doubt.judge(stamps(0, 1, 2), MORE, 5, is_end=False) == (2, MORE, 5)
    assert doubt.last_s == (START_NS + DAY_NS) // 10**9
    assert doubt.judge(stamps(2), MORE, 5, is_end=False) == (0, MORE, 5)
    assert Doubt().judge(stamps(0, 1, 2), MORE, 5, is_end=False) == (3, MORE, 5)


def test_a_leap_ends_the_rows_also_from_one_step_to_the_next() -> None:
    doubt = Doubt(is_on=True)
    leap_s = (START_NS + 900 * DAY_NS) // 10**9
    assert doubt.judge(stamps(0, 1, 900, 901), MORE, 5) == (1, LEAP, leap_s)
    assert doubt.last_s == START_NS // 10**9
    assert doubt.judge(stamps(900), MORE, 5) == (0, LEAP, leap_s)
    assert doubt.judge(stamps(30), MORE, 5) == (1, MORE, 5)
