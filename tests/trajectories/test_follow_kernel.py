"""``trajectories.follow_kernel``: what it writes is what columns give, to the last bit."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from correlate.model.clocks import OffsetCurve
from correlate.trajectories import follow
from tests.trajectories.build import MS, START_NS, World, build, make_clocks
from tests.trajectories.random_worlds import random_worlds


def _values(columns: tuple[Any, ...]) -> list[Any]:
    return [(c.dtype, c.tolist()) if isinstance(c, np.ndarray) else c for c in columns]


def _assert_same(world: World) -> None:
    """Compare both ways to stamp packets, and both to lay them."""
    tables, match, path = world.packets, world.match, world.path
    places, kept = [tables[vantage] for vantage in path.order], np.arange(len(match))
    by_kernel = follow.stamp_by_kernel(places, match, path, world.clocks, kept)
    by_column = follow.stamp_by_column(places, match, path, world.clocks, kept)
    assert _values(by_kernel) == _values(by_column)
    order = np.argsort(by_column.first_ns, kind="stable")
    laid = [lay(match, path, kept, by_column.time_ns, order) for lay in (follow.lay_by_kernel, follow.lay_by_column)]
    assert _values(laid[0]) == _values(laid[1])


@pytest.mark.jit_off
@given(random_worlds, st.booleans())
@settings(max_examples=60, deadline=None)
def test_many_packets_are_followed_as_few_are(world: World, shares_rows: bool) -> None:
    """Kernel = columns: missed packets, equal stamps, unknown times, rows that are several packets."""
    if shares_rows:
        rows = np.minimum(world.match.rows, 0)
        world = attrs.evolve(world, match=attrs.evolve(world.match, rows=rows))
    _assert_same(world)


_CURVES = st.lists(st.tuples(st.integers(-5, 20), st.floats(-1e7, 1e7)), max_size=5)


@pytest.mark.jit_off
@given(random_worlds, _CURVES, st.integers(-(10**9), 10**9))
@settings(max_examples=60, deadline=None)
@example(build([], 2), [], 0)
def test_whatever_the_clock_is(world: World, samples: list[tuple[int, float]], base_ns: int) -> None:
    """No sample, one, several at one time; before, between and behind them."""
    samples = sorted(samples, key=lambda sample: sample[0])
    at = np.array([START_NS + sample[0] * MS for sample in samples], np.int64)
    estimate = np.array([sample[1] for sample in samples], np.float64)
    curve = OffsetCurve(at_ns=at, lo=estimate - 5, hi=estimate + 5, estimate=estimate)
    clocks = make_clocks([0] * len(world.packets), range(len(world.packets)), 5)
    clocks = attrs.evolve(
        clocks, vantages=tuple(attrs.evolve(clock, curve=curve, base_ns=base_ns) for clock in clocks.vantages)
    )
    _assert_same(attrs.evolve(world, clocks=clocks))
