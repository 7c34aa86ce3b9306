"""How coarse stamps are."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.clocks.ticks import MIN_DISTINCT, measure_tick
from correlate.model.frames import NO_TIME
from correlate.model.vantage import STANDING_TICK_NS

START = 1_341_000_000_000_000_000


@pytest.mark.parametrize("tick", [1_000, 10_000, 1_000_000, 15_625_000, 16_000])
def test_the_common_step_of_all_stamps_is_the_tick(tick):
    rng = np.random.default_rng(tick)
    stamps = START + 895_000 + np.sort(rng.integers(0, 10**6, 500)) * tick
    assert measure_tick(stamps, 1_000) == tick


def test_a_nanosecond_file_of_microsecond_stamps_ticks_in_microseconds():
    stamps = START + np.random.default_rng(1).integers(0, 10**9, 300) * 1_000
    assert measure_tick(stamps, 1) == 1_000


def test_few_distinct_stamps_never_prove_a_coarse_tick():
    """Rule: 20 distinct ones, or eight of a tick that is in use, a hundred times the declared one, and repeated."""
    stamps = START + np.repeat(np.arange(MIN_DISTINCT - 1) * 15_625_000, 50)
    assert measure_tick(stamps, 1_000) == 15_625_000
    stamps = START + np.repeat(np.arange(MIN_DISTINCT - 1) * 17_000, 50)
    assert measure_tick(stamps, 1_000) == 1_000


def test_a_few_stamps_off_the_grid_do_not_hide_it():
    rng = np.random.default_rng(2)
    stamps = START + rng.integers(0, 10**5, 1_000) * 15_625_000
    stamps[[5, 700]] += 1_234_000
    assert measure_tick(stamps, 1_000) == 15_625_000


def test_stamps_without_time_and_empty_captures_are_borne():
    assert measure_tick(np.full(50, NO_TIME), 1_000) == 1_000
    assert measure_tick(np.zeros(0, np.int64), 1) == 1


def test_fine_stamps_keep_the_declared_resolution():
    stamps = START + np.random.default_rng(3).integers(0, 10**10, 2_000)
    assert measure_tick(stamps, 1) == 1


def test_whole_seconds_of_a_short_capture_are_seen():
    """Eleven distinct stamps, each many times: no clock of microseconds does that."""
    stamps = np.repeat(np.arange(11) * 10**9 + 7, 30)
    assert measure_tick(stamps, 1_000) == 10**9


@pytest.mark.parametrize(
    "stamps", [np.arange(11) * 10**9, np.repeat(np.arange(2) * 10**6, 30), np.repeat(np.arange(11) * 3_000, 30)]
)
def test_few_round_stamps_prove_nothing(stamps):
    """Ping once a second, one gap of a millisecond, or a tick hardly coarser than the file's."""
    assert measure_tick(stamps, 1_000) == 1_000


@pytest.mark.parametrize(("stamps", "tick"), [((0, 0, 1, 1), 10**9), ((0, 0, 1, 7, 7), 10**6)])
def test_two_whole_seconds_or_three_milliseconds_are_no_chance(stamps, tick):
    """Of microsecond stamps one gap in a million is a whole number of seconds."""
    assert measure_tick(START + np.array(stamps) * tick, 1) == tick


def test_one_stamp_for_all_frames_is_a_clock_that_stood():
    assert measure_tick(np.full(9, START), 1_000) == STANDING_TICK_NS
    assert measure_tick(np.full(3, START), 1_000) == 1_000
