"""Boxes that end connections: both ends are served, and nothing passes that should not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.netsim import NOT_LOST, TcpLoad, chain, simulate
from tests.netsim.proxies import SynProxy, TcpProxy

LOAD = (TcpLoad(flows=8, content="http", response_bytes=(200, 9_000)),)


def payload_bytes(run, place: int, *, forward: bool) -> int:
    """Return the payload bytes that a capture holds in one direction (Ethernet, IPv4, TCP)."""
    total = 0
    for (_, data, _), tid in zip(
        run.captures[run.world.taps[place].name], run.truth.transmission_of[place], strict=True
    ):
        if run.truth.forward[tid] == forward and run.truth.flow[tid] >= 0:
            length, header = int.from_bytes(data[16:18], "big"), (data[46] >> 4) * 4
            total += length - 20 - header
    return total


@pytest.mark.parametrize("box", [SynProxy(), TcpProxy(), TcpProxy(address=None, timestamps=True)])
def test_all_bytes_arrive(box):
    run = simulate(chain(2, loads=LOAD).with_hop(0, boxes=[box]), 3)
    assert (run.truth.lost_hop == NOT_LOST).all()
    for forward in (True, False):
        near, far = (payload_bytes(run, place, forward=forward) for place in (0, 1))
        assert near == far > 1000


def test_no_packet_survives_a_proxy_and_every_handshake_is_its_own():
    truth = simulate(chain(2, loads=LOAD).with_hop(0, boxes=[TcpProxy()]), 3).truth
    assert not (truth.frame > 0).all(axis=1).any()


def test_a_syn_proxy_passes_all_but_the_handshake():
    truth = simulate(chain(2, loads=LOAD).with_hop(0, boxes=[SynProxy()]), 3).truth
    both = (truth.frame > 0).all(axis=1)
    assert set(np.unique(truth.kind[~both]).tolist()) >= {"proxy-syn-ack", "proxy-syn", "syn", "syn-ack"}
    assert np.isin(truth.kind[both], ["data", "ack", "fin", "rst"]).all()


def test_an_http_proxy_says_so_in_every_message():
    run = simulate(chain(2, loads=LOAD).with_hop(0, boxes=[TcpProxy(header=b"Via: 1.1 box")]), 3)
    assert sum(b"Via: 1.1 box" in data for _, data, _ in run.captures["server"]) >= 8
