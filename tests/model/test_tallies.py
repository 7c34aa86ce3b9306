"""Counts of parts add up step by step; counts of another path say nothing of this one."""

from __future__ import annotations

import attrs
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from correlate.model.tallies import Tallies, Tally

NAMES = tuple(attrs.fields_dict(Tally))
COLUMNS = st.lists(st.lists(st.integers(0, 10**9), min_size=2, max_size=2), min_size=len(NAMES), max_size=len(NAMES))


def tally(columns) -> Tally:
    return Tally(**{name: np.array(column, np.int64) for name, column in zip(NAMES, columns, strict=True)})


@given(COLUMNS, COLUMNS)
def test_counts_of_equal_paths_are_added_step_by_step(one, other) -> None:
    first = Tallies(order=("a", "b"), forward=tally(one), reverse=tally(other))
    total = first.plus(Tallies(order=("a", "b"), forward=tally(other), reverse=tally(other)))
    for place, name in enumerate(NAMES):
        assert getattr(total.forward, name).tolist() == np.add(one[place], other[place]).tolist()
        assert getattr(total.reverse, name).tolist() == np.add(other[place], other[place]).tolist()


def test_counts_of_another_path_are_left_out() -> None:
    columns = [[1, 1]] * len(NAMES)
    first = Tallies(order=("a", "b"), forward=tally(columns), reverse=tally(columns))
    assert first.plus(attrs.evolve(first, order=("b", "a"))) is first
