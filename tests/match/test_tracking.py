"""Look-alikes followed along their flow: the course is right, or doubted."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.match.pace import Expectation
from correlate.match.tracking import edges_of, track

COUNT, APART, MS, SECOND = 40_000, 20e6, 1e6, 1e9
REGULAR = np.arange(COUNT) * APART


def with_pause(seconds: float):
    sent = REGULAR.copy()
    sent[COUNT // 2 :] += seconds * SECOND
    return sent


def irregular():
    return np.cumsum(np.random.default_rng(9).exponential(APART, COUNT))


def course(sent, *, ppm=0.0, jitter=0.2 * MS, loss=0.0, outage=0, step=0.0):
    """Return which members are due nearer to another, which of these are not doubted, and which are doubted.

    Only the first eight are known: due times are theirs from then on.
    """
    rng = np.random.default_rng(1)
    true = sent + 3.1 * MS + (sent - sent[0]) * ppm * 1e-6 + step * (np.arange(len(sent)) > len(sent) // 2)
    keep = rng.random(len(sent)) >= loss
    keep[len(sent) // 4 : len(sent) // 4 + outage] = False
    real = np.sort(true + rng.exponential(jitter, len(sent)))[keep]
    slack = 0.1 * MS + 1e-3 * np.maximum(0, sent - sent[7])
    found = track(Expectation(sent + 3.1 * MS, slack), real)
    assert (found.scatter <= slack).all()
    is_wrong = np.abs(found.time - true) > np.median(np.diff(sent)) / 2
    return is_wrong.mean(), (is_wrong & ~found.is_doubtful).mean(), found.is_doubtful.mean()


FOLLOWED = {
    "same clock": (REGULAR, {}),
    "skew": (REGULAR, {"ppm": 300, "loss": 0.01}),
    "widest skew": (REGULAR, {"ppm": -900, "loss": 0.01}),
    "jitter": (REGULAR, {"ppm": 50, "jitter": 2.5 * MS}),
    "half lost": (REGULAR, {"ppm": 50, "loss": 0.4}),
    "outage": (REGULAR, {"ppm": 50, "outage": 1000}),
    "pause": (with_pause(100), {"ppm": 50}),
    "irregular": (irregular(), {"ppm": 300, "jitter": 0.05 * MS, "loss": 0.01}),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_clocks_that_drift_apart_are_followed(name) -> None:
    """Their drift is many distances between members at the end."""
    sent, how = FOLLOWED[name]
    wrong, _, doubtful = course(sent, **how)
    assert (wrong, doubtful) == (0, 0)


LOST = {
    "a pause longer than the rate is known for": (with_pause(3000), {"ppm": 50}),
    "a clock set by two and a half distances": (REGULAR, {"ppm": 5, "step": 50 * MS}),
    "an outage of minutes": (REGULAR, {"ppm": 50, "outage": 28_000}),
    "members overtake one another": (REGULAR, {"ppm": 50, "jitter": 40 * MS}),
}


@pytest.mark.parametrize("name", LOST)
def test_a_course_that_was_lost_is_doubted_from_there_on(name) -> None:
    sent, how = LOST[name]
    _, undoubted, doubtful = course(sent, **how)
    # The step within which it was lost is the last one that is believed.
    assert undoubted <= 300 / COUNT
    assert doubtful > 0.1


def test_floods_are_doubted_far_from_what_is_known() -> None:
    """A microsecond apart, off by milliseconds: no time tells which is which."""
    wrong, undoubted, doubtful = course(np.arange(COUNT) * 1e3, ppm=50, jitter=0.1 * MS)
    assert wrong > 0.5
    assert undoubted == 0
    assert doubtful == 1


def test_due_times_that_are_sure_are_never_doubted() -> None:
    """Pairs around each member say where it is due: nothing is followed further than they allow."""
    slack = np.full(COUNT, 0.1 * MS)
    found = track(Expectation(REGULAR, slack), REGULAR + np.random.default_rng(2).normal(0, 5 * MS, COUNT))
    assert not found.is_doubtful.any()
    assert np.abs(found.time - REGULAR).max() <= 0.1 * MS


def test_groups_are_cut_where_the_gap_is_widest() -> None:
    time = np.arange(100.0)
    time[53:] += 5
    assert edges_of(time, 50).tolist()[0] == 53
    assert edges_of(np.arange(40.0), 50).tolist() == []
