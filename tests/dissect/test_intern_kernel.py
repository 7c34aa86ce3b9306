"""The hash table under the tuple table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.dissect import TupleInterner
from correlate.model.arrays import frozen
from tests.dissect.chunks import ends_of

keys = st.tuples(
    st.sampled_from((4, 6)),
    st.integers(0, 255),
    st.integers(0, 3),
    st.integers(-1, 65535),
    st.sampled_from((-1, 0, 65535)),
)


@pytest.mark.jit_off
@settings(max_examples=60, deadline=None)
@given(st.lists(keys, min_size=1, max_size=40))
def test_equal_keys_and_only_they_have_equal_numbers(rows):
    """Kernel = a dictionary; IPv4 never meets IPv6, no ports (-1) never meet port 65535."""
    data = frozen(np.arange(64, dtype=np.uint8))
    version, proto, source, sport, dport = (np.array(column) for column in zip(*rows, strict=True))
    tuples = TupleInterner()
    with np.errstate(over="ignore"):
        ids = tuples.intern(
            data,
            frozen(source, np.int64),
            frozen(version, np.uint8),
            frozen(proto, np.uint8),
            frozen(sport, np.int32),
            frozen(dport, np.int32),
        )
    numbers = {}
    assert ids.tolist() == [numbers.setdefault(row, len(numbers)) for row in rows]
    columns = tuples.columns()
    for row, (v, p, at, s, d) in zip(ids.tolist(), rows, strict=True):
        size = 16 if v == 6 else 4
        pad = bytes(16 - size)
        first, second = bytes(range(at, at + size)), bytes(range(at + size, at + 2 * size))
        assert ends_of(columns, row) == (v, p, pad + first, pad + second, s, d)
