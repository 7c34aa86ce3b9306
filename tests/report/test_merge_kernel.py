"""Packet blocks (draft-ietf-opsawg-pcapng section 4.3), against a writer made of ``struct``."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.report.merge_kernel import block_sizes, write_blocks


def naive(data, time_ns, interface, wire, packet, texts):
    options = b"".join(struct.pack("<HH", 1, len(text)) + text + bytes(-len(text) % 4) for text in texts)
    if packet:
        options += struct.pack("<HHQ", 5, 8, packet)
    if options:
        options += bytes(4)
    body = struct.pack("<IIIII", interface, time_ns >> 32, time_ns & 0xFFFFFFFF, len(data), wire)
    body += data + bytes(-len(data) % 4) + options
    size = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", 6) + size + body + size


ROW = st.tuples(
    st.binary(max_size=20),
    st.integers(0, 2**62),
    st.integers(0, 9),
    st.integers(0, 2**31 - 1),
    st.integers(0, 2**40),
    st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=9)), max_size=3),
)


@pytest.mark.jit_off
@settings(deadline=None)
@given(st.lists(ROW, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_blocks_are_what_the_plain_writer_makes(rows, random):
    frames = [row[0] for row in rows]
    texts = [text for row in rows for pair in row[5] for text in pair]
    ends = np.cumsum([0, *map(len, texts)]).astype(np.int64)
    counts = np.cumsum([0, *(len(row[5]) for row in rows)]).astype(np.int64)
    lengths = np.array([len(frame) for frame in frames], np.int32)
    packet = np.array([row[4] for row in rows], np.int64)
    sizes = np.zeros(len(rows), np.int64)
    total = block_sizes(lengths, packet, counts[:-1], counts[1:], ends, sizes)
    expected = [
        naive(*row[:4], row[4], [text for pair in row[5] for text in pair])
        for row in [(r[0], r[1], r[2], r[3], r[4], r[5]) for r in rows]
    ]
    assert sizes.tolist() == [len(one) for one in expected]
    assert total == sum(map(len, expected))
    order = list(range(len(rows)))
    random.shuffle(order)
    at = np.zeros(len(rows), np.int64)
    position = 0
    for row in order:
        at[row] = position
        position += int(sizes[row])
    out = np.full(total, 0xEE, np.uint8)
    columns = [np.array([row[index] for row in rows], np.int64) for index in (3, 1, 2)]
    write_blocks(
        out, at, sizes, np.frombuffer(b"".join(frames) or b"\0", np.uint8), np.cumsum([0, *lengths[:-1]]).astype(np.int64), lengths,
        columns[0].astype(np.int32), columns[1], columns[2], packet, counts[:-1], counts[1:], ends, np.frombuffer(b"".join(texts) or b"\0", np.uint8),
    )  # fmt: skip
    assert out.tobytes() == b"".join(expected[row] for row in order)
