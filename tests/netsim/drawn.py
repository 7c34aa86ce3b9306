"""Worlds drawn by seed: boxes and impairments in combinations that nobody thought of.

**In:** a seed. **Out:** a ``World``.
**Method:** two to five taps; every hop draws boxes, faults of links and captures from fixed tables, rare things rarely.
The same seed always gives the same world.
**Not here:** what must be said about them (``tests/scoreboard/rows/drawn.py``).
"""

from __future__ import annotations

from random import Random
from typing import Any

from tests.netsim.boxes import (
    Alg,
    Forwarding,
    IpIdRewrite,
    IsnRewrite,
    MssClamp,
    Nat,
    OptionStrip,
    SetField,
    TimestampRewrite,
    WindowClamp,
)
from tests.netsim.packet import TIMESTAMPS
from tests.netsim.world import HOUR, DnsLoad, PingLoad, ProbeLoad, TcpLoad, World, chain

BOXES: tuple[tuple[float, Any], ...] = (
    (0.5, Nat()),
    (0.15, Nat(kind="snat", external=bytes((192, 0, 2, 40)))),
    (0.15, Forwarding(ports=((443, 8443),))),
    (0.25, IsnRewrite()),
    (0.1, IsnRewrite(of_client=False)),
    (0.1, IsnRewrite(shifts_sack=False)),
    (0.15, IpIdRewrite()),
    (0.15, TimestampRewrite()),
    (0.1, OptionStrip(option=TIMESTAMPS, shortens=True, finding="option-stripped")),
    (0.1, OptionStrip()),
    (0.2, MssClamp()),
    (0.15, WindowClamp()),
    (0.15, SetField(value=0x28, mask=0xFC)),
    (0.15, SetField(name="ttl", value=61, finding=None)),
    (0.15, Alg()),
)
"""(probability of standing on a hop, box)."""
MOST_BOXES = 4


def draw(seed: int) -> World:
    """Return the world of a seed.

    >>> draw(3) == draw(3)
    True
    """
    rng = Random(f"world {seed}")
    world = chain(
        rng.choice((2, 2, 3, 4, 5)), loads=_loads(rng), ip_id=rng.choice(("linux", "linux", "zero", "random", "global"))
    )
    for hop in range(len(world.taps) - 1):
        boxes = [box for share, box in BOXES if rng.random() < share / (len(world.taps) - 1)]
        rng.shuffle(boxes)
        world = world.with_hop(hop, both=_link(rng), boxes=boxes[:MOST_BOXES])
    for place in range(len(world.taps)):
        world = world.with_tap(place, **_capture(rng), clock=_clock(rng) if place else {})
    return world


def _loads(rng: Random) -> tuple[Any, ...]:
    is_same = rng.random() < 0.25
    tcp = TcpLoad(
        flows=40,
        same_payload=is_same,
        timestamps=rng.random() < 0.7,
        sack=rng.random() < 0.8,
        response_bytes=(100, rng.choice((2_000, 20_000))),
        tos=rng.choice((0, 0, 2)),
    )
    rest = [DnsLoad(flows=30, same_payload=is_same), PingLoad(flows=2), ProbeLoad(flows=4)]
    return (tcp, *(load for load in rest if rng.random() < 0.7))


def _link(rng: Random) -> dict[str, Any]:
    link: dict[str, Any] = {}
    if rng.random() < 0.3:
        link["loss"] = rng.choice((0.002, 0.01, 0.03))
    if rng.random() < 0.1:
        link["duplicate"] = 0.01
    if rng.random() < 0.1:
        link["reorder"] = 0.01
    return link


def _capture(rng: Random) -> dict[str, Any]:
    capture: dict[str, Any] = {}
    if rng.random() < 0.2:
        capture["miss"] = rng.choice((0.005, 0.02))
    if rng.random() < 0.15:
        capture["snaplen"] = rng.choice((96, 128))
    if rng.random() < 0.1:
        capture["span_copies"] = rng.choice((0.3, 1.0))
    return capture


def _clock(rng: Random) -> dict[str, Any]:
    clock: dict[str, Any] = {"skew_ppm": rng.uniform(-50, 50)}
    if rng.random() < 0.5:
        clock["offset_ns"] = int(rng.uniform(-30, 30) * HOUR)
    if rng.random() < 0.1:
        clock["quantum_ns"] = rng.choice((1_000_000, 15_625_000))
    return clock
