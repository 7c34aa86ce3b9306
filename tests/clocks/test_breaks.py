"""Proven breaks."""

from __future__ import annotations

import numpy as np

from correlate.clocks.breaks import find_brackets
from correlate.clocks.evidence import Evidence

X = np.arange(0, 10, 0.05)


def corridor(curve) -> Evidence:
    y = curve(X)
    return Evidence(X[::2], y[::2] + 1e5, X[1::2], y[1::2] - 1e5)


def test_one_line_has_no_break():
    assert find_brackets(corridor(lambda x: 3e5 * x))[1] == []


def test_each_step_lies_in_its_bracket_and_there_are_no_more_brackets():
    """Method: the left pass and the right pass bracket each break; fewest pieces are proof."""
    evidence, brackets = find_brackets(corridor(lambda x: np.where(x > 3.01, 1e9, 0) - np.where(x > 7.02, 4e9, 0)))
    assert evidence.total == len(X)
    assert [b.before <= at <= b.after for b, at in zip(brackets, (3.01, 7.02), strict=True)] == [True, True]
    assert all(b.after - b.before <= 0.2 for b in brackets)


def test_a_lone_wrong_bound_is_dropped_and_not_a_break():
    crooked = corridor(lambda x: 0.0 * x)
    crooked.upper[50] = -1e9
    evidence, brackets = find_brackets(crooked)
    assert brackets == []
    assert evidence.total == len(X) - 1


def test_bounds_of_one_direction_never_break():
    y = np.where(X > 5, 1e9, 0.0)
    assert find_brackets(Evidence(X, y, X[:0], y[:0]))[1] == []
