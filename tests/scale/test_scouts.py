"""Rule (module head): a few parts go ahead, spread over the time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from correlate.scale.scouts import EVERY, LEAST, scouts_of


@given(st.sets(st.integers(0, 500), min_size=1))
def test_scouts_are_parts_spread_over_the_time(numbers) -> None:
    ordered = sorted(numbers)
    found = scouts_of(ordered)
    assert set(found) <= numbers
    assert found == sorted(set(found))
    if len(ordered) > 1:
        assert {ordered[0], ordered[-1]} <= set(found)
        assert len(found) == min(len(ordered), max(LEAST, len(ordered) // EVERY))


def test_a_single_part_needs_no_scouts() -> None:
    assert scouts_of([4]) == []
