"""The same bounds over the other clock."""

from __future__ import annotations

import numpy as np

from correlate.clocks.down import trace_all_down, trace_down
from correlate.clocks.evidence import Evidence
from correlate.clocks.hop import fit_hop
from correlate.clocks.line import Line
from correlate.clocks.segments import Segment, split
from correlate.model.arrays import frozen
from correlate.model.clocks import AnchorTable, read_curve
from tests.clocks.test_hop import anchors_of
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


def test_a_clock_set_back_may_show_any_time_again_after_its_last_match():
    """Matches ended 20 s after a step back by 40 s: frames stamped later got the bounds of the first showing."""
    up = np.arange(0, 60 * 10**9, 10**8)
    forward = np.arange(len(up)) % 2 == 0
    down = up + np.where(forward, 10**6, -(10**6)) - np.where(up > 40 * 10**9, 40 * 10**9, 0)
    anchors = AnchorTable(
        frozen(up), frozen(down), frozen(np.where(forward, 1, -1), np.int8), frozen(np.arange(len(up)))
    )
    fit = fit_hop(anchors, 1)
    _, lo, hi = read_curve(fit.over_down, fit.clock.base_ns, np.arange(2, 38) * 10**9)
    assert (lo <= -40 * 10**9).all()
    assert (hi >= 0).all()


def test_outer_segments_reach_as_far_as_any():
    early, late = (split(corridor(lambda x, at=at: at + 0 * x), 100.0, 400).segments[0] for at in (0.0, -50e9))
    first, last = trace_all_down([early, late], [])
    assert (first.at[0], last.at[-1]) == (trace_down(late).at[0], trace_down(early).at[-1])
    assert (first.lo[0], last.hi[-1]) < (trace_down(early).lo[0], trace_down(late).hi[-1] + 60e6)


def test_a_clock_set_back_by_as_much_as_a_pause_lasts_shows_one_reading_twice():
    """One way only: the last stamp before the step lies 50 us after the first one behind it, and both readings hold."""
    up = np.arange(100) * 100_000_000 + np.where(np.arange(100) >= 50, 1_899_950_000, 0)
    down = up + 5_000_000 + np.where(np.arange(100) >= 50, -2_000_000_000, 0)
    over_down, base = (fit := fit_hop(anchors_of(up, down, np.ones(100)), 1)).over_down, fit.clock.base_ns
    assert 0 < down[49] - down[50] < 100_000
    _, _, hi = read_curve(over_down, base, down[48:52])
    assert (hi >= np.where(np.arange(48, 52) >= 50, -2_000_000_000, 0)).all()
