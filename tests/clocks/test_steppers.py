"""Steps belong to the vantage that stepped (through the pipeline: ``tests/diagnose/test_clock_step.py``)."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.clocks import fit_clocks
from tests.clocks.calibrate_joint import judge
from tests.clocks.joint_worlds import draw_joint_world
from tests.clocks.tables import match_table, path_of
from tests.clocks.test_fit import path_world


@pytest.mark.parametrize("reference", [0, 2, 3])
@pytest.mark.parametrize("step", [800_000_000, -800_000_000, 3_600 * 10**9, -3_600 * 10**9])
def test_a_step_is_the_steppers_whatever_the_reference(step, reference):
    """Also of the reference's own clock: the others did not move."""
    packets, match, _, _ = path_world(step=step)
    clocks = fit_clocks(packets, match, path_of(0, 1, 2, 3), [1] * 4, reference=reference)
    told = {place: clock.steps for place, clock in enumerate(clocks.vantages) if clock.steps}
    assert list(told) == [2]
    (one,) = told[2]
    assert one.vantages == (2,)
    assert one.witness == "third vantage"
    assert one.delta_ns == pytest.approx(step, abs=3_000_000)


def test_of_two_without_witness_both_are_named_at_the_far_one():
    packets, match, _, _ = path_world(step=800_000_000)
    pair = match_table(match.rows[:, [1, 2]], match.is_outbound)
    clocks = fit_clocks(packets[1:3], pair, path_of(0, 1), [1] * 2, reference=None)
    assert clocks.vantages[0].steps == ()
    (one,) = clocks.vantages[1].steps
    assert (one.vantages, one.witness) == ((0, 1), "")


def test_most_steppers_are_named_and_none_wrongly():
    """Algorithms 1: a step is named uniquely where a third vantage has evidence."""
    scores = [judge(draw_joint_world(seed, steps=True)).named for seed in range(93_000, 93_030)]
    assert min(scores) >= 0
    assert np.mean(scores) > 0.7
