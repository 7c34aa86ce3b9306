"""Rows on address translation beyond a plain NAT at the edge."""

from __future__ import annotations

from tests.netsim import DnsLoad, PingLoad, ProbeLoad, TcpLoad
from tests.netsim.boxes import Forwarding, Nat
from tests.scoreboard.rows.mixes import LOSS, MISSED, MIX, each_tap, plain
from tests.scoreboard.scenario import Scenario

PROBES = (*MIX, ProbeLoad(flows=20))

ROWS = (
    Scenario(
        name="SNAT, ports kept",
        world=plain(2).with_hop(0, both=LOSS, boxes=[Nat(kind="snat", external=bytes((192, 0, 2, 40)))]),
    ),
    Scenario(
        name="DNAT, port forwarded",
        world=plain(3).with_hop(1, both=LOSS, boxes=[Forwarding(ports=((443, 8443),))]),
    ),
    Scenario(
        name="double NAT",
        world=plain(4).with_hop(0, boxes=[Nat()]).with_hop(2, both=LOSS, boxes=[Nat(external=bytes((100, 64, 0, 9)))]),
    ),
    Scenario(
        name="hairpin NAT",
        world=plain(2).with_hop(0, both=LOSS, boxes=[Forwarding(ports=((443, 8443),)), Nat()]),
    ),
    Scenario(
        name="NAT, ICMP errors",
        world=each_tap(plain(3, PROBES).with_hop(1, both=LOSS, boxes=[Nat()]), miss=0.01),
        expect=MISSED,
    ),
    Scenario(
        name="NAT forgets quoted headers",
        world=plain(3, PROBES).with_hop(1, both=LOSS, boxes=[Nat(translates_quotes=False)]),
    ),
    Scenario(
        name="double NAT, IPv6 and IPv4",
        world=plain(3, (TcpLoad(flows=25), TcpLoad(flows=25, version=6), DnsLoad(flows=20, version=6), PingLoad()))
        .with_hop(0, boxes=[Nat()])
        .with_hop(1, both=LOSS, boxes=[Nat(external=bytes((100, 64, 0, 9)))]),
    ),
)
