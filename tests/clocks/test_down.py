"""The same bounds over the other clock."""

from __future__ import annotations

import numpy as np

from correlate.clocks.down import trace_down
from correlate.clocks.evidence import Evidence
from correlate.clocks.line import Line
from correlate.clocks.segments import Segment, split
from tests.clocks.test_segments import corridor


def test_a_line_is_moved_by_its_own_offset():
    (segment,) = split(corridor(lambda x: 2e9 + 0 * x), 100.0, 400).segments
    samples = trace_down(segment)
    assert samples.at[0] <= segment.first + 2.0
    assert samples.at[-1] >= segment.last + 2.0
    assert (samples.lo <= 2e9).all()
    assert (samples.hi >= 2e9).all()


def test_one_way_bounds_stand_at_the_stamps_of_the_second_clock():
    x = np.arange(50.0)
    segment = Segment(
        Evidence(x, np.full(50, 3e9), x[:0], x[:0]), Line(3e9, 0, np.inf), 1e6, -1e6, 1e6, -1.0, 50.0, "one-way"
    )
    samples = trace_down(segment)
    assert samples.at[0] <= 2.0
    assert samples.at[-1] >= 53.0
    assert np.interp(30.0, samples.at, samples.hi) >= 3e9


def test_a_second_clock_that_steps_back_shows_all_levels_at_once():
    x = np.arange(50.0)
    upper = np.where(x > 25, -40e9, 0.0)
    segment = Segment(Evidence(x, upper + 1e6, x, upper - 1e6), Line(0.0, 0, 0.0), 1e6, -1e6, 1e6, 20.0, 30.0, "bridge")
    samples = trace_down(segment)
    assert (samples.lo <= -40e9).all()
    assert (samples.hi >= 0).all()
    assert samples.at[0] <= 20.0 - 40.0
    assert samples.at[-1] >= 30.0
