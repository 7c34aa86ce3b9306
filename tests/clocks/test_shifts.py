"""Suspected steps."""

from __future__ import annotations

import numpy as np

from correlate.clocks.evidence import Evidence
from correlate.clocks.line import Line
from correlate.clocks.shifts import suspect_brackets

LEVEL = Line(0.0, 0.0, 1e6)
X = np.linspace(0, 100, 300)


def noisy(forward, reverse, seed=3) -> Evidence:
    """Return floors 1 ms apart with queues of 20 us, moved by the given curves."""
    rng = np.random.default_rng(seed)
    upper, lower = 5e5 + rng.exponential(2e4, 300) + forward(X), -5e5 - rng.exponential(2e4, 300) + reverse(X + 0.1)
    return Evidence(X, upper, X + 0.1, lower)


def jump(size):
    return lambda x: np.where(x > 60, size, 0.0)


def test_both_floors_moving_alike_are_suspected_where_they_move():
    (bracket,) = suspect_brackets(noisy(jump(3e5), jump(3e5)), LEVEL, -1.0, 101.0)
    assert bracket.before <= 60.4
    assert bracket.after >= 59.9
    assert bracket.after - bracket.before < 12


def test_route_changes_are_not_suspected():
    """Algorithms 1: (+d, 0) is one path, (+d, -d) both paths."""
    for seed in range(20):
        for reverse in (jump(0), jump(-3e5)):
            brackets = suspect_brackets(noisy(jump(3e5), reverse, seed), LEVEL, -1.0, 101.0)
            assert not any(b.before <= 60.1 and b.after >= 60 for b in brackets)


def test_a_jump_while_the_other_direction_is_silent_is_cut():
    evidence = noisy(jump(5e6), jump(0))
    for silent_from in (50.0, 59.7):
        heard = evidence.lower_x < silent_from
        alone = evidence._replace(lower_x=evidence.lower_x[heard], lower=evidence.lower[heard])
        (bracket,) = suspect_brackets(alone, LEVEL, -1.0, 101.0)
        assert bracket.before <= silent_from
        assert bracket.after >= 60
