"""Datagrams that are not whole."""

import numpy as np

from correlate.match.datagrams import incomplete_fragments
from tests.match.crafting import CLIENT, MS, SERVER, ip4, table, udp

WHOLE = udp(CLIENT, SERVER, 40000, 53, bytes(range(88)))[34:]


def pieces(ident=9):
    return [
        ip4(CLIENT, SERVER, 17, WHOLE[:32], ident=ident, frag=0x2000),
        ip4(CLIENT, SERVER, 17, WHOLE[32:64], ident=ident, frag=0x2004),
        ip4(CLIENT, SERVER, 17, WHOLE[64:], ident=ident, frag=8),
    ]


def incomplete(frames, stamps=None):
    packets = table(list(zip(stamps or range(len(frames)), frames, strict=True)))
    return incomplete_fragments(packets, lambda: np.ones(len(packets), bool)).tolist()


def test_a_whole_datagram_is_whole_in_any_order():
    """RFC 791 section 3.2."""
    assert incomplete(pieces()) == [False] * 3
    assert incomplete(pieces()[::-1]) == [False] * 3


def test_any_missing_piece_leaves_the_others_incomplete():
    """First, middle or last."""
    for missing in range(3):
        assert incomplete([f for k, f in enumerate(pieces()) if k != missing]) == [True, True]


def test_an_identification_used_again_after_a_minute_is_another_datagram():
    """RFC 791: reassembly gives up; 60 s is the usual limit."""
    frames = [*pieces()[:2], pieces()[2]]
    assert incomplete(frames, [0, 1, 61_000 * MS]) == [True] * 3


def test_whole_packets_are_no_fragments():
    """Nothing to put together."""
    assert incomplete([udp(CLIENT, SERVER, 1, 2, b"x")]) == [False]


def test_only_candidates_are_named():
    """What matched elsewhere is accounted for there."""
    packets = table([(0, pieces()[0])])
    assert not incomplete_fragments(packets, lambda: np.zeros(1, bool)).any()
