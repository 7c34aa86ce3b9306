"""The tuple table: dense, stable, growing."""

import struct

import numpy as np

from correlate.dissect import TupleInterner, dissect_frames
from tests.dissect.chunks import chunk_of, ends_of


def frame(number):
    """A UDP packet from the number-th address and port."""
    return (
        bytes.fromhex("4500001c000000004011") + b"\0\0" + struct.pack(">IIHHHH", number // 7, 99, number % 7, 53, 8, 0)
    )


def test_the_table_grows_past_its_first_size_and_keeps_numbers():
    """Order of first appearance; growing in the middle of a chunk loses and doubles nothing."""
    tuples = TupleInterner()
    frames = [frame(number) for number in range(5000)]
    first = dissect_frames(chunk_of(frames, link_type=101), tuples, 0).columns.tuple_id
    again = dissect_frames(chunk_of(frames[::-1], link_type=101), tuples, 0).columns.tuple_id
    assert first.tolist() == list(range(5000))
    assert again.tolist() == first.tolist()[::-1]
    assert len(tuples) == 5000
    columns = tuples.columns()
    assert ends_of(columns, 4999) == (4, 17, bytes(12) + struct.pack(">I", 714), bytes(15) + b"\x63", 1, 53)
    assert not columns.src.flags.writeable


def test_columns_of_no_tuples_are_empty():
    """Shapes hold for nothing too."""
    columns = TupleInterner().columns()
    assert columns.src.shape == (0, 16)
    assert columns.sport.dtype == np.int32
