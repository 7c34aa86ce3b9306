"""Rows on translation between IPv6 and IPv4."""

from __future__ import annotations

from tests.netsim import DnsLoad, PingLoad, ProbeLoad, StreamLoad, TcpLoad
from tests.netsim.boxes import Enter, Leave, Nat, Nat64
from tests.scoreboard.rows.mixes import LOSS, MISSED, apart, each_tap, plain, skewed
from tests.scoreboard.scenario import Scenario

SIX = (TcpLoad(flows=50, version=6), DnsLoad(flows=40, version=6), PingLoad(flows=3, version=6))
PROBES = (*SIX, ProbeLoad(flows=15, version=6))
SAME = (TcpLoad(flows=40, version=6, same_payload=True), DnsLoad(flows=40, version=6, same_payload=True))
STREAMS = (StreamLoad(flows=4, version=6), TcpLoad(flows=4, version=6))

ROWS = (
    Scenario(name="NAT64", world=plain(2, SIX).with_hop(0, both=LOSS, boxes=[Nat64()]), fast=True),
    Scenario(name="SIIT", world=plain(2, SIX).with_hop(0, both=LOSS, boxes=[Nat64(kind="siit")])),
    Scenario(name="NAT64, ICMP errors", world=plain(3, PROBES).with_hop(1, both=LOSS, boxes=[Nat64()])),
    Scenario(
        name="NAT64, all of it",
        world=each_tap(apart(skewed(plain(4, SIX).with_hop(1, both=LOSS, boxes=[Nat64()]))), miss=0.02),
        expect=MISSED,
        hoped=frozenset({"loss"}),
    ),
    Scenario(name="NAT64, identical payloads", world=plain(2, SAME).with_hop(0, both=LOSS, boxes=[Nat64()])),
    Scenario(name="NAT64, streams", world=apart(plain(3, STREAMS)).with_hop(0, both=LOSS, boxes=[Nat64()])),
    Scenario(
        name="NAT64, then NAT, in VXLAN",
        world=plain(4, SIX)
        .with_hop(0, boxes=[Nat64()])
        .with_hop(1, boxes=[Nat(), Enter(kind="vxlan")])
        .with_hop(2, both=LOSS, boxes=[Leave(kind="vxlan")]),
    ),
    Scenario(
        name="NAT64, snaplen 96",
        world=each_tap(plain(3, SIX).with_hop(1, both=LOSS, boxes=[Nat64()]), snaplen=96),
        expect=frozenset({"capture-truncated"}),
    ),
)
