"""Rows that must meet the thresholds that the project promises, and their relatives with more taps or IPv6."""

from __future__ import annotations

from tests.netsim import PingLoad, StreamLoad, TcpLoad, World
from tests.netsim.boxes import Nat
from tests.scoreboard.rows.mixes import (
    CLEAN,
    IPV6,
    LOOKUPS,
    LOSS,
    LOST,
    MISSED,
    apart,
    each_tap,
    everything,
    plain,
    skewed,
)
from tests.scoreboard.scenario import Scenario


def _promised() -> tuple[Scenario, ...]:
    rows = []
    for taps in (2, 4):
        hop = (taps - 1) // 2
        base = plain(taps)
        worlds: dict[str, tuple[World, frozenset[str]]] = {
            "clean": (base, CLEAN),
            "pat": (base.with_hop(hop, boxes=[Nat()]), CLEAN),
            "loss 1 %": (base.with_hop(hop, both=LOSS), frozenset()),
            "skew 30 ppm": (skewed(base), CLEAN),
            "hours apart": (apart(base), CLEAN),
            "missed 2 %": (each_tap(base, miss=0.02), MISSED),
            "all of these": (everything(taps), MISSED),
        }
        for name, (world, expect) in worlds.items():
            rows.append(
                Scenario(
                    name=f"{name}, {taps} taps",
                    world=world,
                    core=True,
                    fast=name in ("pat", "all of these"),
                    expect=expect,
                    hoped=LOST if name == "all of these" else frozenset(),
                )
            )
    return tuple(rows)


ROWS = (
    *_promised(),
    Scenario(name="all of these, 6 taps", world=everything(6), expect=MISSED, hoped=LOST),
    Scenario(name="all, IPv6, 2 taps", world=everything(2, IPV6), expect=MISSED, hoped=LOST, fast=True),
    Scenario(name="all, IPv6, 4 taps", world=everything(4, IPV6), expect=MISSED, hoped=LOST),
    Scenario(
        name="all, no loss, 4 taps", world=everything(4).with_hop(1, both={"loss": 0.0}), expect=MISSED, fast=True
    ),
    Scenario(name="DNS, PAT, loss, 2 taps", world=plain(2, LOOKUPS).with_hop(0, both=LOSS, boxes=[Nat()])),
    Scenario(name="DNS, all, 4 taps", world=everything(4, LOOKUPS), unsure=MISSED, hoped=LOST),
    Scenario(name="ping, PAT, loss", world=plain(2, (PingLoad(flows=12),)).with_hop(0, both=LOSS, boxes=[Nat()])),
    Scenario(
        name="UDP one way, loss",
        world=apart(plain(3, (StreamLoad(flows=4), TcpLoad(flows=4)))).with_hop(0, both=LOSS, boxes=[Nat()]),
    ),
    Scenario(name="bursts of 4", world=plain(4).with_hop(1, both={"loss": 0.02, "burst": 4.0})),
)
