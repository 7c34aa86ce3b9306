"""Beginnings of streams, read again."""

import attrs
import numpy as np

from correlate.match.reading import STREAM_BYTES, read_beginnings
from tests.match.crafting import CLIENT, MS, SERVER, side_of, table, tcp

RNG = np.random.default_rng(9)


def beginnings(pieces, *, syn=True):
    """Read what (offset, bytes) pieces of one direction give."""
    frames = [tcp(CLIENT, SERVER, 5000, 80, seq=2**32 - 6, flags=2)] if syn else []
    frames += [
        tcp(CLIENT, SERVER, 5000, 80, seq=2**32 - 5 + at, ack=77, flags=24, data=data, ident=k + 1)
        for k, (at, data) in enumerate(pieces)
    ]
    side = side_of(table([(k * MS, frame) for k, frame in enumerate(frames)]))
    side = attrs.evolve(side, fetch=lambda rows: [frames[row] for row in rows.tolist()])
    return read_beginnings(side, np.zeros(1, np.int64))


def test_segments_are_laid_end_to_end_however_cut_or_sent_again():
    """Out of order, overlapping, over the wrap of the numbers."""
    data = RNG.bytes(90)
    for pieces in ([(0, data)], [(40, data[40:]), (0, data[:40])], [(0, data[:50]), (0, data[:50]), (30, data[30:])]):
        assert beginnings(pieces) == {(0, 1): data}
    assert beginnings([(0, data)], syn=False) == {(0, 1): data}


def test_the_stream_ends_at_the_first_gap_and_at_its_limit():
    data = RNG.bytes(90)
    assert beginnings([(0, data[:10]), (20, data[20:])]) == {(0, 1): data[:10]}
    assert len(beginnings([(k * 1000, RNG.bytes(1000)) for k in range(4)])[0, 1]) == STREAM_BYTES


def test_what_cannot_be_read_is_not_there():
    side = side_of(table([(0, tcp(CLIENT, SERVER, 5000, 80, seq=1, flags=24, data=b"x"))]))
    assert read_beginnings(side, np.zeros(1, np.int64)) == {}
