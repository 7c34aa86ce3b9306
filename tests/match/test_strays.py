"""Packets whose flows do not meet."""

import numpy as np

from correlate.match.pace import SurePairs
from correlate.match.strays import pair_strays
from tests.match.crafting import CLIENT, MS, NAT, SERVER, side_of, table, udp, unreachable

STEADY = SurePairs(np.array([0, 0]), np.array([0.0, 1000.0 * MS]), np.array([0.0, 0.0]))


def error(source, about, at, ident=77):
    return at, unreachable(SERVER, source, udp(about, SERVER, 40000, 53, b"?", ident=4711), ident=ident)


def run(a, b, known=STEADY):
    found = pair_strays(a, b, (np.arange(len(a)), np.arange(len(b))), lambda: known)
    return list(zip(found.a.tolist(), found.b.tolist(), strict=True))


def test_an_icmp_error_whose_quote_was_not_translated_is_recognised():
    """RFC 5508 section 4.2 demands the translation; not every NAT does it."""
    a, b = side_of(table([error(CLIENT, CLIENT, 0)])), side_of(table([error(NAT, CLIENT, 0)]))
    assert run(a, b) == [(0, 0)]


def test_out_of_time_or_without_pace_it_is_not():
    """One key of few bits is not enough alone."""
    a, b = side_of(table([(0, udp("10.1.1.1", "10.1.1.2", 1, 2, b"")), error(CLIENT, CLIENT, MS)])), None
    b = side_of(table([(0, udp("10.1.1.1", "10.1.1.2", 1, 2, b"")), error(NAT, CLIENT, 900 * MS)]))
    assert run(a, b) == []
    nothing = SurePairs(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    assert run(a, a, nothing) == []
