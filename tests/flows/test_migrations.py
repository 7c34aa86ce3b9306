"""QUIC connections that change their addresses."""

import numpy as np
import pytest

from correlate.flows import group_flows
from tests.dissect.test_quic import long_header, short_header
from tests.match.crafting import CLIENT, MS, NAT, SERVER, table, udp
from tests.match.loading import match
from tests.netsim import QuicLoad, chain, simulate
from tests.netsim.boxes import Nat

ID, COMMON = bytes(range(50, 58)), b"cluster"
ELSEWHERE = "192.0.2.81"


def sent(*datagrams):
    """Packets of (source, port, payload) to the server, or (payload, address, port) from it."""
    frames = []
    for one, port, two in datagrams:
        is_there = isinstance(one, str)
        frames.append(udp(one, SERVER, port, 443, two) if is_there else udp(SERVER, two, 443, port, one))
    return table([(k * MS, frame) for k, frame in enumerate(frames)])


def begun(port=5000, source=ID, src=CLIENT):
    """A handshake: the server's ID is ``source``."""
    return (src, port, long_header(b"madeup88", b"")), (long_header(b"", source), port, src)


def data(number, target=ID, size=60):
    return short_header(target + bytes((number,)) * 20, size)


def flows_of(*datagrams):
    return group_flows(sent(*datagrams)).of_packet.tolist()


def test_another_port_and_address_with_the_same_id_is_the_same_connection():
    """RFC 9000 section 5.2: the server knows it by the ID that it issued."""
    packets = sent(
        *begun(), (CLIENT, 5000, data(1)), (CLIENT, 6000, data(2)), (data(3, b""), 6000, CLIENT), (NAT, 9, data(4))
    )
    flows = group_flows(packets)
    assert flows.of_packet.tolist() == [0] * 6
    assert flows.is_outbound.tolist() == [True, False, True, True, False, True]


def test_an_id_learned_on_the_way_leads_on():
    """First the handshake's ID, then another one, then another port with that."""
    new = b"the new1"
    moved = (CLIENT, 6000, data(2)), (CLIENT, 6000, data(3, new)), (NAT, 7000, data(4, new))
    assert flows_of(*begun(), (CLIENT, 5000, data(1)), *moved) == [0] * 6


def test_an_unknown_id_is_another_connection():
    """RFC 9000 section 9.5: what only ciphertext has named joins nothing."""
    assert flows_of(*begun(), (CLIENT, 5000, data(1)), (CLIENT, 6000, data(2, b"unknown!"))) == [0, 0, 0, 1]


def test_ids_that_begin_alike_are_not_one():
    """Cluster IDs; beside a connection whose whole ID is as long as what they have in common."""
    one, two = (COMMON + bytes((k,)) * 13 for k in (1, 2))
    assert flows_of(*begun(1, one), *begun(2, two), (CLIENT, 1, data(1, one)), (CLIENT, 2, data(2, two))) == [
        0,
        0,
        1,
        1,
        0,
        1,
    ]
    short = [*begun(3, COMMON), (CLIENT, 3, data(3, COMMON))]
    assert flows_of(*begun(1, one), *short, (CLIENT, 1, data(1, one)), (CLIENT, 4, data(4, one))) == [
        0,
        0,
        1,
        1,
        1,
        0,
        0,
    ]


def test_the_same_id_at_another_server_is_another_connection():
    """IDs are the server's own."""
    frames = [
        udp(SERVER, CLIENT, 443, 5000, long_header(b"", ID)),
        udp(CLIENT, SERVER, 5000, 443, data(1)),
        udp(CLIENT, ELSEWHERE, 5000, 443, data(2)),
    ]
    assert group_flows(table([(k, frame) for k, frame in enumerate(frames)])).of_packet.tolist() == [0, 0, 1]


def test_short_ids_join_nothing():
    """Chance repeats them."""
    assert (
        flows_of(*begun(source=b"12345"), (CLIENT, 5000, data(1, b"12345")), (CLIENT, 6000, data(2, b"12345")))[-1] == 1
    )


def test_both_sides_of_a_nat_in_one_capture_stay_two_conversations():
    """Equal datagrams: one packet seen twice, not a connection that moved."""
    twice = [(src, port, data(k)) for k in range(4) for src, port in ((CLIENT, 5000), (NAT, 6000))]
    assert len(set(flows_of(*begun(), *begun(6000, src=NAT), *twice))) == 2


def test_a_server_that_gives_everybody_the_same_id_has_many_connections():
    """The ID then names no connection, and what bears it without a handshake belongs to none of them."""
    frames = [*begun(1), *begun(2), (CLIENT, 1, data(1)), (CLIENT, 2, data(2)), (CLIENT, 3, data(3))]
    assert flows_of(*frames) == [0, 0, 1, 1, 0, 1, 2]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_connection_of_a_simulated_network_stays_one(seed):
    """Clients that move, a NAT that forgets, IDs of two lengths: as many flows as connections, and no two in one."""
    loads = QuicLoad(moves_after=3), QuicLoad(moves_after=2, server_id_bytes=20, client_id_bytes=8)
    run = simulate(chain(2, loads=loads).with_hop(0, boxes=[Nat(forgets_after=7)]), seed)
    tables = [table([(stamp, frame) for stamp, frame, _ in run.captures[name]]) for name in ("client", "server")]
    found, _ = match(tables)
    both = found.rows[(found.rows >= 0).all(axis=1)]
    assert len(both) == len(run.truth)
    real = run.truth.flow[run.truth.transmission_of[0][found.rows[:, 0]]]
    assert (
        len(set(zip(found.flow.tolist(), real.tolist(), strict=True)))
        == len(np.unique(real))
        == len(np.unique(found.flow))
    )
