"""Traffic and faults that several themes of rows share.

**In:** nothing. **Out:** loads, and functions from world to world.
**Not here:** rows.
"""

from __future__ import annotations

from tests.netsim import HOUR, SECOND, DnsLoad, PingLoad, TcpLoad, World, chain
from tests.netsim.boxes import Nat

MIX = (TcpLoad(flows=50), DnsLoad(flows=40), PingLoad(flows=2))
LOSS = {"loss": 0.01}
LOOKUPS = (DnsLoad(flows=300, queries=(1, 4)), TcpLoad(flows=3))
IPV6 = (TcpLoad(flows=50, version=6), DnsLoad(flows=40, version=6), PingLoad(flows=2, version=6))
SAME = (TcpLoad(flows=60, same_payload=True), DnsLoad(flows=40, same_payload=True))
BARE = (TcpLoad(flows=60, same_payload=True, timestamps=False, sack=False), DnsLoad(flows=40, same_payload=True))
NO_STAMPS = (TcpLoad(flows=60, timestamps=False), DnsLoad(flows=40))
HOURS = (-5 * HOUR, 72 * HOUR + 643 * SECOND, 9 * HOUR + 123_456_789, -26 * HOUR, 3 * HOUR, 17 * HOUR)

CLEAN = frozenset({"clean"})
MISSED = frozenset({"capture-loss"})
LOST = frozenset({"loss"})


def plain(taps: int, loads: tuple[object, ...] = MIX) -> World:
    """Return a world without faults."""
    return chain(taps, loads=loads)


def each_tap(world: World, **changes: object) -> World:
    """Change every tap."""
    for place in range(len(world.taps)):
        world = world.with_tap(place, **changes)
    return world


def apart(world: World) -> World:
    """Set clocks hours apart."""
    for place in range(1, len(world.taps)):
        world = world.with_tap(place, clock={"offset_ns": HOURS[place - 1]})
    return world


def skewed(world: World, ppm: float = 30.0) -> World:
    """Let clocks run fast and slow in turn."""
    for place in range(1, len(world.taps)):
        world = world.with_tap(place, clock={"skew_ppm": ppm if place % 2 else -ppm})
    return world


def everything(taps: int, loads: tuple[object, ...] = MIX) -> World:
    """Return a world with PAT, 1 % loss each way, 30 ppm, hours, 2 % of frames not captured."""
    hop = (taps - 1) // 2
    world = plain(taps, loads).with_hop(hop, both=LOSS, boxes=[Nat()])
    return each_tap(apart(skewed(world)), miss=0.02)
