"""Stretches without a step, and what is done where one line does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.clocks.evidence import Evidence
from correlate.clocks.hop import fit_hop
from correlate.clocks.line import Line
from correlate.clocks.segments import departure, lowest_cone, split
from tests.clocks.calibrate import judge
from tests.clocks.worlds import draw_world

LEVEL = Line(0.0, 0.0, 0.0)


def corridor(curve, count=400, length=100.0, half=1e5) -> Evidence:
    """Return bounds ``half`` ns above and below a curve."""
    x = np.linspace(0, length, count)
    return Evidence(x[::2], curve(x[::2]) + half, x[1::2], curve(x[1::2]) - half)


def kinds(evidence, anchors=400, length=100.0) -> list[str]:
    return [s.kind for s in split(evidence, length, anchors).segments]


def test_a_skewed_clock_is_one_line():
    (segment,) = split(corridor(lambda x: 80e3 * x), 100.0, 400).segments
    assert segment.kind == "line"
    assert segment.line.skew == pytest.approx(80e3, abs=100)
    assert segment.skew_lo <= 80e3 <= segment.skew_hi


def test_a_wandering_clock_drifts_and_is_not_cut():
    """Algorithms 1: a change of skew by a few ppm is a crystal, not a step."""
    evidence = corridor(lambda x: 4e5 * np.sin(x / 5_000 * 2 * np.pi), length=10_000.0)
    rng = np.random.default_rng(5)
    noisy = evidence._replace(
        upper=evidence.upper + rng.exponential(3e4, 200), lower=evidence.lower - rng.exponential(3e4, 200)
    )
    (segment,) = split(noisy, 10_000.0, 400).segments
    assert segment.kind == "drift"


@pytest.mark.parametrize("seed", [20_517, 20_717, 20_762])
def test_the_ends_of_a_slew_are_no_evidence_of_the_rates_beside_it(seed):
    """chrony slews at up to 83,333 ppm: a line beside the slew reaches into it as far as its corridor is wide."""
    assert judge(draw_world(seed)).inside == 1


def test_steps_beside_a_slew_are_no_sign_of_wrong_matches():
    """World 20,254: one step and a slew break a line five times in 56 bounds, which stand for 448 anchors."""
    clock = fit_hop(draw_world(20_254).anchors, 1_000).clock
    assert [one.kind for one in clock.evidence.breaks] == ["step", "moved"]


def test_a_step_cuts():
    assert kinds(corridor(lambda x: np.where(x > 40, 5e6, 0.0))) == ["line", "line"]


def test_a_step_inside_the_corridor_is_suspected_and_cut():
    """Algorithms 1: extra cuts only widen, missing cuts lie."""
    rng = np.random.default_rng(1)
    evidence = corridor(lambda x: np.where(x > 40, 1.2e5, 0.0))
    noisy = evidence._replace(
        upper=evidence.upper + rng.exponential(2e3, 200), lower=evidence.lower - rng.exponential(2e3, 200)
    )
    old, new = split(noisy, 100.0, 400).segments
    assert new.first <= 40 <= old.last
    assert old.last - new.first < 10


def test_few_packets_are_relaxed_not_cut():
    bent = corridor(lambda x: np.where(x > 0.3, 60.0, 0.0), count=12, length=0.5, half=25.0)
    assert kinds(bent, anchors=12) == ["line"], "a skew explains it"
    crooked = Evidence(
        np.array([0.0, 5, 10]), np.array([0.0, 5e5, 0]), np.array([0.0, 5, 10]), np.array([-5e5, 1e5, -5e5])
    )
    assert kinds(crooked, anchors=6, length=10.0) == ["relaxed"]


def test_more_breaks_than_a_clock_makes_speak_against_the_matches():
    """False accusation is the worst defect: contradicting matches bound nothing."""
    rng = np.random.default_rng(2)
    x = np.arange(30.0)
    mad = Evidence(x, rng.normal(0, 1e9, 30), x + 0.5, rng.normal(0, 1e9, 30))
    (segment,) = split(mad, 30.0, 60).segments
    assert segment.kind == "contradictory"
    assert segment.evidence.total == 0


@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(-100, 100)), min_size=1, max_size=6),
    st.lists(st.floats(0, 10), min_size=1, max_size=6),
    st.floats(0, 50),
)
@settings(max_examples=60, deadline=None)
def test_the_lowest_cone_equals_its_definition(bounds, at, rate):
    x, upper = (np.array(column) for column in zip(*sorted(bounds), strict=True))
    cones = lowest_cone(Evidence(x, upper, x[:0], x[:0]), LEVEL, rate, np.array(at))
    plain = [min(u + rate * abs(t - k) for k, u in zip(x, upper, strict=True)) for t in at]
    assert cones == pytest.approx(plain, abs=1e-9)


def test_departure_is_the_least_rate_that_keeps_all_bounds():
    evidence = Evidence(np.array([0.0]), np.array([0.0]), np.array([2.0]), np.array([1_000.0]))
    assert departure(evidence, LEVEL) == pytest.approx(500, abs=1)


@pytest.mark.parametrize("seed", [20_372, 20_702])
def test_a_step_in_silence_is_told_although_a_drift_might_explain_it(seed):
    """Both floors jump by 14 and 11 ms over a silence; 2.2 and 0.9 ppm of wander, each way, would do it too."""
    score = judge(draw_world(seed))
    assert all(step.is_found for step in score.steps if step.is_decided)
    assert score.inside == 1
    assert score.false_proven == 0


def test_two_steps_half_a_second_apart_are_two():
    """World 21,130: a step of 4 ms behind one of 12 s; as one bracket nothing between them was guarded."""
    score = judge(draw_world(21_130))
    assert score.inside == 1
    assert all(step.is_found for step in score.steps)


def test_a_line_at_the_limit_leans_into_a_slew():
    """World 20,270: -95 ppm, then -4,329 ppm hidden by a tick of 10 ms: a line of -1000 ppm fits both, and neither."""
    assert judge(draw_world(20_270)).inside == 1
