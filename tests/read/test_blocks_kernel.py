"""The walk over block headers, against a plain one."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.read.blocks_kernel import COUNT, POSITION, find_blocks
from tests.read.captures import block, section

KINDS = np.array([4, 10], np.int64)


def naive(data):
    order, position, found = "<", 0, []
    while position + 12 <= len(data):
        kind = struct.unpack_from(f"{order}I", data, position)[0]
        if kind == 0x0A0D0D0A:
            order = ">" if data[position + 8] == 0x1A else "<"
        total = struct.unpack_from(f"{order}I", data, position + 4)[0]
        if total < 12 or total % 4 or total > 1 << 24 or position + total > len(data):
            break
        if kind in (4, 10):
            found.append([position, int(order == ">")])
        position += total
    return found, position


BLOCK = st.builds(
    lambda order, parts: section(order) + b"".join(block(kind, body, order) for kind, body in parts),
    st.sampled_from("<>"),
    st.lists(st.tuples(st.sampled_from([1, 4, 5, 6, 10, 11]), st.binary(max_size=24)), max_size=5),
)


@pytest.mark.jit_off
@settings(deadline=None)
@given(st.lists(BLOCK, max_size=3), st.binary(max_size=14))
def test_the_kernel_finds_what_the_plain_walk_finds(parts, rest):
    data = b"".join(parts) + rest
    places, state = np.zeros((64, 2), np.int64), np.zeros(4, np.int64)
    find_blocks(np.frombuffer(data or b"\0", np.uint8), 0, len(data), KINDS, 1 << 24, places, state)
    found, position = naive(data)
    assert places[: state[COUNT]].tolist() == found
    assert state[POSITION] == position
