"""Drawn worlds that once went wrong; ``python -m tests.verdicts guilty`` runs more."""

from __future__ import annotations

import pytest

from tests.verdicts.guilty import Tally, draw, judge


@pytest.mark.parametrize("seed", [1006, 30])
def test_a_packet_that_a_capture_missed_is_not_lost(seed: int) -> None:
    """Small packets missed among large ones that a hop swallows; misses beside a policer, which is found all the same."""
    tally = Tally()
    judge(draw(seed), tally)
    assert tally.lost.lost_claimed
    assert tally.misses_called_lost == 0
    assert (tally.found, tally.missing) == (1, [])


def test_resets_of_both_ends_that_neither_sent_were_injected() -> None:
    """Both captures miss 2 %: of one reset alone it could not be said."""
    tally = Tally()
    judge(draw(1017), tally)
    assert tally.born_right == tally.born_claimed == tally.born_true > 10


def test_one_way_behind_a_nat_is_told() -> None:
    """The flow's other direction is seen beyond the NAT: which host it belongs to is no question."""
    tally = Tally()
    judge(draw(5000), tally)
    assert (tally.found, tally.contradicted) == (1, {})


@pytest.mark.parametrize("seed", [5064, 5109])
def test_what_captures_miss_does_not_hide_what_a_hop_does(seed: int) -> None:
    """Every capture misses 2 %: too little to explain the losses of the one, the copies of the other."""
    tally = Tally()
    judge(draw(seed), tally)
    assert (tally.found, tally.contradicted) == (1, {})
