"""One hash on every machine."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from correlate.model.fingerprints import mixed

INT64 = st.integers(-(2**63), 2**63 - 1)
MASK = 2**64 - 1


def naive(*values):
    state = 0
    for value in values:
        state = ((state ^ (value & MASK)) + 0x9E3779B97F4A7C15) & MASK
        state = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & MASK
        state = ((state ^ state >> 27) * 0x94D049BB133111EB) & MASK
    state ^= state >> 31
    return state - 2**64 if state >> 63 else state


@given(st.lists(st.tuples(INT64, INT64), min_size=1, max_size=8))
def test_rows_hash_as_plain_integers_do(rows):
    columns = np.array(rows, np.int64).T
    assert mixed(*columns).tolist() == [naive(*row) for row in rows]


def test_the_order_of_the_parts_matters():
    assert mixed(1, 2)[0] != mixed(2, 1)[0]


@given(INT64)
def test_a_scalar_is_a_column_of_one_value(value):
    assert mixed(np.full(3, 5), value).tolist() == [naive(5, value)] * 3
