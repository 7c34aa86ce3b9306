"""Thinning and filtering of bounds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.clocks.evidence import (
    SCATTER,
    Evidence,
    drop_contradicted,
    gather_evidence,
    group_shape,
    thin,
    time_order,
)
from tests.clocks.worlds import draw_world

STAMPS = st.integers(1_600_000_000 * 10**9, 1_600_000_900 * 10**9)


@given(rows=st.lists(st.tuples(STAMPS, st.integers(0, 5)), max_size=200), tick=st.sampled_from([1, 10**9, 10**11]))
@settings(max_examples=60, deadline=None)
def test_the_time_order_sorts(rows, tick):
    """Twin: sorted pairs; 900 s share slots of a tenth of a ns, coarse ticks share stamps."""
    rows = [(stamp // tick * tick, then) for stamp, then in rows]
    stamps, then = (np.array([row[k] for row in rows], np.int64) for k in (0, 1))
    order = time_order(stamps, then)
    assert sorted(order.tolist()) == list(range(len(rows)))
    least = min((row[1] for row in rows), default=0)
    assert [rows[k] for k in order] == sorted(rows, key=lambda row: (row[0], (row[1] - least) * int(SCATTER) % 2**64))


def test_few_bounds_are_all_kept():
    x = np.arange(79.0)
    assert thin(x, x)[0] is x


def test_a_group_gives_its_bound_of_the_chosen_rank():
    """Plain twin: sort each group, take the rank."""
    z = np.random.default_rng(4).normal(size=1_000)
    size, rank = group_shape(len(z))
    _, kept = thin(np.arange(1_000.0), z)
    assert kept.tolist() == [sorted(z[i : i + size])[rank - 1] for i in range(0, 1_000 // size * size, size)]


def test_larger_captures_drop_more_of_the_extremes():
    assert group_shape(100) == (8, 2)
    assert group_shape(1_000_000)[1] > group_shape(20_000)[1] >= 3
    assert 1_000_000 / group_shape(1_000_000)[0] < 1_510


def test_thinning_only_widens():
    """Law: evidence dropped never narrows the corridor."""
    world = draw_world(9, steps=False, mismatches=False, count=5_000)
    origin, evidence, _ = gather_evidence(world.anchors, world.ticks_ns)
    seen = world.anchors.down_ns - world.anchors.up_ns - origin.base_ns
    assert evidence.upper.min() >= seen[world.anchors.direction > 0].min()
    assert evidence.lower.max() <= seen[world.anchors.direction < 0].max()


def test_a_lone_contradiction_goes_and_a_run_of_them_stays():
    """Algorithms 1, step 2: never runs; those are steps."""
    x = np.arange(40.0) / 100
    lone, run = np.full(40, 100.0), np.full(40, 100.0)
    lone[20] = run[20] = run[21] = run[22] = -1e9
    lower = Evidence(x, lone, x, np.zeros(40))
    assert len(drop_contradicted(lower).upper) == 39
    assert len(drop_contradicted(lower._replace(upper=run)).upper) == 40
