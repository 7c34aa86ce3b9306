"""Rule (module head): a few parts are counted first; each part adds its own counts, so none is counted twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.model.tallies import Tallies, Tally
from correlate.scale.scouts import EVERY, LEAST, known_to, scouts_of


def tallies(count: int) -> Tallies:
    column = np.array([count, 2 * count], np.int64)
    tally = Tally(resent=column, sent=column, ended=column, plain=column, missed=column, passed=column)
    return Tallies(order=("a", "b"), forward=tally, reverse=tally)


@given(st.sets(st.integers(0, 500), min_size=1), st.data())
def test_scouts_are_parts_spread_over_the_time(numbers, data) -> None:
    ordered = sorted(numbers)
    pilot = data.draw(st.sampled_from(ordered))
    found = scouts_of(ordered, pilot)
    assert set(found) <= numbers - {pilot}
    assert found == sorted(set(found))
    assert len(found) < max(LEAST, len(ordered) // EVERY) + 1
    if len(ordered) >= LEAST:
        assert {ordered[0], ordered[-1]} <= {*found, pilot}


def test_a_single_part_needs_no_scouts() -> None:
    assert scouts_of([4], 4) == []


@pytest.mark.parametrize(("number", "expected"), [(0, 110), (1, 101), (2, 11), (9, 111)])
def test_a_part_is_told_of_the_others_only(number, expected) -> None:
    known = known_to(number, {0: tallies(1), 1: tallies(10), 2: tallies(100), 3: None})
    assert known is not None
    assert known.forward.sent.tolist() == [expected, 2 * expected]


def test_nothing_counted_is_nothing_known() -> None:
    assert known_to(0, {0: tallies(1), 1: None}) is None
