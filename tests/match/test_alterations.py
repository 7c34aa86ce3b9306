"""What speaks for an altered packet."""

import pytest

from correlate.match.alterations import are_edited, are_renumbered
from tests.match.crafting import CLIENT, SERVER, everything, side_of, table, tcp, udp


def sight(**fields):
    fields = {"seq": 900_000_000, "ack": 77_000_001, "flags": 24, "data": b"some bytes", "ident": 7, **fields}
    return everything(side_of(table([(0, tcp(CLIENT, SERVER, 50000, 443, **fields))])))


@pytest.mark.parametrize(
    ("change", "may_be"),
    [
        ({"seq": 900_000_020}, True),
        ({"ack": 77_000_021}, True),
        ({"seq": 900_000_020, "ack": 77_000_021}, False),
        ({"seq": 900_000_020, "data": b"other byte"}, False),
    ],
    ids=str,
)
def test_an_alg_moves_one_number_and_no_byte(change, may_be):
    """RFC 2663 section 4.4: numbers of one direction move with the length of what was rewritten before."""
    assert are_renumbered(sight(), sight(**change)).tolist() == [may_be]


@pytest.mark.parametrize(
    ("flags", "one", "other", "may_be"),
    [
        (24, b"some bytes", b"SOME BYTES", True),
        (18, b"", b"\0\0", True),
        (4, b"", bytes(6), True),
        (16, b"", b"some bytes", False),
        (24, b"some", b"some bytes", False),
    ],
)
def test_numbers_speak_for_equal_lengths_and_for_padding_of_syn_and_rst(flags, one, other, may_be):
    """Data that follows an acknowledgement carries the same numbers as it."""
    assert are_edited(sight(flags=flags, data=one), sight(flags=flags, data=other)).tolist() == [may_be]


def test_datagrams_have_no_numbers():
    """Only IP ID or being alone speaks for them."""
    one, other = (
        everything(side_of(table([(0, udp(CLIENT, SERVER, 5, 6, text))]))) for text in (b"sample 1", b"sample 2")
    )
    assert are_edited(one, other).tolist() == [False]
