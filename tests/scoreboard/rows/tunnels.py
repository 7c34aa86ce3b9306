"""Rows on tunnels: vantages outside and inside, each kind alone and a few in one another."""

from __future__ import annotations

from tests.netsim import DnsLoad, PingLoad, ProbeLoad, TcpLoad
from tests.netsim.boxes import Enter, Leave, Nat, OuterEdit, OuterNat
from tests.scoreboard.rows.mixes import IPV6, LOSS, LOST, MISSED, MIX, apart, each_tap, plain
from tests.scoreboard.scenario import Scenario

KINDS = (
    "vlan", "qinq", "mpls", "pseudowire", "pppoe", "ipip", "gre", "gre-key", "nvgre", "vxlan", "geneve", "gtp", "l2tp",
    "l2tpv3", "erspan", "ip6", "vxlan6",
)  # fmt: skip
SMALL = (TcpLoad(flows=20), DnsLoad(flows=15), PingLoad(flows=1), ProbeLoad(flows=3))


def tunnelled(*kinds: str, loads: tuple[object, ...] = SMALL, outside: tuple[object, ...] = ()) -> object:
    """Return four taps: outside, two inside the tunnels (given from inside out), outside; loss inside and NAT beyond."""
    enter = [Enter(kind=kind, key=70 + n) for n, kind in enumerate(kinds)]
    leave = [Leave(kind=kind, key=70 + n) for n, kind in reversed(list(enumerate(kinds)))]
    world = plain(4, loads).with_hop(0, boxes=enter).with_hop(1, both=LOSS, boxes=outside)
    return apart(world.with_hop(2, boxes=[*leave, Nat()]))


ROWS = (
    *(Scenario(name=f"tunnel {kind}", world=tunnelled(kind), fast=kind == "gre-key") for kind in KINDS),
    Scenario(name="tunnel 6in4", world=tunnelled("ipip", loads=IPV6)),
    Scenario(name="tunnel VXLAN in GRE in QinQ", world=tunnelled("vxlan", "gre", "qinq")),
    Scenario(
        name="tunnel GTP in MPLS, missed", world=each_tap(tunnelled("gtp", "mpls", loads=MIX), miss=0.02), expect=MISSED
    ),
    Scenario(name="tunnel with its own NAT", world=tunnelled("vxlan", outside=(OuterNat(),))),
    Scenario(
        name="tunnel, outer header marked",
        world=tunnelled("vxlan", outside=(OuterEdit(key=99),)),
        fast=True,
    ),
    Scenario(
        name="tunnel, outer header marked, IPv6, NAT", world=tunnelled("vxlan6", outside=(OuterEdit(), OuterNat()))
    ),
    Scenario(
        name="tunnel, one end inside",
        world=plain(2, SMALL)
        .with_hop(0, both=LOSS, boxes=[Nat(), Enter(kind="geneve")])
        .with_hop(1, boxes=[Leave(kind="geneve")]),
    ),
    # Where nobody sees inside, outer packets are all there is: matched with one another.
    Scenario(
        name="ESP, both inside",
        world=plain(2, SMALL)
        .with_hop(-1, boxes=[Enter(kind="esp")])
        .with_hop(0, both=LOSS)
        .with_hop(1, boxes=[Leave(kind="esp")]),
        hoped=LOST,
    ),
    Scenario(
        name="ESP in GRE, all inside",
        world=each_tap(
            apart(
                plain(3, SMALL)
                .with_hop(-1, boxes=[Enter(kind="esp"), Enter(kind="gre")])
                .with_hop(1, both=LOSS)
                .with_hop(2, boxes=[Leave(kind="gre"), Leave(kind="esp")])
            ),
            miss=0.01,
        ),
        unsure=MISSED,
        hoped=LOST,
    ),
)
