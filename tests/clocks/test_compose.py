"""What is said of each vantage (whole paths: ``test_fit.py``)."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.clocks.compose import Composer, reference_time
from correlate.clocks.pairs import fit_pairs
from tests.clocks.tables import path_of
from tests.clocks.test_fit import OFFSETS, SKEWS, path_world


def composer(**world):
    packets, match, true, local = path_world(**world)
    pairs = fit_pairs(packets, match, path_of(0, 1, 2, 3), [1] * 4, {})
    return Composer(pairs, {pair: fit.plain for pair, fit in pairs.items()}, 4), true, local


def test_both_ends_of_a_pair_say_the_same_of_it():
    """Law: offset(b against a) at one instant is the negative of offset(a against b)."""
    whole, _, local = composer()
    there, back = whole.vantages(0, range(4))[1], whole.vantages(1, range(4))[0]
    estimate, lo, hi = back.offset_at(local[:, 0])
    other, other_lo, other_hi = there.offset_at(local[:, 0] - estimate)
    slack = 0.02 * (hi - lo) + 5  # bounds bend between two packets, and each clock samples them at its own times
    assert (np.abs(other + estimate) <= slack).all()
    assert (np.abs(other_lo + hi) <= slack).all()
    assert (np.abs(other_hi + lo) <= slack).all()


def test_the_worst_grade_and_the_oldest_evidence_on_the_way_count():
    seen = np.ones((600, 4), bool)
    seen[300:, 1] = False
    whole, *_ = composer(seen=seen)
    clocks = whole.vantages(0, range(4))
    assert clocks[1].extrapolated
    assert clocks[1].evidence_age_ns == clocks[2].evidence_age_ns > 10 * 10**9


def test_a_hop_keeps_its_own_curve_unless_the_others_narrow_it():
    whole, *_ = composer()
    assert whole.hop(0) is whole.fits[0, 1].clock
    seen = np.ones((600, 4), bool)
    seen[20:, 1] = False  # the second hop knows twenty packets, early ones
    seen[:, 3] = False
    seen[::2, 1] = True
    seen[::2, 2] = False
    seen[::2, 3] = True
    seen[1::2, 3] = True
    few, true, local = composer(seen=seen)
    _, lo, hi = few.hop(1).offset_at(local[:, 1])
    _, own_lo, own_hi = few.fits[1, 2].clock.offset_at(local[:, 1])
    assert np.median(hi - lo) < np.median(own_hi - own_lo)
    truth = OFFSETS[2] - OFFSETS[1] + true[:, 1] * (SKEWS[2] - SKEWS[1])
    assert ((lo <= truth) & (truth <= hi)).all()


@pytest.mark.parametrize("home", [0, 2])
def test_pieces_are_told_in_times_of_the_reference(home):
    whole, true, local = composer(step=400_000_000)
    clocks = whole.vantages(home, range(4))
    moved = 0 if home == 2 else 2
    pieces = clocks[moved].pieces
    assert len(pieces) == 2
    at_reference = np.interp(15e9, true[:, home], local[:, home])
    assert abs(pieces[0].to_ns - at_reference) < 1_000_000_000
    assert reference_time(clocks[home], 5) == 5
