"""UDP bursts that one vantage holds as one frame."""

import numpy as np
import pytest

from correlate.model.matches import Tier
from tests.match.crafting import CLIENT, MS, SERVER, later, table, talk, udp
from tests.match.loading import match

RNG = np.random.default_rng(5)
PAYLOADS = [RNG.bytes(1200) for _ in range(12)]


def datagram(data, *, at, ident=0):
    return at, udp(CLIENT, SERVER, 40000, 443, data, ident=ident)


def bursts(cuts, *, ident, at=100 * MS, only=None):
    """The same datagrams, glued together as ``cuts`` says; ``only`` leaves out some of the single ones."""
    frames, number = [], 0
    for k, size in enumerate(cuts):
        if only is None or k in only:
            data = b"".join(PAYLOADS[number : number + size])
            frames.append(datagram(data, at=at + number * 1000, ident=ident + number if ident else 0))
        number += size
    return frames


def pieces(up, down):
    base = talk(rounds=3)
    tables = [table(sorted([*base, *frames], key=lambda record: record[0])) for frames in (up, later(down, 0))]
    found, joined = match(tables)
    assert len(joined) == 2
    both = found.rows[(found.tier == Tier.RANGE)]
    return sorted((int(a) - 8, int(b) - 8) for a, b in both.tolist()), found


@pytest.mark.parametrize("ident", [700, 0])
def test_one_frame_is_as_many_datagrams_as_the_wire_carried(ident):
    """Counted from the first bytes; no identification is needed while nothing is missing."""
    down = bursts([1] * 12, ident=ident)
    cut, _ = pieces(bursts([5, 7], ident=ident), down)
    first = len(talk(rounds=3)) - 8
    ups, downs = zip(*cut, strict=True)
    assert [ups.count(first + k) for k in (0, 1)] == [5, 7]
    assert list(downs) == list(range(first, first + 12))


def test_both_ends_may_glue_differently():
    cut, _ = pieces(bursts([4, 8], ident=300), bursts([4, 3, 5], ident=300))
    first = len(talk(rounds=3)) - 8
    assert cut == [(first + 1, first + 1), (first + 1, first + 2)]


def test_behind_a_lost_datagram_the_identification_tells_the_place():
    lost = 3
    down = bursts([1] * 12, ident=700, only=set(range(12)) - {lost})
    cut, found = pieces(bursts([5, 7], ident=700), down)
    assert len(cut) == 11
    rest = found.rows[(found.rows[:, 1] < 0)]
    assert len(rest) == 1


def test_without_identification_what_follows_a_loss_is_left_alone():
    """A wrong pair is worse than none."""
    down = bursts([1] * 12, ident=0, only=set(range(12)) - {3})
    cut, _ = pieces(bursts([5, 7], ident=0), down)
    first = len(talk(rounds=3)) - 8
    assert (first, first) in cut
    assert all(up == first + 1 or down == first for up, down in cut)


def test_the_end_of_a_frame_tells_the_size_where_no_single_one_does():
    """Both ends glue, one datagram is lost between: bytes and identifications before the rest divide evenly."""
    up, down = bursts([8, 4], ident=300), bursts([3, 1, 4, 4], ident=300, only={0, 2, 3})
    cut, _ = pieces(up, down)
    first = len(talk(rounds=3)) - 8
    assert cut == [(first, first), (first, first + 1)]
