"""Rule: the kernel finds what the plainest reader finds, on sound and on broken bytes alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.model.arrays import frozen
from correlate.read.records_kernel import BEYOND_BLOCK, TOO_LONG
from correlate.read.snoop_kernel import walk_snoop
from tests.read import formats
from tests.read.captures import Record, records
from tests.read.test_records_kernel import CHANGES, changed, columns

pytestmark = pytest.mark.jit_off


@given(records(), CHANGES, st.integers(0, 40))
@settings(max_examples=100, deadline=None)
def test_the_kernel_is_its_twin(rows, changes, cut) -> None:
    data = changed(formats.snoop(rows)[16:], changes, cut)
    out = columns(64, np.int64, np.int32, np.int32, np.int64)
    state = np.zeros(5, np.int64)
    view = frozen(np.frombuffer(data, np.uint8))
    count = walk_snoop(view, 0, len(data), 262144, *out, state)
    found = [
        Record(ts, data[at : at + cap], wire)
        for at, cap, wire, ts in zip(*(c[:count].tolist() for c in out), strict=True)
    ]
    wanted, is_damaged = formats.naive_snoop(data, 262144)
    assert found == wanted
    assert (int(state[1]) in (TOO_LONG, BEYOND_BLOCK)) == is_damaged
