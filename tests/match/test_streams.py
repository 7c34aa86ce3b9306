"""Byte streams of connections compared."""

import itertools

import numpy as np

from correlate.match.streams import carry_same_bytes
from correlate.match.votes import Edges
from tests.match.crafting import CLIENT, MS, NAT, SERVER, side_of, table, tcp

ASK = b"GET /the/page HTTP/1.1 and more"
ANSWER = bytes(range(200))


def fetch(answer, *, src=CLIENT, isn=(100, 200), cuts=(), syn=True):
    """A request and its answer, the answer cut at some places."""
    here, there = isn
    edges = [0, *cuts, len(answer)]
    frames = [
        tcp(src, SERVER, 5000, 80, seq=here, flags=2),
        tcp(SERVER, src, 80, 5000, seq=there, ack=here + 1, flags=18),
        tcp(src, SERVER, 5000, 80, seq=here + 1, ack=there + 1, flags=24, data=ASK),
        *(
            tcp(SERVER, src, 80, 5000, seq=there + 1 + one, ack=here + 1 + len(ASK), flags=24, data=answer[one:two])
            for one, two in itertools.pairwise(edges)
        ),
    ]
    return side_of(table([(k * MS, frame) for k, frame in enumerate(frames if syn else frames[2:])]))


def same(a, b, *, is_swapped=False):
    zero = np.zeros(1, np.int64)
    return carry_same_bytes(a, b, Edges(zero, zero, np.array([is_swapped]))).tolist()[0]


def test_a_relayed_connection_carries_the_same_bytes_however_cut():
    """Other numbers, other segments."""
    assert same(fetch(ANSWER), fetch(ANSWER, src=NAT, isn=(2**32 - 5, 777), cuts=(50, 120)))


def test_another_answer_is_another_connection():
    """Longer, or as long with other bytes."""
    assert not same(fetch(ANSWER), fetch(ANSWER + b"more", src=NAT, isn=(7, 9)))
    assert not same(fetch(ANSWER), fetch(ANSWER[::-1], src=NAT, isn=(7, 9)))


def test_streams_without_a_beginning_or_without_an_answer_prove_nothing():
    """Counted from the SYNs, or not at all."""
    assert not same(fetch(ANSWER, syn=False), fetch(ANSWER, src=NAT))
    assert not same(fetch(b""), fetch(b"", src=NAT, isn=(7, 9)))


def test_no_edges_give_no_answers():
    nothing = np.zeros(0, np.int64)
    side = fetch(ANSWER)
    assert carry_same_bytes(side, side, Edges(nothing, nothing, np.zeros(0, np.bool_))).tolist() == []
