"""Rows on copies and look-alikes: mirror ports, the network, senders that repeat themselves."""

from __future__ import annotations

import attrs

from tests.netsim.boxes import Nat
from tests.scoreboard.rows.mixes import BARE, LOSS, LOST, MISSED, SAME, each_tap, everything, plain
from tests.scoreboard.scenario import Scenario

DOUBLED = frozenset({"capture-duplicates"})

ROWS = (
    Scenario(
        name="SPAN copies, one tap",
        world=plain(4).with_hop(1, boxes=[Nat()]).with_tap(1, span_copies=0.6),
        expect=DOUBLED,
        fast=True,
    ),
    Scenario(
        name="SPAN copies 20 %, every tap",
        world=each_tap(plain(4).with_hop(1, boxes=[Nat()]), span_copies=0.2),
        expect=DOUBLED,
    ),
    Scenario(name="identical payloads", world=plain(2, SAME).with_hop(0, both=LOSS, boxes=[Nat()]), fast=True),
    Scenario(name="identical payloads, all", world=everything(4, SAME), expect=MISSED, hoped=LOST),
    Scenario(
        name="identical, IP ID 0, bare TCP",
        world=attrs.evolve(plain(2, BARE), ip_id="zero").with_hop(0, both=LOSS, boxes=[Nat()]),
    ),
    Scenario(name="global IP ID", world=attrs.evolve(everything(2), ip_id="global"), expect=MISSED, hoped=LOST),
    Scenario(
        name="network copies 2 %",
        world=plain(4).with_hop(1, both={"duplicate": 0.02}),
    ),
)
