"""Rule: the kernel finds what the plainest reader finds, on sound and on broken bytes alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.model.arrays import frozen
from correlate.read.erf_kernel import walk_erf
from correlate.read.records_kernel import BAD_BLOCK_LENGTH, BEYOND_BLOCK
from tests.read import formats
from tests.read.formats import START_NS, records_since
from tests.read.test_records_kernel import CHANGES, changed, columns

pytestmark = pytest.mark.jit_off


@given(records_since(START_NS, 1), CHANGES, st.integers(0, 40), st.sampled_from([1, 2, 5, 22, 27]), st.integers(0, 2))
@settings(max_examples=100, deadline=None)
def test_the_kernel_is_its_twin(rows, changes, cut, kind, extensions) -> None:
    data = changed(formats.erf(rows, kind=kind, extensions=extensions), changes, cut)
    out = columns(64, np.int64, np.int32, np.int32, np.int64, np.int32, np.int32)
    state = np.zeros(3, np.int64)
    count = walk_erf(frozen(np.frombuffer(data, np.uint8)), 0, len(data), *out, state)
    at, cap, wire, stamps, kinds, _lost = (column[:count].tolist() for column in out)
    wanted, is_damaged = formats.naive_erf(data)
    assert [(k >> 2, data[a : a + c], w) for k, a, c, w in zip(kinds, at, cap, wire, strict=True)] == [
        (number, kept, original) for number, _ticks, kept, original in wanted
    ]
    assert (int(state[1]) in (BAD_BLOCK_LENGTH, BEYOND_BLOCK)) == is_damaged
    for stamp, (_number, ticks, _data, _original) in zip(stamps, wanted, strict=True):
        assert abs(stamp - ticks * 10**9 / 2**32) <= 0.5 + 512  # doubles carry 2**-53 of 1.6e18 ns
        assert stamp == (ticks >> 32) * 10**9 + ((ticks & 0xFFFFFFFF) * 10**9 + 2**31 >> 32)
