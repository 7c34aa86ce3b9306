"""Large datagrams that vanish however often they are sent."""

from __future__ import annotations

from correlate.model.trajectories import Fate, Reason
from correlate.trajectories import datagram_sizes
from tests.diagnose.sets import outcome_of_set


def test_blocks_that_are_sent_again_and_again_are_lost_by_size() -> None:
    """Case 5: two blocks of 1488 bytes, five sendings each; pings of 84 bytes cross meanwhile."""
    fates = outcome_of_set("large-blocks-lost").result.fates
    lost = fates.fate == Fate.LOST
    assert int(lost.sum()) == 10
    assert set(fates.reason[lost].tolist()) == {Reason.SIZE}


def test_a_pair_that_tries_too_little_accuses_nobody(monkeypatch) -> None:
    """Ten sendings are there: were eleven needed, the packets would stay ambiguous."""
    monkeypatch.setattr(datagram_sizes, "LEAST_SENDINGS", 11)
    outcome_of_set.cache_clear()
    fates = outcome_of_set("large-blocks-lost").result.fates
    outcome_of_set.cache_clear()
    assert Fate.LOST not in fates.fate
