"""A fast part of the scoreboard must meet what the project promises; ``python -m tests.scoreboard`` runs all of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scoreboard.board import run
from tests.scoreboard.rows import SCENARIOS
from tests.scoreboard.score import Score

SEED = 1


@pytest.fixture(scope="module", params=[s for s in SCENARIOS if s.fast], ids=lambda s: s.name, name="scored")
def _scored(request: pytest.FixtureRequest) -> tuple[Any, Score]:
    return request.param, run(request.param, SEED)


def test_no_packet_that_passed_is_called_lost(scored: tuple[Any, Score]) -> None:
    """A false accusation is the worst defect: capture misses and windows are no loss."""
    assert scored[1].passed_called_lost == 0


def test_pairs_are_right_and_found(scored: tuple[Any, Score]) -> None:
    """Precision >= 0.999 and recall >= 0.99 over all pairs of places."""
    assert scored[1].precision >= 0.999
    assert scored[1].recall >= 0.99


def test_the_true_offset_lies_in_the_stated_bounds(scored: tuple[Any, Score]) -> None:
    """At every packet time of every vantage."""
    assert scored[1].clock_worst_ns == 0


def test_the_bounds_are_near_the_narrowest_possible(scored: tuple[Any, Score]) -> None:
    """Bounds that hold everything say nothing: at most 1.5 times half the least two-way transit (median over time)."""
    assert scored[1].width_ratio <= 1.5


def test_the_path_order_is_right(scored: tuple[Any, Score]) -> None:
    """Everything else names hops."""
    assert scored[1].order_wrong == 0


def test_findings_accuse_nobody_wrongly_and_miss_nothing(scored: tuple[Any, Score]) -> None:
    """Codes that must and must not be said, likely or proven."""
    assert scored[1].findings_wrong == ()
    assert set(scored[1].findings_missing) <= scored[0].hoped
