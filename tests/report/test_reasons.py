"""Reasons in words."""

from correlate.model.trajectories import Reason
from correlate.report.reasons import REASON_WORDS, reason_words


def test_every_reason_has_words_of_its_own():
    assert set(REASON_WORDS) == set(Reason)
    assert len(set(REASON_WORDS.values())) == len(Reason)
    assert reason_words(Reason.SACK_HOLE) == "the receiver reported a hole"
