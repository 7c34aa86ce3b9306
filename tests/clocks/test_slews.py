"""How far slews reach beyond their brackets."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.clocks.breaks import Bracket
from correlate.clocks.evidence import MAX_SKEW, Evidence
from correlate.clocks.slews import corridors, eased
from tests.clocks.calibrate import judge
from tests.clocks.worlds import draw_world

HALF = 1e6


def around(curve, length=10.0, count=1000) -> Evidence:
    """Return bounds 1 ms above and below a curve, every 10 ms."""
    x = np.linspace(0, length, count)
    return Evidence(x[::2], curve(x[::2]) + HALF, x[1::2], curve(x[1::2]) - HALF)


def test_a_corridor_is_the_gap_to_the_nearest_bounds_of_the_other_side():
    """Twin: every upper bound against every lower one."""
    rng = np.random.default_rng(4)
    evidence = around(np.zeros_like)
    evidence = evidence._replace(upper=evidence.upper + rng.exponential(1e6, len(evidence.upper)))
    naive = []
    for x, upper in zip(evidence.upper_x, evidence.upper, strict=True):
        before = [k for k, at in enumerate(evidence.lower_x) if at < x][-1:]
        after = [k for k, at in enumerate(evidence.lower_x) if at >= x][:1]
        near = [upper - evidence.lower[k] + MAX_SKEW * abs(x - evidence.lower_x[k]) for k in before + after]
        naive.append(min(near))
    assert np.allclose(corridors(evidence), naive)


def test_a_slews_hidden_ends_go_to_its_bracket():
    """50,000 ppm from 4 to 5 s: a corridor of 2 ms hides the first and the last 40 ms; all but 2 ms of them are found."""
    evidence = around(lambda x: 5e7 * np.clip(x - 4, 0, 1))
    wide = eased(evidence, [Bracket(4.04, 4.96)], 0)
    assert 3.95 < wide.before <= 4.002
    assert 4.998 <= wide.after < 5.05


def test_a_steps_bracket_stays():
    evidence = around(lambda x: np.where(x > 4.001, 1e9, 0.0))
    wide = eased(evidence, [Bracket(4.0, 4.01)], 0)
    assert wide.before == pytest.approx(4.0, abs=1e-3)
    assert wide.after == pytest.approx(4.01, abs=1e-3)


@pytest.mark.parametrize("seed", [20_318, 20_564, 20_804])
def test_what_lies_beside_a_slew_holds_the_truth(seed):
    """Slews that last to the end of the capture, or begin right after its first packets."""
    assert judge(draw_world(seed)).inside == 1
