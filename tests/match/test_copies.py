"""Doubles of one capture."""

import numpy as np
import pytest

from correlate.fingerprint import fingerprint
from correlate.match.copies import find_repeats
from correlate.match.sides import elapsed
from tests.match.crafting import CLIENT, MS, SERVER, table, talk, tcp, udp

MICRO = 1000


def repeats(frames):
    packets = table(frames)
    prints, time = fingerprint(packets), elapsed(packets)
    found, told = find_repeats(packets, prints, time), find_repeats(packets, prints, time, _before(prints.exact))
    assert [part.tolist() for part in found] == [part.tolist() for part in told]
    return found


def _before(keys):
    """Plain twin: the row of the same key before."""
    last, before = {}, np.full(len(keys), -1, np.int32)
    for row, key in enumerate(keys.tolist()):
        before[row] = last.get(key, -1)
        last[key] = row
    return before


def data(number=0, **more):
    return tcp(
        CLIENT, SERVER, 1, 2, seq=10**9 + 100 * number, ack=5 * 10**8, data=b"d" * 100, **{"ident": 50 + number, **more}
    )


def test_a_routed_copy_has_a_lower_ttl_and_another_link_header():
    """One tap before and behind a router."""
    found = repeats([(0, data(ttl=64)), (9 * MICRO, data(ttl=63, mac=7)), (MS, data(1))])
    assert found.is_copy.tolist() == [False, True, False]
    assert found.original(np.arange(3)).tolist() == [0, 0, 2]


def test_a_mirror_port_that_doubles_everything_makes_copies():
    """SPAN of ingress and egress: equal frames, microseconds apart."""
    frames = [(t + k * MICRO, f) for t, f in talk() for k in (0, 4)]
    assert repeats(frames).is_copy.tolist() == [False, True] * 9


def test_a_rare_double_may_be_the_networks_doing():
    """RFC 5560: left to the comparison with other vantages."""
    frames = [(t, data(k)) for k, t in enumerate(range(0, 40 * MS, MS))]
    found = repeats([*frames[:20], (frames[19][0] + 20 * MICRO, frames[19][1]), *frames[20:]])
    assert not found.is_copy.any()
    assert found.is_repeat.sum() == 1
    assert found.original(np.array([20])).tolist() == [19]


@pytest.mark.parametrize(
    "again",
    [(200 * MS, data(ident=51)), (200 * MS, data()), (15 * MS, data(ident=0))],
    ids=["new IP ID", "same IP ID after a timer", "no IP ID"],
)
def test_a_retransmission_is_not_a_repeat(again):
    """Its IP ID is new, or a retransmission timer lies between."""
    found = repeats([(0, data() if again[1] != data(ident=0) else data(ident=0)), again])
    assert found.original(np.arange(2)).tolist() == [0, 1]


def test_equal_acknowledgements_without_ip_id_are_not_copies():
    """RFC 5681: duplicate ACKs are equal by definition."""
    acks = [(k * MICRO, tcp(CLIENT, SERVER, 1, 2, seq=10**9, ack=10**9)) for k in range(3)]
    assert not repeats(acks).is_repeat.any()


def test_a_loop_is_a_chain_of_copies_of_the_first():
    """TTL falls hop by hop."""
    found = repeats([(k * MICRO, data(ttl=64 - k, mac=k + 1)) for k in range(5)])
    assert found.original(np.arange(5)).tolist() == [0] * 5
    assert found.is_copy.tolist() == [False, True, True, True, True]


def test_beacons_are_separate_packets():
    """Equal payloads with their own IP IDs."""
    frames = [(k * MICRO, udp(CLIENT, SERVER, 5, 6, b"beacon", ident=k + 1)) for k in range(5)]
    assert not repeats(frames).is_repeat.any()
