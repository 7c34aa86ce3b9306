"""Worlds in which no hop did anything wrong, drawn by seed.

**In:** a seed. **Out:** an ``Innocent``: a world and what spoils its captures; findings of it that blame a hop.
**Method:** one or two causes of doubt from a table: captures that miss, end, begin late, filter, merge, cut, mirror, show
one direction or one lane; clocks that are off, coarse or step; losses and delays outside the vantages; plain NAT.
**Not here:** worlds with a culprit (``guilty.py``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import attrs

from correlate.diagnose import BLAMES_A_HOP
from correlate.model.findings import Finding
from correlate.pipeline import correlate
from tests.diagnose.boxes import BigDrop, TooBig
from tests.netsim import (
    HOUR,
    MILLISECOND,
    SECOND,
    DnsLoad,
    PingLoad,
    Run,
    StreamLoad,
    TcpLoad,
    World,
    chain,
    simulate,
)
from tests.netsim.boxes import Nat
from tests.netsim.files import Frame, write_capture
from tests.netsim.world import Lanes, ProbeLoad
from tests.verdicts import spoil

MS = MILLISECOND

Change = Callable[[World, Random], World]
Spoil = Callable[[Run, int, Random], Any]


def _tap(**make: Callable[[Random], Any]) -> Change:
    """Change one tap, drawn, by functions of the random generator."""

    def change(world: World, rng: Random) -> World:
        place = rng.randrange(len(world.taps))
        return world.with_tap(place, **{name: value(rng) for name, value in make.items()})

    return change


def _every_tap(**make: Callable[[Random], Any]) -> Change:
    def change(world: World, rng: Random) -> World:
        for place in range(len(world.taps)):
            world = world.with_tap(place, **{name: value(rng) for name, value in make.items()})
        return world

    return change


def _inner_lane(world: World, rng: Random) -> World:
    """An inner tap stands on one member of a bundle."""
    if len(world.taps) < 3:
        return world
    lanes = Lanes(count=rng.choice((2, 3, 4)), spread=rng.choice(("flow", "packet", "direction")))
    return attrs.evolve(world, lanes=lanes).with_tap(rng.randrange(1, len(world.taps) - 1), lane=0)


def _outside(**link: Any) -> Change:
    """Something happens before the first or beyond the last vantage."""

    def change(world: World, rng: Random) -> World:
        return world.with_hop(rng.choice((-1, len(world.taps) - 1)), both=link)

    return change


def _stalls_outside(world: World, rng: Random) -> World:
    """Stalls beyond the vantages make senders repeat what was not lost."""
    stalls = tuple((k * SECOND, k * SECOND + 400 * MS, 450 * MS) for k in range(1, 9, 2))
    return world.with_hop(rng.choice((-1, len(world.taps) - 1)), both={"extra": stalls})


def _one_nat(world: World, rng: Random) -> World:
    hop = rng.randrange(len(world.taps) - 1)
    return attrs.evolve(world, clients=rng.choice((3, 30))).with_hop(
        hop, boxes=[Nat(kind=rng.choice(("napt", "snat")))]
    )


def _slow_hop(world: World, rng: Random) -> World:
    return world.with_hop(rng.randrange(len(world.taps) - 1), both={"delay_ns": rng.randint(20, 300) * MS})


def _jitter(world: World, rng: Random) -> World:
    return world.with_hop(rng.randrange(len(world.taps) - 1), both={"jitter_ns": rng.randint(1, 12) * MS})


def _probes(world: World, rng: Random, box: Any, hop: int) -> World:
    """Hosts look for the largest packet that passes: echoes of several sizes; their TCP keeps below it."""
    loads = [attrs.evolve(load, mss=1340) if isinstance(load, TcpLoad) else load for load in world.loads]
    loads += [PingLoad(flows=2, count=rng.randint(3, 10), payload_bytes=size) for size in (600, 1300, 1420, 1460)]
    return attrs.evolve(world, loads=tuple(loads)).with_hop(hop, boxes=[box])


def _probes_answered(world: World, rng: Random) -> World:
    """A router between the vantages refuses large packets and says so (RFC 1191)."""
    return _probes(world, rng, TooBig(), rng.randrange(len(world.taps) - 1))


def _probes_in_vain(world: World, rng: Random) -> World:
    """Large packets die without a word before or beyond all vantages."""
    return _probes(world, rng, BigDrop(), rng.choice((-1, len(world.taps) - 1)))


CHANGES: dict[str, Change] = {
    "nothing": lambda world, _rng: world,
    "capture loss": _tap(miss=lambda rng: rng.choice((0.002, 0.01, 0.05, 0.3))),
    "capture loss everywhere": _every_tap(miss=lambda rng: rng.choice((0.005, 0.02))),
    "late start": _tap(start_ns=lambda rng: rng.randint(1, 5) * SECOND),
    "early end": _tap(end_ns=lambda rng: rng.randint(3, 9) * SECOND),
    "differing windows": _every_tap(
        start_ns=lambda rng: rng.randint(0, 3) * SECOND, end_ns=lambda rng: rng.randint(5, 11) * SECOND
    ),
    "snap length": _tap(snaplen=lambda rng: rng.choice((54, 68, 96, 200))),
    "mirror both ways": _tap(span_copies=lambda rng: rng.choice((0.2, 1.0))),
    "one direction": _tap(direction=lambda rng: rng.choice(("forward", "reverse"))),
    "one lane": _inner_lane,
    "coarse stamps": _tap(clock=lambda rng: {"quantum_ns": rng.choice((MS, 10 * MS, 15_625_000, SECOND))}),
    "clock off": _every_tap(
        clock=lambda rng: {"offset_ns": int(rng.uniform(-30, 30) * HOUR), "skew_ppm": rng.uniform(-80, 80)}
    ),
    "clock steps": _tap(
        clock=lambda rng: {"steps": ((rng.randint(2, 8) * SECOND, rng.choice((-1, 1)) * rng.randint(5, 2000) * MS),)}
    ),
    "losses outside": _outside(loss=0.05),
    "bursts of loss outside": _outside(loss=0.1, burst=4.0),
    "reordering outside": _outside(reorder=0.05),
    "copies outside": _outside(duplicate=0.05),
    "queue outside": _outside(rate_bps=5_000_000, queue_ns=100 * MS),
    "stalls outside": _stalls_outside,
    "one NAT for many": _one_nat,
    "slow hop": _slow_hop,
    "jitter": _jitter,
    "path MTU probes answered": _probes_answered,
    "path MTU probes in vain": _probes_in_vain,
}
"""Doubts that the simulation knows itself."""

SPOILS: dict[str, Spoil] = {
    "fast path": spoil.fast_path,
    "hosts filtered": spoil.without_hosts,
    "port filtered": spoil.without_port,
    "only TCP": spoil.only_tcp,
    "missing ring file": spoil.with_a_gap,
    "receive offload": lambda run, place, _rng: spoil.merged(run, place, is_late=True),
    "segmentation offload": lambda run, place, _rng: spoil.merged(run, place, is_late=False),
    "IPsec gateway": spoil.ipsec_gateway,
}
"""Doubts that are made of the captures afterwards, at one place."""

KINDS = (*CHANGES, *SPOILS)


@attrs.frozen(kw_only=True)
class Innocent:
    """A world, what is odd about it, and what spoils which capture."""

    seed: int
    causes: tuple[str, ...]
    world: World
    spoils: tuple[tuple[str, int], ...]
    """(name, place)."""


def draw(seed: int, kinds: Sequence[str] = KINDS) -> Innocent:
    """Return the innocent world of a seed; ``kinds`` are what may be odd about it.

    >>> draw(5) == draw(5)
    True
    """
    rng = Random(f"innocent {seed}")
    world = chain(
        rng.choice((2, 2, 3, 3, 4, 5)),
        loads=_loads(rng),
        ip_id=rng.choice(("linux", "linux", "zero", "random", "global")),
    )
    # Every cause comes round in turn; a second one is drawn.
    chosen = [kinds[seed % len(kinds)]]
    if rng.random() < 0.5:
        chosen.append(
            rng.choice([name for name in kinds if name not in chosen and not (name in SPOILS and chosen[0] in SPOILS)])
        )
    for name in chosen:
        if name in CHANGES:
            world = CHANGES[name](world, rng)
    spoils = tuple((name, rng.randrange(len(world.taps))) for name in chosen if name in SPOILS)
    return Innocent(seed=seed, causes=tuple(chosen), world=world, spoils=spoils)


def _loads(rng: Random) -> tuple[Any, ...]:
    is_same = rng.random() < 0.2
    loads: list[Any] = [
        TcpLoad(
            flows=rng.choice((8, 20)),
            response_bytes=(100, rng.choice((3_000, 30_000))),
            same_payload=is_same,
            timestamps=rng.random() < 0.7,
            sack=rng.random() < 0.8,
        )
    ]
    rest = (
        DnsLoad(flows=15, same_payload=is_same),
        PingLoad(flows=2, count=10),
        StreamLoad(flows=1, packets=150, from_server=rng.random() < 0.5),
        ProbeLoad(flows=3),
    )
    return (*loads, *(load for load in rest if rng.random() < 0.5))


def findings_of(one: Innocent) -> tuple[Finding, ...]:
    """Simulate, spoil and correlate a world."""
    run = simulate(one.world, one.seed)
    rng = Random(f"spoil {one.seed}")
    with tempfile.TemporaryDirectory() as folder:
        paths: dict[str, Any] = {}
        for place, tap in enumerate(one.world.taps):
            parts: list[list[Frame]] = [run.captures[tap.name]]
            for name, where in one.spoils:
                if where == place:
                    made = SPOILS[name](run, place, rng)
                    parts = made if made and isinstance(made[0], list) else [made]
            files = [Path(folder) / f"{tap.name}_{number:05d}.pcap" for number in range(len(parts))]
            for file, frames in zip(files, parts, strict=True):
                write_capture(file, frames, tap.snaplen)
            paths[tap.name] = files
        return correlate(paths).findings


def accusations(findings: tuple[Finding, ...]) -> list[str]:
    """Return what a person would take for blame of a hop: likely or proven, above information."""
    return [
        f"{one.code} {one.grade}: {one.title}"
        for one in findings
        if one.grade != "inconclusive" and one.severity != "info" and (one.code in BLAMES_A_HOP or _names_a_hop(one))
    ]


def _names_a_hop(finding: Finding) -> bool:
    return finding.hop is not None and not finding.code.startswith(("capture-", "clock-"))
