"""Odds of a loss against a capture miss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.model.tallies import Tally
from correlate.trajectories.rates import HARMLESS_ODDS, LOST_ODDS, Odds, weigh_hops


def _odds(resent: list[int], sent: int, missed: int, passed: int, ended: list[int] | None = None) -> list[Odds]:
    steps = len(resent)
    return weigh_hops(
        Tally(
            resent=np.array(resent),
            sent=np.full(steps, sent),
            ended=np.array(ended or [0] * steps),
            plain=np.full(steps, sent),
            missed=np.full(steps, missed),
            passed=np.full(steps, passed),
            unopposed=np.zeros(steps, np.int64),
            absent=np.zeros(steps, np.int64),
            births=np.zeros(steps, np.int64),
        )
    )


def test_a_capture_that_misses_two_percent_never_makes_a_plain_absence_a_loss() -> None:
    """One per cent loss against two per cent misses is no case (algorithms rule 11)."""
    (odds,) = _odds([100, 0], 10_000, 200, 10_000)
    assert odds.plain < 1
    assert odds.resent > LOST_ODDS


def test_few_packets_prove_little() -> None:
    """The 5 % quantile of the rates decides, not their mean."""
    assert _odds([1, 0], 50, 0, 50)[0].resent < LOST_ODDS
    assert _odds([10, 0], 5000, 0, 5000)[0].resent > LOST_ODDS


def test_no_loss_and_many_misses_excuse_the_hop() -> None:
    """At 9:1 a fate that accuses nobody may be told."""
    assert _odds([0, 0], 10_000, 200, 10_000)[0].miss > HARMLESS_ODDS


def test_losses_beyond_weaken_the_case_on_this_hop() -> None:
    """Packets lost beyond a vantage that misses some look lost before it."""
    clean, lossy = _odds([50, 0, 0], 5000, 5, 5000)[0], _odds([50, 50, 0], 5000, 5, 5000)[0]
    assert lossy.resent < clean.resent


def test_several_silent_vantages_beyond_strengthen_it() -> None:
    """Passing unseen needs all of them to miss it or a loss in between."""
    near, last = _odds([50, 5, 0], 5000, 0, 5000, ended=[50, 5, 0])
    assert near.plain > near.plain_far_only
    assert last.plain == pytest.approx(last.plain_far_only)


def test_before_the_last_hop_plain_absences_count_as_losses() -> None:
    """Two vantages at once are hardly both blind: one-way traffic has a loss rate too."""
    inner, last = _odds([0, 0, 0], 900, 0, 900, ended=[9, 9, 0])
    assert inner.plain > 10 * last.plain
    assert _odds([0, 0, 0], 900, 0, 900, ended=[9, 0, 0])[0].plain > LOST_ODDS


def test_equal_counts_give_equal_odds() -> None:
    """Draws have a fixed seed."""
    assert _odds([3, 1, 0], 100, 1, 90) == _odds([3, 1, 0], 100, 1, 90)


def test_the_chance_to_miss_a_whole_run_falls_with_its_length_and_with_what_was_seen() -> None:
    """Mean of mu^n over Beta(missed + 1/2, passed - missed + 1/2)."""
    (odds,) = _odds([0, 0], 10, 0, 3)
    chances = odds.chance_all_missed(np.array([0, 1, 2]))
    assert chances.tolist() == pytest.approx([1.0, 0.125, 0.0375])


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 90))
def test_tips_say_all_that_rules_ask_of_odds(resent, passed, missed) -> None:
    """Rules compare with ``LOST_ODDS`` and ``HARMLESS_ODDS`` and ask whether so many packets can all have been missed."""
    (odds,) = _odds([resent, 0], 400, min(missed, passed), passed)
    tips = odds.tips()
    assert tips[:4] == tuple(
        value >= least
        for value, least in (
            (odds.resent, LOST_ODDS),
            (odds.plain, LOST_ODDS),
            (odds.plain_far_only, LOST_ODDS),
            (odds.miss, HARMLESS_ODDS),
        )
    )
    counts = np.arange(600)
    too_many = odds.chance_all_missed(counts) <= 1.0 / LOST_ODDS
    assert too_many.tolist() == (counts >= tips.least_run).tolist()
    assert tips.one_is_telling == (odds.chance_all_missed(np.array([1]))[0] <= 1.0 / HARMLESS_ODDS)
    assert tips.is_faultless == (odds.missed == 0)


def test_what_crosses_beyond_whatever_its_kind_speaks_for_the_hops_there() -> None:
    """Few packets with sequence space, many without, none of which vanishes: what died, died before."""

    def odds(plain: int, ended: int) -> float:
        tally = Tally(
            resent=np.array([26, 0, 0]),
            sent=np.array([240, 214, 214]),
            ended=np.array([0, ended, 0]),
            plain=np.full(3, plain),
            missed=np.full(3, 20),
            passed=np.full(3, 1250),
            unopposed=np.zeros(3, np.int64),
            absent=np.zeros(3, np.int64),
            births=np.zeros(3, np.int64),
        )
        return weigh_hops(tally)[0].resent

    assert odds(0, 0) < LOST_ODDS < odds(900, 0)
    assert odds(900, 20) < LOST_ODDS, "what vanishes beyond takes that back"
