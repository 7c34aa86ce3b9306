"""Rule: the kernel lays out the blocks that the plainest writer lays out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.model.arrays import frozen
from correlate.write.blocks_kernel import CUSTOM, NO_PACKET, UNTIMED, put_blocks, sizes_of
from tests.read import captures
from tests.read.captures import Record

pytestmark = pytest.mark.jit_off
ROW = st.tuples(st.binary(max_size=9), st.integers(0, 2**40), st.sampled_from([0, 1, NO_PACKET]), st.booleans())


def naive(data: bytes, ticks: int, interface: int, is_timed: bool) -> bytes:
    if interface == NO_PACKET:
        return captures.block(CUSTOM, bytes(4))
    if not is_timed and interface == 0:
        return captures.block(3, (len(data) + 3).to_bytes(4, "little") + data)
    return captures.packet(Record(ticks if is_timed else 0, data, len(data) + 3, interface), unit_ns=1)


@given(st.lists(ROW, max_size=8))
@settings(max_examples=60, deadline=None)
def test_the_kernel_is_its_twin(rows) -> None:
    data = b"".join(row[0] for row in rows)
    lengths = np.array([len(row[0]) for row in rows], np.int32)
    offset = frozen(np.cumsum(lengths, dtype=np.int64) - lengths)
    ticks = frozen(np.array([row[1] if row[3] else UNTIMED for row in rows], np.int64))
    interface = frozen(np.array([row[2] for row in rows], np.int64))
    size = np.zeros(len(rows), np.int64)
    out = np.full(int(sizes_of(frozen(lengths), ticks, interface, size)), 0xEE, np.uint8)
    view = frozen(np.frombuffer(data, np.uint8))
    wire = frozen((lengths + 3).astype(np.int32))
    put_blocks(view, offset, frozen(lengths), wire, ticks, interface, frozen(size), out)
    assert out.tobytes() == b"".join(naive(*row) for row in rows)
