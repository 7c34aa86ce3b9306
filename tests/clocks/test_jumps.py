"""What happened between two segments."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.clocks.hop import fit_hop
from correlate.clocks.jumps import Jump
from tests.clocks.calibrate import judge
from tests.clocks.test_hop import anchors_of
from tests.clocks.worlds import draw_world

PROVEN = Jump(5.0, 0.1, 5e7, 4e7, 20, is_proven=True, is_silent=False, is_sudden=True)


def test_only_what_no_slew_can_do_is_a_step():
    """chrony slews at 83,333 ppm at most; 100,000 ppm over the bracket is the border."""
    assert PROVEN.kind == "step"
    assert PROVEN._replace(length=0.41).kind == "moved"
    assert PROVEN._replace(is_sudden=False).kind == "moved"
    assert PROVEN._replace(is_proven=False).kind == "suspected"


def test_a_slew_in_the_midst_of_which_two_lines_fail_is_no_step():
    """World 20,587: 4,695 ppm for 0.22 s move the clock by 1.03 ms; the lines beside it fail within 4 ms."""
    score = judge(draw_world(20_587))
    assert score.false_proven == score.false_likely == 0
    assert all(step.is_found for step in score.steps if step.is_decided)


@pytest.mark.parametrize(("support", "grade"), [(12, "proven"), (11, "likely"), (4, "likely"), (3, "inconclusive")])
def test_few_bounds_may_be_wrong_matches(support, grade):
    assert PROVEN._replace(support=support).grade == grade


def test_silences_are_named_as_such():
    assert PROVEN.words == "the clock moved by 50.000 ms within 0.1 s"
    assert "during a silence of 0.1 s" in PROVEN._replace(is_silent=True).words


def silent(delta, gap=100_000_000_000):
    """Return anchors 10 ms apart, silent for ``gap`` ns in the middle, in which the clock moves."""
    up = np.arange(800) * 10_000_000 + np.where(np.arange(800) >= 400, gap, 0)
    direction = np.where(np.arange(800) % 2, 1, -1)
    return anchors_of(up, up + np.where(np.arange(800) >= 400, delta, 0) + direction * 1_000_000, direction)


def test_a_movement_in_silence_is_told_with_its_silence():
    """0.5 s in 100 s may be a step or a slew: it is not called a step, and its time is the silence."""
    clock = fit_hop(silent(500_000_000), 1_000).clock
    assert clock.steps == ()
    (moved,) = [note for note in clock.notes if "the clock moved" in note]
    assert "during a silence of 100" in moved


def test_an_hour_in_silence_is_a_step():
    (step,) = fit_hop(silent(3_600_000_000_000), 1_000).clock.steps
    assert step.delta_ns == pytest.approx(3.6e12, abs=3e6)
