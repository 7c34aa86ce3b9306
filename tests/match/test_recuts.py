"""Unequal lengths that are another cut, and those that are an edit."""

import numpy as np

from correlate.match.recuts import are_recut, may_be_cut
from tests.match.crafting import CLIENT, SERVER, everything, ip4, side_of, table, tcp, udp


def sights(*frames):
    return everything(side_of(table([(k, frame) for k, frame in enumerate(frames)])))


def data(size, *, seq=1000, ident=5):
    return tcp(CLIENT, SERVER, 1000, 80, seq=seq, ack=9, flags=24, data=bytes(range(1, 1 + size)), ident=ident)


def recut(a, b):
    return are_recut(a.take(slice(0, 1)), b.take(slice(0, 1)), (a, b)).tolist()


def test_a_segment_that_goes_on_with_the_next_byte_was_cut():
    assert recut(sights(data(100)), sights(data(60), data(40, seq=1060))) == [True]
    assert recut(sights(data(60), data(40, seq=1060)), sights(data(100))) == [True]


def test_a_longer_payload_without_a_rest_elsewhere_was_altered():
    """Padding that became payload, a rewritten header."""
    assert recut(sights(data(100)), sights(data(60))) == [False]


def test_where_a_box_cuts_a_segment_that_begins_alike_was_cut_too():
    """Found by the scoreboard: the capture missed the rest, and a proven payload-altered came of it."""
    whole = sights(data(100), data(100, seq=2000, ident=6))
    parts = sights(data(60), data(40, seq=1060), data(60, seq=2000, ident=6))
    assert are_recut(whole, parts.take([0, 2]), (whole, parts)).tolist() == [True, True]


def test_a_burst_of_datagrams_goes_on_with_the_next_identification():
    def burst(size, ident):
        return udp(CLIENT, SERVER, 4000, 443, bytes(size), ident=ident)

    assert recut(sights(burst(100, 7)), sights(burst(60, 7), burst(40, 8))) == [True]
    assert recut(sights(burst(100, 7)), sights(burst(60, 7), burst(40, 19))) == [False]


def test_a_fragment_of_another_size_is_no_altered_packet():
    whole = udp(CLIENT, SERVER, 4000, 443, bytes(range(160)))[34:]
    large = ip4(CLIENT, SERVER, 17, whole[:96], ident=3, frag=0x2000)
    small = ip4(CLIENT, SERVER, 17, whole[:48], ident=3, frag=0x2000)
    assert recut(sights(large), sights(small)) == [True]


def test_what_no_wire_carries_so_may_be_cut():
    """Larger than a frame; a fragment; everything else is what it is."""
    whole = udp(CLIENT, SERVER, 4000, 443, bytes(1600))
    frames = [whole, udp(CLIENT, SERVER, 4000, 443, bytes(1400)), ip4(CLIENT, SERVER, 17, bytes(80), frag=0x2000)]
    packets = table([(k, frame) for k, frame in enumerate(frames)])
    assert may_be_cut(packets, np.arange(3)).tolist() == [True, False, True]
