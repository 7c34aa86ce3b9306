"""A vantage as the matcher sees it."""

import numpy as np
import pytest

from correlate.fingerprint import fingerprint
from correlate.match.sides import blind, elapsed, shifted
from correlate.model.frames import NO_TIME
from tests.match.crafting import CLIENT, MS, SERVER, everything, side_of, table, talk, tcp


def test_time_counts_from_the_first_stamp_and_skips_what_has_none():
    """A simple packet block has no time; it takes that of its predecessor."""
    frame = tcp(CLIENT, SERVER, 1, 2, seq=1)
    packets = table([(NO_TIME, frame), (10**18 + 5, frame), (NO_TIME, frame), (10**18 + 9, frame)])
    assert elapsed(packets).tolist() == [0.0, 0.0, 0.0, 4.0]


@pytest.mark.parametrize("shift", [1, 2**31, 2**32 - 7])
def test_shifting_numbers_gives_the_keys_of_the_rewritten_connection(shift):
    """Modulo 2**32 (RFC 9293 section 3.4); what acknowledges nothing is left alone."""
    here, there = 4_294_967_000, 77
    plain = side_of(table(talk(isn=(here, there))))
    moved = side_of(table([(t, f) for t, f in talk(isn=((here + shift) % 2**32, (there + 5) % 2**32))]))
    sights = shifted(everything(plain), np.array([5, shift]), np.array([shift, 5]))
    assert sights.seq.tolist() == moved.prints.seq.tolist()
    assert sights.ack.tolist() == moved.prints.ack.tolist()
    assert sights.exact[:3].tolist() == fingerprint(moved.packets).exact[:3].tolist()


def test_blinding_hides_payload_only():
    """For packets whose payload was altered."""
    sights = blind(everything(side_of(table([(MS, tcp(CLIENT, SERVER, 1, 2, seq=9, data=b"abcdefgh"))]))))
    assert (sights.head[0], sights.total[0], sights.whole[0]) == (0, 0, 0)
    assert sights.seq[0] == 9
