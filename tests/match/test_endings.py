"""Connections whose numbers say nothing, told apart by where they end."""

import numpy as np

from correlate.match.endings import end_alike
from correlate.match.votes import Edges
from tests.match.crafting import CLIENT, MS, NAT, SERVER, side_of, table, tcp


def bulk(sizes, *, src=CLIENT, isn=0, is_closed=True, begun_by_client=True):
    """A connection that sends segments of zeros and ends."""
    at, there = isn + 1, isn
    frames = [tcp(src, SERVER, 5000, 80, seq=isn, flags=2), tcp(SERVER, src, 80, 5000, seq=there, ack=at, flags=18)]
    for size in sizes:
        frames.append(tcp(src, SERVER, 5000, 80, seq=at, ack=there + 1, flags=16, data=bytes(size)))
        at += size
    if is_closed:
        frames.append(tcp(src, SERVER, 5000, 80, seq=at, ack=there + 1, flags=17))
    return side_of(table([(k * MS, frame) for k, frame in enumerate(frames)]))


def alike(a, b, *, is_swapped=False):
    zero = np.zeros(1, np.int64)
    return end_alike(a, b, Edges(zero, zero, np.array([is_swapped]))).tolist()[0]


def test_a_stream_that_goes_on_where_the_other_ended_is_another():
    """RFC 9293 section 3.6: nothing follows a FIN. Numbers from 0 are all alike."""
    short, long = bulk([512, 536]), bulk([512, 536, 536], src=NAT)
    assert not alike(short, long)
    assert not alike(long, short)


def test_a_capture_that_ends_early_contradicts_nothing():
    assert alike(bulk([512, 536, 536]), bulk([512, 536], src=NAT, is_closed=False))
    assert alike(bulk([512, 536]), bulk([512, 536], src=NAT))


def test_the_direction_is_that_of_the_edge():
    """Turned round, the end of one direction says nothing of the other."""
    assert alike(bulk([512]), bulk([512, 536]), is_swapped=True)


def test_connections_with_numbers_of_their_own_are_left_alone():
    """A gateway may have made the stream longer."""
    assert alike(bulk([512], isn=900_000_000), bulk([512, 536], isn=900_000_000))


def test_no_edges_give_no_answers():
    nothing = np.zeros(0, np.int64)
    side = bulk([512])
    assert end_alike(side, side, Edges(nothing, nothing, np.zeros(0, np.bool_))).tolist() == []
