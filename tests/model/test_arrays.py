"""Columns are read-only, contiguous and of one type."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from correlate.model.arrays import I64, U8, concatenate, freeze, frozen, take


class Pair(NamedTuple):
    one: I64
    other: U8


def pair(count):
    return freeze(Pair(np.arange(count), np.arange(count).astype(np.uint8)))


@given(hnp.arrays(np.int64, hnp.array_shapes(max_dims=2)), st.sampled_from((np.int64, np.int32, np.float64)))
def test_frozen_keeps_values_and_leaves_the_original_writable(values, dtype):
    column = frozen(values, dtype)
    assert np.array_equal(column, values.astype(dtype))
    assert column.dtype == dtype
    assert column.flags.c_contiguous
    assert not column.flags.writeable
    assert values.flags.writeable


def test_what_is_already_frozen_is_not_copied():
    column = frozen([1, 2, 3], np.int32)
    assert frozen(column, np.int32) is column


def test_strided_views_become_contiguous():
    """Kernels compile once per layout."""
    assert frozen(np.arange(10)[::2]).flags.c_contiguous
    assert frozen(np.zeros((3, 4))[:, 1]).flags.c_contiguous


def test_writing_to_a_column_is_an_error():
    with pytest.raises(ValueError, match="read-only"):
        pair(3).one[0] = 1


@given(st.lists(st.integers(0, 9), max_size=20))
def test_take_picks_rows_of_every_column(rows):
    taken = take(pair(10), np.array(rows, np.int64))
    assert taken.one.tolist() == taken.other.tolist() == rows
    assert not taken.one.flags.writeable


def test_take_understands_masks():
    assert take(pair(4), np.array([True, False, False, True])).one.tolist() == [0, 3]


def test_parts_are_joined_in_order_and_keep_their_types():
    joined = concatenate([pair(2), pair(0), pair(3)])
    assert joined.one.tolist() == [0, 1, 0, 1, 2]
    assert joined.other.dtype == np.uint8
    assert not joined.other.flags.writeable
