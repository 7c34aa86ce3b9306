"""Rows in which vantages hold the same bytes in other cuts or wraps: offload, fragments, tunnels.

**In:** nothing. **Out:** ``CUTS``.
"""

from __future__ import annotations

import attrs

from tests.lab.capture import Clock
from tests.lab.impairments import Impairment
from tests.lab.scenario import Scenario
from tests.lab.scenarios.wires import AROUND, BULK, FAR, MIXED, NODES, WIRE, both
from tests.lab.topology import Line, Link

VXLAN = """
ip link add vx type vxlan id 42 local {mine} remote {theirs} dstport 4789 dev {side}
ip address add {inner}/24 dev vx
ip link set vx up
ip route replace {network} via {gateway} dev vx
"""
LOSSY = Impairment(delay_ms=8, loss=0.01)

CUTS = (
    Scenario(
        name="offload on",
        line=both(FAR, offload=True),
        vantages=AROUND,
        jobs=(*MIXED, *BULK),
        clocks={"r2.left": Clock(offset_ns=12_000_000)},
        expect={"offload": ()},
        fast=True,
    ),
    Scenario(
        name="offload on, loss of 1 %",
        line=both(LOSSY, offload=True),
        vantages=AROUND,
        jobs=(*MIXED, *BULK),
        clocks={"r2.left": Clock(offset_ns=12_000_000, skew_ppm=20)},
        expect={"offload": (), "loss": WIRE},
    ),
    Scenario(
        name="receive offload (GRO) on",
        line=both(FAR, offload=True),
        rules={"server": "ethtool -K left gro on", "client": "ethtool -K right gro on"},
        vantages=AROUND,
        jobs=(*MIXED, *BULK),
        clocks={"server.left": Clock(offset_ns=-12_000_000)},
        expect={"offload": ()},
    ),
    Scenario(
        name="offload on, masquerade",
        line=both(FAR, offload=True),
        rules={"r1": "iptables -t nat -A POSTROUTING -o right -j MASQUERADE --random-fully"},
        vantages=AROUND,
        jobs=(*MIXED, *BULK),
        expect={"nat": ("client.right>r1.right",)},
    ),
    Scenario(
        name="fragments on a link of 900 bytes",
        line=Line(nodes=NODES, links={1: Link(forward=FAR, reverse=FAR, mtu=900)}),
        vantages=AROUND,
        jobs=(*MIXED, ("stream", {"count": 200, "size": 2500, "gap_ms": 8}), *BULK),
        clocks={"r2.left": Clock(offset_ns=5_000_000)},
    ),
    Scenario(
        name="fragments and loss of 1 %",
        line=Line(nodes=NODES, links={1: Link(forward=LOSSY, reverse=LOSSY, mtu=900)}),
        vantages=AROUND,
        jobs=(*MIXED, ("stream", {"count": 200, "size": 2500, "gap_ms": 8}), *BULK),
        clocks={"r2.left": Clock(offset_ns=5_000_000)},
        expect={"loss": WIRE},
        unsure=frozenset({"fragment-lost"}),
    ),
    Scenario(
        name="VXLAN between the routers",
        line=both(FAR),
        rules={
            "r1": VXLAN.format(
                mine="10.1.0.1",
                theirs="10.1.0.2",
                side="right",
                inner="10.99.0.1",
                network="10.2.0.0/24",
                gateway="10.99.0.2",
            ),
            "r2": VXLAN.format(
                mine="10.1.0.2",
                theirs="10.1.0.1",
                side="left",
                inner="10.99.0.2",
                network="10.0.0.0/24",
                gateway="10.99.0.1",
            ),
        },
        vantages=AROUND,
        jobs=(*MIXED, *BULK),
        clocks={"r1.right": Clock(offset_ns=5_000_000), "r2.left": Clock(offset_ns=-5_000_000)},
        expect={"tunnel": ()},
    ),
)
CUTS = (
    *CUTS,
    attrs.evolve(CUTS[-1], name="VXLAN with loss of 1 %", line=both(LOSSY), expect={"tunnel": (), "loss": WIRE}),
)
