"""Columns as text; the browser's half is read by ``test_browser``."""

import base64
import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from correlate.report.html.coding import EXACT, ascending, known, packed, varint, zigzag


def read_varints(data):
    values, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            values.append(value)
            value = shift = 0
    return values


@given(st.lists(st.integers(0, EXACT), max_size=40))
def test_numbers_come_back(values):
    assert read_varints(varint(np.array(values, np.int64))) == values


@given(st.lists(st.integers(-(2**52), 2**52), max_size=40))
def test_signs_come_back(values):
    back = [
        value // 2 if value % 2 == 0 else -(value + 1) // 2 for value in zigzag(np.array(values, np.int64)).tolist()
    ]
    assert back == values


def test_differences_and_unknowns():
    assert ascending(np.array([5, 7, 6])).tolist() == [10, 4, 1]
    assert known(np.array([4, 9]), np.array([True, False])).tolist() == [9, 0]


def test_the_directory_says_where_columns_lie():
    directory, blob = packed({"a": np.array([1, 300]), "b": np.array([], np.int64)})
    assert directory == [["a", 2, 3], ["b", 0, 0]]
    assert read_varints(zlib.decompress(base64.b64decode(blob), -15)) == [1, 300]
