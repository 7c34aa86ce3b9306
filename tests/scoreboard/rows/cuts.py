"""Rows on the same bytes in different cuts: offload, fragments, boxes that cut segments anew."""

from __future__ import annotations

import attrs

from tests.netsim import BurstLoad, DnsLoad, PingLoad, StreamLoad, TcpLoad, World
from tests.netsim.boxes import IsnRewrite, Nat
from tests.netsim.cuts import Fragment, Gather, Offload, Reassemble, Resegment
from tests.scoreboard.rows.mixes import LOSS, LOST, MISSED, apart, each_tap, plain, skewed
from tests.scoreboard.scenario import Scenario

BULK = (TcpLoad(flows=24, response_bytes=(2_000, 120_000)), DnsLoad(flows=20), PingLoad(flows=2))
BULK6 = (TcpLoad(flows=24, response_bytes=(2_000, 120_000), version=6), DnsLoad(flows=20, version=6))
BURSTS = (BurstLoad(), BurstLoad(from_server=True, flows=4), TcpLoad(flows=6))
LARGE = (
    StreamLoad(flows=4, payload_bytes=4000, packets=60),
    PingLoad(flows=4, payload_bytes=3000),
    DnsLoad(flows=20),
    TcpLoad(flows=10),
)
LARGE6 = (
    StreamLoad(flows=4, payload_bytes=4000, packets=60, version=6),
    PingLoad(flows=4, payload_bytes=3000, version=6),
    TcpLoad(flows=10, version=6, mss=1440),
)
SENDS, TAKES = Offload(forward="tso", reverse="gro"), Offload(forward="gro", reverse="tso")
OFFLOAD = frozenset({"offload"})


def hosts(world: World, **changes: object) -> World:
    """Let both hosts offload: their taps show super-frames."""
    client, server = (attrs.evolve(side, **changes) for side in (SENDS, TAKES))
    return world.with_tap(0, offload=client).with_tap(len(world.taps) - 1, offload=server)


def hard(world: World) -> World:
    """Add NAT, loss, misses and clocks of their own."""
    hop = (len(world.taps) - 1) // 2
    return each_tap(apart(skewed(world.with_hop(hop, both=LOSS, boxes=[Nat()]))), miss=0.02)


def large(taps: int, mtu: int = 1500, loads: tuple[object, ...] = LARGE) -> World:
    """Return a world whose hosts fragment what is too large for their link."""
    world = plain(taps, loads)
    world = world.with_hop(-1, boxes=[Fragment(mtu=mtu, forward=True)])
    return world.with_hop(taps - 1, boxes=[Fragment(mtu=mtu, forward=False)])


CLEAN = frozenset({"clean"})

ROWS = (
    Scenario(name="TSO and GRO at the hosts, 2 taps", world=hosts(plain(2, BULK)), expect=CLEAN | OFFLOAD, fast=True),
    Scenario(name="TSO and GRO at the hosts, 4 taps", world=hosts(plain(4, BULK)), expect=CLEAN | OFFLOAD),
    Scenario(
        name="offload at every tap",
        world=hosts(plain(4, BULK))
        .with_tap(1, offload=Offload(forward="gro", reverse="tso", most_bytes=20_000))
        .with_tap(2, offload=Offload(forward="tso", reverse="gro", most_bytes=9_000, within_ns=60_000)),
        expect=CLEAN | OFFLOAD,
    ),
    Scenario(
        name="offload, IP length 0",
        world=hosts(plain(2, BULK), unfinished="length"),
        expect=CLEAN | OFFLOAD,
    ),
    Scenario(name="offload, IPv6", world=hosts(plain(2, BULK6)), expect=CLEAN | OFFLOAD),
    Scenario(
        name="offload, NAT, loss, misses, 2 taps",
        world=hard(hosts(plain(2, BULK))),
        expect=MISSED | OFFLOAD,
        hoped=LOST,
        fast=True,
    ),
    Scenario(
        name="offload, NAT, loss, misses, 4 taps",
        world=hard(hosts(plain(4, BULK))),
        expect=MISSED | OFFLOAD,
        hoped=LOST,
    ),
    Scenario(
        name="offload, ISN rewritten, loss",
        world=hosts(plain(2, BULK)).with_hop(0, both=LOSS, boxes=[IsnRewrite(), Nat()]),
        expect=OFFLOAD,
        hoped=LOST,
    ),
    Scenario(name="UDP GSO and GRO", world=hosts(plain(2, BURSTS)), expect=CLEAN | OFFLOAD, fast=True),
    Scenario(
        name="UDP GSO, NAT, loss, misses", world=hard(hosts(plain(2, BURSTS))), expect=MISSED | OFFLOAD, hoped=LOST
    ),
    Scenario(name="segments cut anew, 3 taps", world=plain(3, BULK).with_hop(1, boxes=[Resegment()]), expect=CLEAN),
    Scenario(
        name="segments cut anew, all",
        world=hard(plain(4, BULK)).with_hop(2, boxes=[Resegment(size=700)]),
        expect=MISSED,
        hoped=LOST,
    ),
    Scenario(name="segments gathered, 3 taps", world=plain(3, BULK).with_hop(0, boxes=[Gather()]), expect=CLEAN),
    Scenario(
        name="segments gathered, cut, NAT, loss",
        world=plain(4, BULK).with_hop(0, boxes=[Gather()]).with_hop(1, both=LOSS, boxes=[Resegment(size=1000), Nat()]),
        hoped=LOST,
    ),
    Scenario(name="fragments all the way", world=large(3), expect=CLEAN, fast=True),
    Scenario(name="fragments, NAT, loss, misses", world=hard(large(4)), expect=MISSED, hoped=LOST),
    Scenario(name="fragmented on a hop", world=plain(3, LARGE).with_hop(0, boxes=[Fragment(mtu=1500)]), expect=CLEAN),
    Scenario(name="reassembled on a hop", world=large(3).with_hop(1, boxes=[Reassemble()]), expect=CLEAN, fast=True),
    Scenario(name="fragments cut again", world=large(3).with_hop(1, boxes=[Fragment(mtu=700)]), expect=CLEAN),
    Scenario(
        name="fragments put together and cut anew, all",
        world=hard(large(4)).with_hop(0, boxes=[Reassemble()]).with_hop(2, boxes=[Fragment(mtu=900)]),
        expect=MISSED,
        hoped=LOST,
    ),
    Scenario(name="fragments, IPv6", world=large(3, loads=LARGE6).with_hop(1, boxes=[Reassemble()]), expect=CLEAN),
)
