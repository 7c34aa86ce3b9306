"""Fragments that their receiver complained of."""

from __future__ import annotations

import numpy as np

from correlate.model.trajectories import Fate, FateGrade, Reason
from tests.diagnose.sets import outcome_of_set


def test_the_missing_piece_of_a_datagram_that_was_never_whole_is_lost() -> None:
    """RFC 792 time exceeded, code 1: two fragments, each with the complaint as its witness."""
    run = outcome_of_set("fragment-lost").result
    lost = np.flatnonzero(run.fates.fate == Fate.LOST)
    assert run.fates.reason[lost].tolist() == [Reason.REASSEMBLY] * 2
    assert run.fates.grade[lost].tolist() == [FateGrade.LIKELY] * 2, "no counters: the capture may have missed them"
    vantage = run.path.order[0]
    rows = run.trajectories.rows[run.fates.witness[lost], 0]
    assert (run.packets[vantage].columns.icmp_type[rows] == 11).all()


def test_whole_datagrams_leave_nothing_to_complain_of() -> None:
    """Fragments of pings that arrive are delivered."""
    fates = outcome_of_set("fragmented-ping").result.fates
    assert set(fates.fate.tolist()) == {Fate.DELIVERED}
