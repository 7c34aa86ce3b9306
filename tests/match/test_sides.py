"""A vantage as the matcher sees it."""

from correlate.match.sides import blind, elapsed
from correlate.model.frames import NO_TIME
from tests.match.crafting import CLIENT, MS, SERVER, everything, side_of, table, tcp


def test_time_counts_from_the_first_stamp_and_skips_what_has_none():
    """A simple packet block has no time; it takes that of its predecessor."""
    frame = tcp(CLIENT, SERVER, 1, 2, seq=1)
    packets = table([(NO_TIME, frame), (10**18 + 5, frame), (NO_TIME, frame), (10**18 + 9, frame)])
    assert elapsed(packets)[:].tolist() == [0.0, 0.0, 0.0, 4.0]


def test_blinding_hides_payload_only():
    """For packets whose payload was altered."""
    sights = blind(everything(side_of(table([(MS, tcp(CLIENT, SERVER, 1, 2, seq=9, data=b"abcdefgh"))]))))
    assert (sights.head[0], sights.total[0], sights.whole[0]) == (0, 0, 0)
    assert sights.seq[0] == 9
