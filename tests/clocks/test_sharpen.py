"""Shorter brackets."""

from __future__ import annotations

import numpy as np

from correlate.clocks.evidence import Evidence
from correlate.clocks.segments import split
from correlate.clocks.sharpen import sharpen

X = np.arange(0, 100, 0.01)


def test_all_anchors_place_a_step_better_than_the_thinned_ones():
    level = np.where(X > 40.003, 5e6, 0.0)
    everything = Evidence(X[::2], level[::2] + 1e5, X[1::2], level[1::2] - 1e5)
    thin = Evidence(X[::100], level[::100] + 1e5, X[51::100], level[51::100] - 1e5)
    coarse = split(thin, 100.0, 10_000).segments
    old, new = sharpen(coarse, everything)
    assert coarse[0].last - coarse[1].first > 0.4
    assert old.last - new.first < 0.1
    assert new.first <= 40.003 <= old.last


def test_one_wrong_match_inside_a_bracket_does_not_move_it_past_the_step():
    level = np.where(X > 40.003, 5e6, 0.0)
    everything = Evidence(X[::2], level[::2] + 1e5, X[1::2], level[1::2] - 1e5)
    everything.upper[np.searchsorted(X[::2], 40.2)] = 0.0
    thin = Evidence(X[::100], level[::100] + 1e5, X[51::100], level[51::100] - 1e5)
    old, new = sharpen(split(thin, 100.0, 10_000).segments, everything)
    assert new.first <= 40.003 <= old.last


def test_a_bracket_of_two_steps_stays_whole():
    """World 20,486: back by 688 s, forward by 64 s; what was seen in between contradicts both lines."""
    x = np.arange(0, 100, 0.5)
    level = np.select([x < 40, x < 60], [0.0, -7e11], -6e11)
    everything = Evidence(x[::2], level[::2] + 1e5, x[1::2], level[1::2] - 1e5)
    left, right = everything.between(0, 39.5), everything.between(60, 100)
    old, new = split(left, 100.0, 80).segments[0], split(right, 100.0, 80).segments[0]
    old, new = old._replace(first=0.0, last=60.5), new._replace(first=39.4, last=100.0)
    assert sharpen([old, new], everything) == [old, new]
