"""What is known inside a bracket."""

from __future__ import annotations

import numpy as np

from correlate.clocks.bridge import bridges
from correlate.clocks.envelope import trace
from correlate.clocks.hop import fit_hop
from correlate.clocks.segments import split
from tests.clocks.test_hop import anchors_of
from tests.clocks.test_segments import corridor


def test_a_bridge_spans_each_bracket_and_a_little_more():
    parts = split(corridor(lambda x: np.where(x > 40, 5e6, 0.0)), 100.0, 400)
    old, new = parts.segments
    (bridge,) = bridges(parts.segments, parts.believed)
    assert bridge.first <= new.first < old.last <= bridge.last
    assert bridge.kind == "bridge"
    samples = trace(bridge)
    assert samples.lo.max() > 4e6, "both levels are known"
    assert samples.hi.min() < 1e6


def test_a_segment_alone_needs_none():
    parts = split(corridor(lambda x: 0 * x), 100.0, 400)
    assert bridges(parts.segments, parts.believed) == []


def test_two_steps_in_one_bracket_hold_the_level_between_them():
    """Up by 3 s, 0.3 s later down by 5 s: the middle level is outside the hull of its neighbours."""
    up = np.arange(0, 20_000) * 10**6
    direction = np.where(np.arange(20_000) % 2, 1, -1)
    truth = np.where(up > 8e9, 3_000_000_000, 0) - np.where(up > 8.3e9, 5_000_000_000, 0)
    anchors = anchors_of(up, up + truth + direction * 1_000_000, direction)
    fit = fit_hop(anchors, 1_000)
    _, lo, hi = fit.clock.offset_at(up)
    judged = np.all([np.abs(up - at) > 3e8 for at in (8e9, 8.3e9)], axis=0) | ((up > 8.1e9) & (up < 8.2e9))
    assert ((lo <= truth) & (truth <= hi))[judged].all()


def test_a_chrony_slew_is_followed_and_is_no_step():
    """83,333 ppm for 2 s move the clock by 167 ms: faster than any crystal, slower than a step."""
    up = np.arange(0, 20_000) * 10**6
    direction = np.where(np.arange(20_000) % 2, 1, -1)
    truth = np.clip(up - 8e9, 0, 2e9) * 0.083333
    anchors = anchors_of(up, up + np.rint(truth).astype(np.int64) + direction * 1_000_000, direction)
    clock = fit_hop(anchors, 1_000).clock
    assert clock.steps == ()
    assert any("moved by 16" in note for note in clock.notes)
    _, lo, hi = clock.offset_at(up)
    assert ((lo <= truth) & (truth <= hi)).all()
