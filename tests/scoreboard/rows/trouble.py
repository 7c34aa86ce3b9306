"""Rows on what a network or a host does wrong besides losing packets."""

from __future__ import annotations

from tests.netsim import MILLISECOND, SECOND, TcpLoad
from tests.netsim.boxes import Nat, PortBlock, RstInject
from tests.scoreboard.rows.mixes import MIX, plain
from tests.scoreboard.scenario import Scenario

ROWS = (
    Scenario(name="reordered 2 %", world=plain(4).with_hop(1, both={"reorder": 0.02}), expect=frozenset({"reordered"})),
    Scenario(
        name="bottleneck",
        world=plain(3, (TcpLoad(flows=12, response_bytes=(50_000, 200_000)),)).with_hop(
            1, reverse={"rate_bps": 5_000_000, "queue_ns": 60 * MILLISECOND}
        ),
        unsure=frozenset({"policing"}),
    ),
    Scenario(name="RST injected", world=plain(4).with_hop(1, boxes=[Nat(), RstInject(share=0.3)])),
    Scenario(
        name="port blocked",
        world=plain(4, (*MIX, TcpLoad(flows=5, port=8443))).with_hop(1, boxes=[PortBlock(), Nat()]),
        unsure=frozenset({"loss"}),
    ),
    Scenario(
        name="server slow",
        world=plain(2, (TcpLoad(flows=20, think_ns=(600 * MILLISECOND, 900 * MILLISECOND)),)),
        expect=frozenset({"server-slow"}),
    ),
    Scenario(
        name="delay added",
        world=plain(4).with_hop(2, forward={"extra": ((4 * SECOND, 60 * SECOND, 60 * MILLISECOND),)}),
        expect=frozenset({"delay-added"}),
    ),
)
