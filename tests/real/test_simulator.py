"""A simulator's captures: one clock, port translation, an asymmetric path.

Rule: README of the captures: the true offset between any two of these clocks is 0.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.real.captures import bounds_of, correlated, frames_of, names_in_order

pytestmark = pytest.mark.real

POINTS = {
    "client": "ipv4-nat-0-0.pcap",
    "inside": "ipv4-nat-1-0.pcap",
    "outside": "ipv4-nat-1-1.pcap",
    "server": "ipv4-nat-2-0.pcap",
}


@pytest.fixture(scope="module", params=[1, -1], ids=["given in order", "given reversed"])
def nat(request):
    return correlated("ns3-pat", **dict(list(POINTS.items())[:: request.param]))


@pytest.fixture(scope="module")
def bulk():
    return correlated("ns3-pat", sender="tcp-bulk-send-0-0.pcap", receiver="tcp-bulk-send-1-0.pcap")


def assert_each_direction_keeps_its_order(result, frames):
    """The simulated links neither reorder nor lose: the n-th packet of a direction is the n-th everywhere."""
    for direction in (1, -1):
        mine = frames[result.trajectories.direction == direction]
        assert all(np.array_equal(np.argsort(column), np.argsort(mine[:, 0])) for column in mine.T)


def test_all_34_packets_are_followed_over_four_points(nat):
    frames = frames_of(nat)
    assert names_in_order(nat) == list(POINTS)
    assert all(sorted(column.tolist()) == list(range(1, 35)) for column in frames.T)
    assert_each_direction_keeps_its_order(nat, frames)


def test_port_translation_is_learned_inside_the_router(nat):
    (group,) = nat.metrics.translations
    assert (group.hop, group.kind) == (1, "napt")
    c, table = nat.mutations.columns, nat.mutations
    ports = (c.field == table.fields.index("udp.srcport")) | (c.field == table.fields.index("tcp.srcport"))
    back = (c.field == table.fields.index("udp.dstport")) | (c.field == table.fields.index("tcp.dstport"))
    assert len(set(c.packet[ports | back].tolist())) == 34
    assert (c.hop[ports | back] == 1).all()
    assert c.expected[ports | back].all()


def test_one_clock_stays_one_clock(nat):
    for name in POINTS:
        lo, hi = bounds_of(nat, name)
        assert (lo <= 0).all()
        assert (hi >= 0).all()


def test_a_clean_path_is_called_clean(nat):
    assert {finding.code for finding in nat.findings} == {"nat", "clean"}


def test_bounds_of_an_asymmetric_path_hold_the_true_offset_everywhere(bulk):
    """14.248 ms there, 5.672 ms back: a symmetric guess errs by 4.288 ms."""
    frames = frames_of(bulk)
    assert all(sorted(column.tolist()) == list(range(1, 287)) for column in frames.T)
    assert_each_direction_keeps_its_order(bulk, frames)
    lo, hi = bounds_of(bulk, "receiver")
    assert (lo <= 0).all()
    assert (hi >= 0).all()
    assert {finding.code for finding in bulk.findings} == {"clean"}


def test_two_simulations_of_the_same_kind_are_not_one():
    """Both count everything from 0, so 32 packets look alike; one stream ends where the other goes on."""
    result = correlated("ns3-pat", server=POINTS["server"], receiver="tcp-bulk-send-1-0.pcap")
    assert (frames_of(result) > 0).sum(axis=1).max() == 1
    assert not result.metrics.translations
