"""Which bytes each packet carries."""

import numpy as np

from correlate.match.extents import extents_of
from tests.match.crafting import CLIENT, SERVER, ip4, side_of, table, tcp, udp

DATA = bytes(k * 31 % 251 for k in range(200))


def extents(*frames):
    return extents_of(side_of(table([(k, frame) for k, frame in enumerate(frames)])))


def cut(frame, size, *, ident=9, proto=17):
    """Fragments of the IP packet in a frame."""
    body = frame[34:]
    parts = []
    for at in range(0, len(body), size):
        word = at // 8 | (0x2000 if at + size < len(body) else 0)
        parts.append(ip4(CLIENT, SERVER, proto, body[at : at + size], ident=ident, frag=word))
    return parts


def test_a_segment_lies_at_its_sequence_number():
    found = extents(tcp(CLIENT, SERVER, 1000, 80, seq=77, data=DATA), tcp(CLIENT, SERVER, 1000, 80, seq=277))
    assert found.start[0] == 77
    assert found.length.tolist() == [200, 0]
    assert found.is_stream.tolist() == [True, False]


def test_fragments_of_a_segment_lie_in_its_sequence_space():
    """The first fragment tells the number, its header's length tells where the later ones begin."""
    parts = cut(tcp(CLIENT, SERVER, 1000, 80, seq=1000, data=DATA, stamp=(5, 6)), 80, proto=6)
    found = extents(*parts)
    assert found.start.tolist() == [1000, 1048, 1128]
    assert found.length.tolist() == [48, 80, 72]
    assert found.is_stream.all()


def test_later_fragments_of_a_segment_without_the_first_take_no_part():
    parts = cut(tcp(CLIENT, SERVER, 1000, 80, seq=1000, data=DATA), 80, proto=6)
    assert extents(*parts[1:]).length.tolist() == [0, 0]


def test_fragments_of_a_datagram_count_from_its_payload_and_know_its_beginning():
    whole = udp(CLIENT, SERVER, 40000, 53, DATA)
    found = extents(whole, *cut(whole, 80))
    assert found.start.tolist() == [0, 0, 72, 152]
    assert found.length.tolist() == [200, 72, 80, 48]
    assert len(np.unique(found.opening)) == 1
    assert found.opening[0] != 0


def test_overlapping_fragments_are_not_trusted():
    """RFC 5722: such a datagram is forged or broken."""
    parts = cut(udp(CLIENT, SERVER, 40000, 53, DATA), 80)
    liar = ip4(CLIENT, SERVER, 17, bytes(80), ident=9, frag=0x2000 | 5)
    assert extents(parts[0], liar, *parts[1:]).length.tolist() == [0] * 4


def test_a_fragment_captured_twice_is_no_overlap():
    parts = cut(udp(CLIENT, SERVER, 40000, 53, DATA), 80)
    assert (extents(parts[0], *parts).length > 0).all()
