"""Clocks set back where no match tells when."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.clocks.mirror import fit_both_ways
from correlate.clocks.setbacks import STEADY, Record, Setback, find_setbacks, never_falls, read_record, with_setbacks
from correlate.model.arrays import frozen
from correlate.model.clocks import UNBOUNDED, AnchorTable, read_curve
from tests.trajectories.build import Seen, build

SECOND = 10**9


def record(seconds, section=0):
    stamps = np.array(seconds, np.int64) * SECOND
    where = np.full(len(stamps), section)
    return Record(np.arange(len(stamps)), stamps, where, np.diff(stamps) < 0)


def anchors(stop, step=0, since=np.inf):
    """Packets every 0.1 s, both ways 1 ms; the second clock moves by ``step`` s at ``since``."""
    up = np.arange(0, stop * SECOND, SECOND // 10)
    forward = np.arange(len(up)) % 2 == 0
    down = up + np.where(forward, 10**6, -(10**6)) + np.where(up > since * SECOND, step * SECOND, 0)
    return AnchorTable(frozen(up), frozen(down), frozen(np.where(forward, 1, -1), np.int8), frozen(np.arange(len(up))))


def test_a_record_knows_that_its_clock_was_set_back() -> None:
    world = build([Seen(at=(at, at + 1)) for at in (0, 100, 200)], 2)
    assert not read_record(world.packets[0]).is_set_back
    assert record([1, 2, 1, 2]).is_set_back


def test_a_clock_that_only_grows_needs_no_record() -> None:
    world = build([Seen(at=(at, at + 1)) for at in (0, 100, 200)], 2)
    assert never_falls(world.packets[0])
    assert not STEADY.is_set_back
    assert (
        find_setbacks(STEADY, np.array([0, 2])) == find_setbacks(read_record(world.packets[0]), np.array([0, 2])) == []
    )
    fallen = build([Seen(at=(at, at + 1)) for at in (0, 100)] + [Seen(at=(50, 200))], 2).packets
    assert [never_falls(table) for table in fallen] == [bool((np.diff(t.columns.ts_ns) >= 0).all()) for t in fallen]


def test_a_fall_beyond_the_last_anchor_casts_doubt_on_what_follows() -> None:
    found = find_setbacks(record([1, 2, 3, 4, 2, 3, 6]), np.array([0, 2]))
    assert found == [Setback(2 * SECOND, 6 * SECOND, is_after=True)]


def test_a_fall_before_the_first_anchor_casts_doubt_on_what_precedes() -> None:
    found = find_setbacks(record([7, 8, 2, 3, 4]), np.array([3, 4]))
    assert found == [Setback(7 * SECOND, 8 * SECOND, is_after=False)]


def test_a_fall_between_anchors_is_left_to_the_fit() -> None:
    assert find_setbacks(record([1, 2, 1, 2]), np.array([0, 1, 2, 3])) == []


@pytest.mark.parametrize("is_down", [True, False])
def test_a_clock_set_back_after_the_last_match_may_be_any_amount_behind(is_down) -> None:
    """A step back after the last match left frames of repeated times with proven bounds, wrong by the step."""
    matched = anchors(30)
    fit = fit_both_ways(matched, (1, 1))
    back = [Setback(5 * SECOND, 20 * SECOND, is_after=True)]
    opened = with_setbacks(fit, matched, [] if is_down else back, back if is_down else [])
    own, other = (opened.over_down, opened.clock.curve)[:: 1 if is_down else -1]
    at = np.array([2, 6, 19, 25, 40]) * SECOND
    _, lo, hi = read_curve(own, fit.clock.base_ns, at)
    open_side, kept = (lo, hi) if is_down else (-hi, -lo)
    assert (open_side <= -UNBOUNDED).tolist() == [False, True, True, False, False]
    assert (kept < 100 * 10**6).all()
    _, lo, hi = read_curve(other, fit.clock.base_ns, at)
    assert ((lo if is_down else -hi) <= -UNBOUNDED).tolist() == [False, False, False, False, True]


def test_few_matches_after_a_step_back_are_fitted_over_the_clock_that_was_not_set_back() -> None:
    """They fall into a gap of the first showing, so anchors alone look like a clock that stepped forward."""
    gap = anchors(60, step=-30, since=40)
    outside = (gap.down_ns > 15 * SECOND) | (gap.up_ns > 50 * SECOND) | (gap.down_ns < 5 * SECOND)
    outside |= gap.up_ns > 40 * SECOND
    kept = AnchorTable(*(frozen(column[outside & (gap.up_ns < 44 * SECOND)]) for column in gap))
    turned = AnchorTable(kept.down_ns, kept.up_ns, frozen(-kept.direction, np.int8), kept.packet)
    fit = fit_both_ways(turned, (1, 1), is_first_set_back=True)
    _, lo, hi = read_curve(fit.clock.curve, fit.clock.base_ns, np.array([20]) * SECOND)
    assert (lo <= 0).all()
    assert (hi >= 30 * SECOND).all()
