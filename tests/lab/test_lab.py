"""A fast part of the lab must meet what the project promises; ``python -m tests.lab`` runs all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.able import lacks, why_not
from tests.lab.board import measure
from tests.lab.scenarios import SCENARIOS
from tests.lab.score import Score

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=[s for s in SCENARIOS if s.fast], ids=lambda s: s.name, name="scored")
def _scored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Score:
    scenario = request.param
    if reason := why_not() or lacks(scenario.needs, scenario.packages):
        pytest.skip(reason)
    result, _ = measure(scenario, Path(tmp_path_factory.mktemp("lab")))
    if result.unexplained or result.capture_drops:
        pytest.skip(f"the machine was too busy to know the truth: {result.unexplained + result.capture_drops} gaps")
    return result


def test_pairs_are_right_and_found(scored: Score) -> None:
    """Precision >= 0.9995 and recall >= 0.99 over all pairs of places."""
    assert scored.precision >= 0.9995
    assert scored.recall >= 0.99


def test_packets_called_lost_were_lost_and_those_lost_are_called_so(scored: Score) -> None:
    """Precision >= 0.995 and recall >= 0.95."""
    assert scored.lost_precision >= 0.995
    assert scored.lost_recall >= 0.95


def test_the_true_offset_lies_in_the_stated_bounds(scored: Score) -> None:
    """At every stamp of every vantage."""
    assert scored.clock_worst_ns == 0


def test_findings_accuse_nobody_wrongly_and_miss_nothing(scored: Score) -> None:
    """Nothing forbidden as proven; nothing expected is missing."""
    assert scored.wrong_proven == ()
    assert scored.missing == ()


def test_the_scenarios_are_told_apart_by_their_names() -> None:
    """The table has a row per name; there are at least 25."""
    names = [scenario.name for scenario in SCENARIOS]
    assert len(names) == len(set(names))
