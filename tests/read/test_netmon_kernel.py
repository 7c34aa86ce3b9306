"""Rule: the kernel finds what the plainest reader finds, on sound and on broken bytes alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.model.arrays import frozen
from correlate.read.netmon_kernel import BACK, END, walk_netmon
from correlate.read.records_kernel import TOO_LONG
from tests.read import formats
from tests.read.formats import START_NS, TRAILERS, records_since
from tests.read.test_records_kernel import CHANGES, changed, columns

pytestmark = pytest.mark.jit_off


def walked(data: bytes, table: list[int], trailer: int):
    out = columns(64, np.int64, np.int32, np.int32, np.int64, np.int32)
    state = np.array([0, 0, 0, 0, 128], np.int64)
    view = frozen(np.frombuffer(data, np.uint8))
    offsets = frozen(np.array(table, np.uint32))
    count = walk_netmon(view, 128, len(data), offsets, 2**32, 1, trailer, 262144, *out, state)
    rows = [
        (ticks, data[at : at + cap], wire)
        for at, cap, wire, ticks, _ in zip(*(c[:count].tolist() for c in out), strict=True)
    ]
    return rows, int(state[1]), int(state[3])


@given(records_since(START_NS, 1000), CHANGES, st.integers(0, 40), st.sampled_from(sorted(TRAILERS)))
@settings(max_examples=100, deadline=None)
def test_the_kernel_is_its_twin(rows, changes, cut, minor) -> None:
    made = formats.netmon(rows, version=(2, minor))
    data = changed(made[128 : len(made) - 4 * len(rows)], changes, cut)
    found, status, _entry = walked(data, [], TRAILERS[minor])
    wanted, is_damaged = formats.naive_netmon(data, TRAILERS[minor], 262144)
    assert found == wanted
    assert (status == TOO_LONG) == is_damaged


def test_the_table_says_which_frame_is_next_and_when_to_stop() -> None:
    rows = [formats.Record(START_NS, bytes([index]) * 4, 4) for index in range(3)]
    data = formats.netmon(rows)[128 : 128 + 3 * 20]
    found, status, entry = walked(data, [128, 168], 0)
    assert ([row[1][0] for row in found], status, entry) == ([0, 2], END, 2)
    found, status, entry = walked(data, [148, 128], 0)
    assert ([row[1][0] for row in found], status, entry) == ([1], BACK, 1)
