"""Rulings."""

from __future__ import annotations

import numpy as np

from correlate.model.trajectories import Fate, FateGrade, Reason
from correlate.trajectories.absence import Ruling

BOTH = np.ones(2, np.bool_)


def test_a_ruling_is_likely_unless_proven_or_unsure() -> None:
    """Ambiguous is always inconclusive."""
    proven = Ruling(applies=BOTH, fate=Fate.LOST, reason=Reason.SACK_HOLE, is_proven=np.array([True, False]))
    assert proven.grade().tolist() == [FateGrade.PROVEN, FateGrade.LIKELY]
    assert Ruling(applies=BOTH, fate=Fate.LOST, reason=Reason.RATE).grade().tolist() == [FateGrade.LIKELY] * 2
    for fate, sure in ((Fate.AMBIGUOUS, True), (Fate.NOT_CAPTURED, False)):
        ruling = Ruling(applies=BOTH, fate=fate, reason=Reason.RATE, is_sure=sure)
        assert ruling.grade().tolist() == [FateGrade.INCONCLUSIVE] * 2
