"""Counting repeated IP IDs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.fingerprint.ident_kernel import count_repeats


def naive(rows, tuples):
    last, seen, repeated = {}, [0] * tuples, [0] * tuples
    for sender, ident in rows:
        if ident >= 0:
            seen[sender] += 1
            repeated[sender] += last.get(sender) == ident
            last[sender] = ident
    return seen, repeated


@pytest.mark.jit_off
@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 2)), max_size=30))
def test_kernel_equals_its_plain_twin(rows):
    """Kernel and twin law."""
    seen, repeated = np.zeros(4, np.int64), np.zeros(4, np.int64)
    senders = np.array([row[0] for row in rows], np.int32)
    idents = np.array([row[1] for row in rows], np.int64)
    senders.flags.writeable = False
    count_repeats(senders, idents, np.full(4, -1, np.int64), seen, repeated)
    assert (seen.tolist(), repeated.tolist()) == naive(rows, 4)
