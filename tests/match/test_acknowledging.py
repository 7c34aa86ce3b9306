"""Acknowledgements that were forwarded, and those that a proxy makes."""

import numpy as np
import pytest

from correlate.match.acknowledging import Acknowledgements, forwarded_flows
from correlate.match.pace import SurePairs

MS = 1e6
OUT, BACK = 1.0 * MS, -1.0 * MS
"""Stamp differences of data either way: the two-way transit is 2 ms."""


def judged(lags, *, flows=1, is_shared=True):
    """Judge acknowledgements (outbound, stamp difference), the same ones in every flow."""
    time = np.arange(8) * 10.0 * MS
    data = SurePairs(
        np.concatenate([np.repeat([2 * flow + 1, 2 * flow], 8) for flow in range(flows)]),
        np.tile(np.concatenate([time, time]), flows),
        np.tile(np.repeat([OUT, BACK], 8), flows),
    )
    block = np.concatenate([[2 * flow + out for out, _ in lags] for flow in range(flows)]).astype(np.int64)
    lag = np.tile([float(by) for _, by in lags], flows)
    said = Acknowledgements(block, np.full(len(block), is_shared))
    return forwarded_flows(block, np.full(len(block), 35.0 * MS), lag, data, said, flows)


def test_both_directions_in_time_are_forwarded():
    assert judged([(1, OUT), (0, BACK)]).all()


@pytest.mark.parametrize("place", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_a_proxy_anywhere_is_none(place):
    """It answers when data come: early by W less twice the way from it to the vantage; both together by W."""
    transit = OUT - BACK
    out = OUT - (transit - transit * (1 - place))
    back = BACK + (transit - transit * place)
    assert not judged([(1, out), (0, back)]).any()


def test_one_direction_needs_many_flows_and_nothing_that_one_side_lacks():
    """A proxy beside the near vantage looks alike in time, but its stack acknowledges other bytes."""
    assert not judged([(1, OUT)] * 3).any()
    assert judged([(1, OUT)] * 3, flows=10).all()
    assert not judged([(1, OUT)] * 3, flows=10, is_shared=False).any()


def test_what_was_held_up_speaks_neither_way():
    assert judged([(1, OUT), (0, BACK), (1, OUT + 5 * MS)]).all()
    assert not judged([(1, OUT + 5 * MS), (0, BACK - 5 * MS)]).any()


def test_without_data_both_ways_nothing_is_known():
    data = SurePairs(np.array([1, 1]), np.array([0.0, MS]), np.array([OUT, OUT]))
    said = Acknowledgements(np.array([1]), np.array([True]))
    assert not forwarded_flows(np.array([1]), np.array([0.0]), np.array([OUT]), data, said, 1).any()
