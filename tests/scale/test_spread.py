"""Spreads of parts, merged, give the quantiles of all values but for the rank error that they promise."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from correlate.model.metrics import Quantiles
from correlate.scale import spread
from correlate.scale.spread import LEVELS, MOST, POINTS, Spread, SpreadSum, spread_of


def merged(spreads: list[Spread]) -> Quantiles | None:
    """Return the quantiles of all values of some spreads."""
    total = SpreadSum()
    for one in spreads:
        total.take(one)
    return total.quantiles()


VALUES = st.lists(st.integers(-(10**12), 10**12), max_size=80)


@given(st.lists(VALUES, min_size=1, max_size=6))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_merged_ranks_are_off_by_one_part_in_the_points_at_most(monkeypatch, parts) -> None:
    """Module head: 1/POINTS of all values, and a rounding to whole ranks per part; ends and count are exact."""
    points = 8
    monkeypatch.setattr(spread, "POINTS", points)
    everything = np.sort(np.concatenate([np.array(part, np.int64) for part in parts]))
    found = merged([spread_of(np.array(part, np.int64)) for part in parts])
    if not len(everything):
        assert found is None
        return
    assert found is not None
    assert (found.min, found.max, found.count) == (everything[0], everything[-1], len(everything))
    slack = len(everything) / points + len(parts)
    for level, value in zip(LEVELS, (found.p50, found.p95, found.p99), strict=True):
        rank = np.ceil(level * len(everything))
        below, reached = np.searchsorted(everything, value), np.searchsorted(everything, value, "right")
        assert below < rank + slack
        assert reached > rank - slack


@given(st.lists(VALUES, min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_parts_with_no_more_values_than_points_are_exact(parts) -> None:
    """Nearest rank (as ``model/metrics.py`` has it): the value at rank ceil(level * n)."""
    everything = np.sort(np.concatenate([np.array(part, np.int64) for part in parts]))
    found = merged([spread_of(np.array(part, np.int64)) for part in parts])
    if found is not None:
        ranks = [int(np.ceil(level * len(everything))) for level in LEVELS]
        assert [found.p50, found.p95, found.p99] == [everything[rank - 1] for rank in ranks]


def test_a_sum_of_many_spreads_stays_small_and_its_ranks_right() -> None:
    """Each doubling costs up to one rank in 2 * ``MOST``, each part one in ``POINTS``; the ends stay exact."""
    rng = np.random.default_rng(5)
    parts = [rng.integers(0, 10**6, 3_000 * (1 + at % 3)) + 1_000 * at for at in range(100)]
    total = SpreadSum()
    for part in parts:
        total.take(spread_of(part))
    assert sum(len(run[0]) for run in total.runs if run is not None) <= MOST * len(total.runs)
    everything, found = np.sort(np.concatenate(parts)), total.quantiles()
    assert found is not None
    assert (found.min, found.max, found.count) == (everything[0], everything[-1], len(everything))
    for level, value in zip(LEVELS, (found.p50, found.p95, found.p99), strict=True):
        assert abs(np.searchsorted(everything, value) / len(everything) - level) < 1 / 1000


def test_a_spread_stays_small() -> None:
    """A part's summary is small whatever the part holds."""
    found = spread_of(np.arange(100_000, dtype=np.int64))
    assert (len(found.points), found.count) == (POINTS, 100_000)
    assert (found.points[0], found.points[-1]) == (0, 99_999)


def test_nothing_adds_nothing() -> None:
    assert merged([Spread(), spread_of(np.zeros(0, np.int64))]) is None
