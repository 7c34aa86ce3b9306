"""Bytes of several vantages in one numbering."""

import numpy as np

from correlate.match.extents import Layout
from correlate.match.lanes import NO_LANE, Draft, by_opening, is_datagram_lane, lay_out
from correlate.model.matches import Tier
from tests.match.crafting import CLIENT, SERVER, side_of, table, tcp, udp


def drafted(rows, block):
    count = len(rows)
    return Draft(
        rows=np.array(rows),
        block=np.array(block),
        tier=np.full(count, int(Tier.EXACT), np.int8),
        is_ambiguous=np.zeros(count, bool),
        origin=np.arange(count),
    )


def laid_out(draft, *captures):
    sides = [side_of(table([(k, frame) for k, frame in enumerate(frames)])) for frames in captures]
    return lay_out(draft, sides, [Layout(side) for side in sides])


def data(seq, size=10):
    return tcp(CLIENT, SERVER, 1000, 80, seq=seq, ack=9, flags=24, data=bytes(size))


def test_renumbered_directions_share_one_numbering():
    """The matched packet tells by how much a box shifted the numbers, modulo 2**32."""
    draft = drafted([[0, 0], [1, -1], [-1, 1]], [1, 1, 1])
    stream = laid_out(draft, [data(2**32 - 5), data(5)], [data(1000), data(1010)])
    assert stream.start.tolist() == [0, 10, 10]
    assert stream.lane.tolist() == [1, 1, 1]


def test_a_datagram_is_a_lane_and_an_acknowledgement_is_none():
    draft = drafted([[0, -1], [1, -1], [-1, 0]], [3, 3, 3])
    one = udp(CLIENT, SERVER, 5, 6, bytes(range(40)), ident=8)
    ack = tcp(CLIENT, SERVER, 1000, 80, seq=4, ack=9)
    stream = laid_out(draft, [one, ack], [one])
    assert stream.lane[1] == NO_LANE
    assert stream.lane[0] == stream.lane[2]
    assert is_datagram_lane(stream.lane).tolist() == [True, False, True]


def test_a_renumbered_datagram_is_known_by_its_first_bytes():
    draft = drafted([[0, -1], [-1, 0]], [3, 3])
    captures = ([udp(CLIENT, SERVER, 5, 6, bytes(range(40)), ident=ident)] for ident in (8, 99))
    stream = laid_out(draft, *captures)
    assert stream.lane[0] != stream.lane[1]
    opened = by_opening(draft, stream)
    assert opened.lane[0] == opened.lane[1]
