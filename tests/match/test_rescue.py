"""Flows joined by time."""

import numpy as np

from correlate.match.pace import SurePairs
from correlate.match.rescue import rescue
from tests.match.crafting import CLIENT, MS, NAT, SERVER, side_of, table, udp

STEADY = SurePairs(np.array([900, 900]), np.array([0.0, 1000.0 * MS]), np.array([1.0 * MS, 1.0 * MS]))


def queries(src, first_port, times, **more):
    return side_of(
        table([(t, udp(src, SERVER, first_port + k, 53, b"same question", **more)) for k, t in enumerate(times)])
    )


def edges(a, b, support=STEADY):
    found = rescue(
        a,
        b,
        (np.ones(len(a.flows), bool), np.ones(len(b.flows), bool)),
        (lambda: support) if len(support.time) else None,
    )
    return sorted(zip(found.a.tolist(), found.b.tolist(), strict=True))


def test_equal_queries_go_to_their_time():
    """The second was lost."""
    times = [0, 300 * MS, 600 * MS]
    assert edges(queries(CLIENT, 40000, times), queries(NAT, 61000, [0, 600 * MS])) == [(0, 0), (2, 1)]


def test_without_a_known_pace_nothing_is_joined():
    """Unrelated captures share beacons."""
    nothing = SurePairs(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    assert edges(queries(CLIENT, 40000, [0]), queries(NAT, 61000, [0]), nothing) == []


def test_packets_out_of_time_are_strangers():
    """Two hosts that send the same beacon, seconds apart."""
    a = queries(CLIENT, 40000, [0, 2000 * MS])
    b = queries(NAT, 61000, [0, 7000 * MS])
    assert edges(a, b) == [(0, 0)]


def test_equal_ports_decide_where_nothing_else_can():
    """Simultaneous identical queries: documented tie-breaker."""
    assert edges(queries(CLIENT, 40000, [0, 0]), queries(CLIENT, 40000, [0, 0])) == [(0, 0), (1, 1)]


def test_an_altered_payload_is_recognised_by_its_ip_id_in_time():
    """Same ID, length and kind, due then."""
    a = side_of(
        table([(0, udp(CLIENT, SERVER, 1, 2, b"one", ident=5)), (MS, udp(CLIENT, SERVER, 1, 2, b"two", ident=6))])
    )
    b = side_of(table([(0, udp(NAT, SERVER, 3, 2, b"ONE", ident=5)), (MS, udp(NAT, SERVER, 3, 2, b"TWO", ident=6))]))
    assert edges(a, b) == [(0, 0)]
