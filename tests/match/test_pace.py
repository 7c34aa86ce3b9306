"""Where packets are due."""

import numpy as np
import pytest

from correlate.match import pace
from correlate.match.pace import Pace, SurePairs, _after

MS = 1e6
HOURS = 5 * 3600 * 1e9


def sure(*pairs):
    return SurePairs(
        *(
            np.array(column, kind)
            for column, kind in zip(zip(*pairs, strict=True), (np.int64, float, float), strict=True)
        )
    )


def test_between_two_neighbours_the_difference_is_interpolated():
    """Skew cancels; offsets of hours do not matter."""
    pace = Pace(sure((2, 0.0, HOURS), (2, 1000 * MS, HOURS + 1 * MS)))
    due = pace.expect(np.array([2]), np.array([250 * MS]))
    assert due.time[0] == pytest.approx(HOURS + 250.25 * MS)
    assert 0 < due.scatter[0] < 3 * MS


def test_beyond_the_neighbours_the_last_difference_holds_and_doubt_grows():
    """No model of the clock: 1000 ppm is believed possible."""
    pace = Pace(sure((2, 0.0, HOURS), (2, 10 * MS, HOURS)))
    near, far = (pace.expect(np.array([2]), np.array([t])) for t in (20 * MS, 60_000 * MS))
    assert near.time[0] == pytest.approx(HOURS + 20 * MS)
    assert far.scatter[0] > 50 * MS > near.scatter[0]


def test_the_own_direction_wins_over_the_other_and_that_over_other_flows():
    """The two directions differ by the round trip between the vantages."""
    pace = Pace(sure((2, 0.0, 1 * MS), (3, 0.0, -9 * MS), (8, 0.0, 5 * MS)))
    due = pace.expect(np.array([2, 3, 8, 9, 50]), np.zeros(5))
    assert due.time[:4].tolist() == [1 * MS, -9 * MS, 5 * MS, 5 * MS]
    assert due.scatter[0] < due.scatter[3]
    assert due.scatter[4] > 0


def test_one_wrong_pair_among_many_does_not_bend_the_pace():
    """Medians of five."""
    pairs = [(0, k * MS, 7.0 * MS) for k in range(20)]
    pairs[10] = (0, 10 * MS, 900 * MS)
    due = Pace(sure(*pairs)).expect(np.array([0]), np.array([10.5 * MS]))
    assert due.time[0] == pytest.approx(17.5 * MS)


def test_nothing_known_is_said_so():
    """Sentinel: negative scatter."""
    nothing = SurePairs(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    due = Pace(nothing).expect(np.array([4]), np.array([1.0]))
    assert due.scatter[0] < 0


@pytest.mark.parametrize("asked", [[3, 3, 3, 3], [3, 2, 3, 4]], ids=["one direction", "several"])
def test_pairs_of_one_direction_are_searched_by_time_alone(asked):
    """Twin: counted one by one; equal times and times beyond both ends."""
    known = sure((3, 0.0, 1.0), (3, 5.0, 2.0), (3, 5.0, 3.0), (3, 9.0, 4.0))
    group, time = np.array(asked), np.array([-1.0, 5.0, 6.0, 10.0])
    counted = [
        sum((b, t) <= (g, x) for b, t in zip(known.block.tolist(), known.time.tolist(), strict=True))
        for g, x in zip(group.tolist(), time.tolist(), strict=True)
    ]
    assert _after(known, group, time).tolist() == counted


@pytest.mark.parametrize("at_once", [1, 3])
def test_packets_are_asked_for_in_blocks_and_told_the_same(monkeypatch, at_once):
    pairs = sure((2, 0.0, 1 * MS), (2, 10 * MS, 2 * MS), (3, 0.0, -9 * MS), (8, 0.0, 5 * MS))
    block, time = np.array([2, 3, 8, 9, 50, 2, 2]), np.array([0, 1, 2, 3, 4, 5, 20.0]) * MS
    whole = Pace(pairs).expect(block, time)
    monkeypatch.setattr(pace, "_AT_ONCE", at_once)
    found = Pace(pairs).expect(block, time)
    assert found.time.tolist() == whole.time.tolist()
    assert found.scatter.tolist() == whole.scatter.tolist()
