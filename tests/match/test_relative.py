"""TCP packets by their place in the connection."""

import numpy as np
import pytest

from correlate.match.relative import relative_keys
from correlate.match.rescue import rescue
from tests.match.crafting import CLIENT, MS, NAT, SERVER, side_of, table, tcp


def page(number, at, src=CLIENT, isn=(5000, 9000), skip=0, **more):
    """A connection whose sizes depend on the number and whose bytes are zeros."""
    here, there = isn[0] * (number + 1), isn[1] * (number + 1)
    ports = (40_000 + number, 80)
    sizes = (100 + 7 * number, 900 + 31 * number)
    ask = {"seq": here + 1, "ack": there + 1, "flags": 24, "data": bytes(sizes[0])}
    answer = {"seq": there + 1, "ack": here + 1 + sizes[0], "flags": 24, "data": bytes(sizes[1])}
    frames = [
        (at, tcp(src, SERVER, *ports, seq=here, flags=2, **more)),
        (at + MS, tcp(SERVER, src, *ports[::-1], seq=there, ack=here + 1, flags=18, **more)),
        (at + 5 * MS, tcp(src, SERVER, *ports, **ask, **more)),
        (at + 9 * MS, tcp(SERVER, src, *ports[::-1], **answer, **more)),
        (at + 10 * MS, tcp(src, SERVER, *ports, seq=here + 1 + sizes[0], ack=there + 1 + sizes[1], **more)),
        (at + 11 * MS, tcp(src, SERVER, *ports, seq=here + 1 + sizes[0], ack=there + 1 + sizes[1], flags=17, **more)),
    ]
    return frames[skip:]


def several(starts, **more):
    frames = [frame for number, at in starts for frame in page(number, at, **more)]
    return side_of(table(sorted(frames, key=lambda one: one[0])))


HERE = [(number, number * 700 * MS) for number in range(5)]
THERE = [(number, at + 3_600_000 * MS) for number, at in HERE]


def joined(a, b):
    found = rescue(a, b, (np.ones(len(a.flows), bool), np.ones(len(b.flows), bool)), None)
    return sorted(zip(found.a.tolist(), found.b.tolist(), strict=True))


def test_the_key_counts_from_both_handshakes():
    """Numbers are relative, modulo 2**32; a handshake alone says nothing."""
    one, other = (several(HERE[:2], isn=isn) for isn in ((5000, 9000), (2**32 - 50, 2**31)))
    keys, tells = zip(*(relative_keys(side, np.arange(len(side))) for side in (one, other)), strict=True)
    assert tells[0].tolist() == tells[1].tolist() == ([False, False] + [True] * 4) * 2
    assert keys[0][tells[0]].tolist() == keys[1][tells[1]].tolist()


def test_a_connection_without_its_handshake_has_no_place():
    frames = page(0, 0, skip=2)
    assert not relative_keys(side_of(table(frames)), np.arange(len(frames)))[1].any()


def test_connections_of_equal_sizes_at_one_distance_are_joined():
    """Numbers rewritten, identical bytes, an hour apart: nothing else is left."""
    assert joined(several(HERE), several(THERE, src=NAT, isn=(777, 31))) == [(k, k) for k in range(5)]


@pytest.mark.parametrize("starts", [[0, 9000, 1500, 30_000, 4000], [500, 800, 20_000, 7000, 40_000]])
def test_connections_of_equal_sizes_at_any_distance_are_strangers(starts):
    """Two clients fetch the same pages at times of their own: nothing in common."""
    other = [(number, at * MS) for number, at in enumerate(starts)]
    assert joined(several(HERE), several(other, src=NAT, isn=(777, 31))) == []


def test_two_connections_are_too_few_to_agree():
    assert joined(several(HERE[:2]), several(THERE[:2], src=NAT, isn=(777, 31))) == []
