"""Relay and server of VPN and proxy runs, both behind 1:1 NAT, two real clocks.

Rule: README of the captures: relay and server are 10.19.0.5 and .6 behind public addresses, 0.1 to 0.5 ms apart.
"""

from __future__ import annotations

import pytest

from correlate.model.trajectories import Fate
from tests.real.captures import CAPTURES, correlated, need

pytestmark = pytest.mark.real

RUNS = {
    "3proxy-httpproxy_http1": 10,
    "openvpn-tun_udp-openvpn_http1_tun_udp": 10,
    "softether-sstp-sstp_http1": 10,
    "squid-httpproxy-http1": 10,
    "tinc-tinc_http1": 10,
    "xl2tpd-xl2tpd_ipsec-l2tp_http1": 10,
}
"""Run -> packets of the one web request that both hosts captured."""


@pytest.fixture(scope="module", params=sorted(RUNS))
def run(request):
    name = f"proxydetection/{request.param}"
    return request.param, correlated(name, relay="relay.pcap", server="server.pcap")


def test_the_one_request_is_joined_through_both_nats(run):
    name, result = run
    (group,) = result.metrics.translations
    assert group.kind == "snat+dnat"
    (flow,) = group.flows
    both = (result.trajectories.rows >= 0).all(axis=1)
    assert int(both.sum()) == RUNS[name]
    assert (result.trajectories.flow[both] == flow).all()


def test_the_network_is_accused_of_nothing(run):
    """Both hosts talk to the whole Internet: what only one of them saw was never due at the other."""
    _, result = run
    assert not (result.fates.fate == Fate.LOST).any()
    assert not {f.code for f in result.findings if f.hop and f.severity == "error"}


def test_round_trips_between_the_hosts_are_below_a_millisecond(run):
    _, result = run
    (hop,) = result.metrics.hops
    assert hop.rtt_ns is not None
    assert 0 < hop.rtt_ns.min < 1_000_000


TERMINATED = {"3proxy-httpproxy_http1": 3, "softether-sstp-sstp_http1": 102, "squid-httpproxy-http1": 3}
"""Run over TCP alone -> pieces of payload that client and relay both hold."""


@pytest.mark.parametrize("name", sorted(TERMINATED))
def test_client_and_relay_are_joined_by_content_through_the_nat_that_ends_tcp(name):
    """New numbers, a handshake of its own: no packet survives, the bytes do; its SYN-ACK lacks three options."""
    result = correlated(f"proxydetection/{name}", client="client.pcap", relay="relay.pcap")
    assert (result.joined.member >= 0).all(axis=1).sum() == 1
    assert not (result.match.rows >= 0).all(axis=1).any()
    assert len(result.match.relayed.flow) == TERMINATED[name]
    (told,) = [f for f in result.findings if f.code == "tcp-proxy"]
    assert "The SYN-ACK at client offers no timestamps, window scale, SACK; the one at relay does." in told.explanation
    assert not {f.code for f in result.findings} & {"isn-rewritten", "option-stripped", "syn-ack-altered", "loss"}


@pytest.mark.parametrize("name", sorted(TERMINATED))
def test_all_three_hosts_stand_in_line(name):
    """Both kinds of evidence in one run: content on the first hop, packets on the second."""
    files = {host: f"{host}.pcap" for host in ("client", "relay", "server")}
    result = correlated(f"proxydetection/{name}", **files)
    assert [result.vantages[index].name for index in result.path.order] == ["client", "relay", "server"]


def test_a_run_without_a_common_packet_joins_nothing():
    need(CAPTURES)
    result = correlated("proxydetection/base-base_http1", relay="relay.pcap", server="server.pcap")
    assert result.path.unplaced
    assert not (result.trajectories.rows >= 0).all(axis=1).any() or len(result.path.order) == 1
