"""Rows on paths that branch, and on vantages that show a part of what passes."""

from __future__ import annotations

from typing import Literal

import attrs

from tests.netsim import Lanes, World
from tests.netsim.boxes import Nat
from tests.scoreboard.rows.mixes import LOSS, plain
from tests.scoreboard.scenario import Scenario


def _parallel(spread: Literal["flow", "packet", "direction", "failover"]) -> World:
    """Return client - (two taps side by side) - server."""
    world = attrs.evolve(plain(4), lanes=Lanes(spread=spread)).with_tap(1, lane=0).with_tap(2, lane=1)
    return world.with_hop(0, both=LOSS).with_hop(2, both=LOSS, boxes=[Nat()])


ROWS = (
    Scenario(name="ECMP, two branches", world=_parallel("flow")),
    Scenario(name="per-packet balancing", world=_parallel("packet")),
    Scenario(name="asymmetric return", world=_parallel("direction")),
    Scenario(name="failover", world=_parallel("failover")),
    Scenario(
        name="tap on one fibre",
        world=plain(3).with_tap(1, direction="forward").with_hop(0, both=LOSS).with_hop(1, boxes=[Nat()]),
    ),
    Scenario(
        name="one bundle member of three",
        world=attrs.evolve(plain(3), lanes=Lanes(count=3)).with_tap(1, lane=0).with_hop(1, both=LOSS),
    ),
)
