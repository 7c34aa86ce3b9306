"""Counting repeated IP IDs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.fingerprint.ident_kernel import FRAGMENT, HAS_IP_ID, count_repeats
from correlate.model.arrays import frozen


def naive(rows, tuples):
    last, seen, repeated = {}, [0] * tuples, [0] * tuples
    for sender, ident, is_fragment in rows:
        if ident >= 0 and not is_fragment:
            seen[sender] += 1
            repeated[sender] += last.get(sender) == ident
            last[sender] = ident
    return seen, repeated


@pytest.mark.jit_off
@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 2), st.booleans()), max_size=30))
def test_kernel_equals_its_plain_twin(rows):
    """Kernel and twin law."""
    seen, repeated = np.zeros(4, np.int64), np.zeros(4, np.int64)
    senders = frozen([row[0] for row in rows], np.int32)
    flags = frozen([HAS_IP_ID * (row[1] >= 0) + FRAGMENT * row[2] for row in rows], np.uint32)
    # Only the low half is compared.
    idents = frozen([max(row[1], 0) + (at << 16) for at, row in enumerate(rows)], np.uint32)
    count_repeats(senders, flags, idents, np.full(4, -1, np.int64), seen, repeated)
    assert (seen.tolist(), repeated.tolist()) == naive(rows, 4)
