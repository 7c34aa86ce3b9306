"""The Internet checksum (RFC 1071)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.utils import checksum as scapy_checksum

from correlate.wire.checksum import checksum, fold, words_sum


@pytest.mark.jit_off
@settings(deadline=None)
@given(st.binary(max_size=80), st.integers(0, 3))
def test_sum_and_checksum_are_scapys(data, before):
    """Two independent implementations; at any position, of any length."""
    array = np.frombuffer(bytes(before) + data + b"\xff", np.uint8)
    array.flags.writeable = False
    folded = int(fold(words_sum(array, before, before + len(data))))
    assert 0xFFFF - folded == checksum(data) == scapy_checksum(data)


def test_the_example_of_the_rfc():
    """RFC 1071 section 3."""
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2
