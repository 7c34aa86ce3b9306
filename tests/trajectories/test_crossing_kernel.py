"""``trajectories.crossing_kernel``: what it writes is what columns give, to the last bit."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from correlate.model.clocks import OffsetCurve
from correlate.trajectories import delivered
from correlate.trajectories.crossing_kernel import segment_of, value_at
from correlate.trajectories.sheet import Sheet
from correlate.trajectories.travel import view_travel
from tests.trajectories.build import MS, START_NS, Seen, World, build
from tests.trajectories.random_worlds import random_worlds, scene_of

_VALUES = st.one_of(st.floats(-1e18, 1e18), st.sampled_from([np.inf, -np.inf, 0.0, 1e6]))


@pytest.mark.jit_off
@given(
    st.lists(st.tuples(st.integers(0, 9), _VALUES), min_size=1, max_size=6),
    st.lists(st.floats(-2, 11), min_size=1, max_size=8),
    st.integers(-3, 9),
)
@settings(max_examples=200, deadline=None)
@example([(0, 0.0), (3, 1.0), (3, 7.0), (5, np.inf)], [3.0, 2.9, 4.0, 5.0, 6.0], 1)
@example([(0, -np.inf)], [0.0, 1.0], -1)
@example([(1, np.inf), (2, np.inf)], [1.5, 1.0, 2.0], 0)
def test_curves_are_read_as_numpy_reads_them(samples: list[tuple[int, float]], asked: list[float], guess: int) -> None:
    """Equal bits: samples of one time, open bounds, before, behind and at samples, whatever was guessed."""
    samples = sorted(samples, key=lambda sample: sample[0])
    at, values = (np.array(column, np.float64) for column in zip(*samples, strict=True))
    with np.errstate(invalid="ignore"):
        # As many points as samples: numpy then knows the slopes ahead, as it does for packets.
        expected = np.interp(np.array(asked * len(at)), at, values)[: len(asked)]
        for x, value in zip(asked, expected, strict=True):
            guess = segment_of(at, np.float64(x), guess)
            found = value_at(at, values, np.float64(x), guess)
            assert np.float64(found).tobytes() == value.tobytes() or (np.isnan(found) and np.isnan(value))


def _both(world: World) -> tuple[list[Any], list[Any]]:
    """Return the rows of both directions and all steps, by columns and by kernel."""
    scene, found = scene_of(world), []
    for lay in (delivered.lay_by_column, delivered._lay_by_kernel):
        sheet = Sheet.blank(len(scene.table), max(0, len(scene.places) - 1))
        for direction in (1, -1):
            travel = view_travel(scene, direction)
            for step in range(travel.step_count - 1):
                lay(scene, travel, step, sheet)
        found.append([(column.dtype, column[sheet.is_written].tolist()) for column in (*sheet.rows, sheet.is_written)])
    return found[0], found[1]


@pytest.mark.jit_off
@given(random_worlds)
@settings(max_examples=60, deadline=None)
def test_many_rows_are_written_as_few_are(world: World) -> None:
    """Kernel = columns: missed packets, doubtful pairs, frames without a stamp."""
    by_column, by_kernel = _both(world)
    assert by_kernel == by_column


_CURVES = st.lists(st.tuples(st.integers(-5, 20), st.floats(-1e7, 1e7), _VALUES, _VALUES), max_size=5)


@pytest.mark.jit_off
@given(_CURVES, st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)))
@settings(max_examples=80, deadline=None)
@example([(0, 0.0, -np.inf, np.inf)], (0, 0))
@example([(0, 5.0, 5.0, 5.0)], (0, 0))
def test_whatever_is_known_of_the_clock(samples: list[tuple[int, float, float, float]], slack: tuple[int, int]) -> None:
    """No sample, one with and without width, open on one or both sides, stamps that may be off besides."""
    seen = [Seen(at=(k, k + 1), out=bool(k % 2)) for k in range(6)]
    world = build(seen, 2)
    samples = sorted(samples, key=lambda sample: sample[0])
    columns = [np.array([sample[k] for sample in samples], np.float64) for k in (1, 2, 3)]
    at = np.array([START_NS + sample[0] * MS for sample in samples], np.int64)
    curve = OffsetCurve(at_ns=at, lo=columns[1], hi=columns[2], estimate=columns[0])
    hop = attrs.evolve(world.clocks.hops[0], curve=curve, slack_ns=slack, base_ns=17)
    world = attrs.evolve(world, clocks=attrs.evolve(world.clocks, hops=(hop,)))
    with np.errstate(invalid="ignore"):
        by_column, by_kernel = _both(world)
    assert by_kernel == by_column
