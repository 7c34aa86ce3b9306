"""Rows on MPTCP: the same bytes on two subflows are two packets."""

from __future__ import annotations

from tests.netsim import MultipathLoad, PingLoad
from tests.netsim.boxes import Nat
from tests.scoreboard.rows.mixes import LOSS, LOST, MISSED, apart, each_tap, plain
from tests.scoreboard.scenario import Scenario

LOADS = (MultipathLoad(), PingLoad(flows=1))

ROWS = (
    Scenario(name="MPTCP", world=plain(2, LOADS).with_hop(0, both=LOSS, boxes=[Nat()]), fast=True, hoped=LOST),
    Scenario(
        name="MPTCP, one subflow passes the inner tap, all",
        world=each_tap(apart(plain(3, LOADS).with_hop(1, both=LOSS, boxes=[Nat()])), miss=0.02).with_tap(1, lane=0),
        unsure=MISSED,
        hoped=LOST,
    ),
)
