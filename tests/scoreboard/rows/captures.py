"""Rows on what captures do to packets: cut them, double them, start late, stamp coarsely, come in another order."""

from __future__ import annotations

import attrs

from tests.netsim import MILLISECOND, SECOND
from tests.netsim.boxes import Nat
from tests.scoreboard.rows.mixes import LOSS, apart, each_tap, plain, skewed
from tests.scoreboard.scenario import Scenario

ROWS = (
    Scenario(
        name="snaplen 96, PAT, loss",
        world=each_tap(plain(4).with_hop(1, both=LOSS, boxes=[Nat()]), snaplen=96),
        expect=frozenset({"capture-truncated"}),
    ),
    Scenario(
        name="windows differ, 2 taps",
        world=apart(plain(2)).with_tap(0, start_ns=2 * SECOND).with_tap(1, end_ns=7 * SECOND),
        expect=frozenset({"capture-window"}),
        fast=True,
    ),
    Scenario(
        name="windows differ, 4 taps, loss",
        world=apart(plain(4).with_hop(1, both=LOSS, boxes=[Nat()]))
        .with_tap(1, end_ns=6 * SECOND)
        .with_tap(2, start_ns=3 * SECOND),
        expect=frozenset({"capture-window"}),
    ),
    Scenario(name="given in another order", world=plain(4).with_hop(1, boxes=[Nat()]), given=(2, 0, 3, 1)),
    Scenario(
        name="15.625 ms ticks",
        world=plain(2).with_tap(1, clock={"quantum_ns": 15_625_000}),
        unsure=frozenset({"reordered"}),
    ),
    Scenario(
        name="clock steps",
        world=plain(3).with_tap(1, clock={"steps": ((4 * SECOND, 300 * MILLISECOND), (7 * SECOND, -SECOND))}),
        expect=frozenset({"clock-step"}),
    ),
    Scenario(name="skew 200 ppm, long", world=attrs.evolve(skewed(plain(2), 200.0), duration_ns=300 * SECOND)),
)
