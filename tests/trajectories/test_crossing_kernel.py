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
from correlate.trajectories.sheet import Sheet
from tests.trajectories.build import MS, START_NS, Seen, World, build
from tests.trajectories.random_worlds import random_worlds, scene_of

_VALUES = st.one_of(st.floats(-1e18, 1e18), st.sampled_from([np.inf, -np.inf, 0.0, 1e6]))


def _both(world: World) -> tuple[list[Any], list[Any]]:
    """Return the rows of all hops, by columns and by kernel in two spans."""
    scene, found = scene_of(world), []
    count = len(scene.table)
    for is_by_kernel in (False, True):
        sheet = Sheet.blank(count, max(0, len(scene.places) - 1))
        for hop in range(sheet.hops):
            if is_by_kernel:
                delivered.lay_by_kernel(scene, hop, sheet, (0, count // 3))
                delivered.lay_by_kernel(scene, hop, sheet, (count // 3, count))
            else:
                delivered.lay_by_column(scene, hop, sheet)
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
