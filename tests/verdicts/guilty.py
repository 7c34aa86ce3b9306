"""Worlds with one culprit or two, drawn by seed, and how right the verdicts on them are.

**In:** a seed. **Out:** a ``Guilty`` world; a ``Tally`` of what was claimed against the truth, with an oracle's ceiling.
**Method:** two to six vantages; one or two impairments from a table, each on a hop of its own; captures that miss, or do
not.
**Not here:** worlds without a culprit (``innocent.py``), what an oracle could do (``oracle.py``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import attrs
import numpy as np

from correlate.diagnose.loss_range import loss_range
from correlate.diagnose.view import View
from correlate.model.correlation import Correlation
from correlate.pipeline import correlate
from tests.diagnose.boxes import BigDrop, ClearDf, Corrupt, Ecn, Forgetful, HalfBlock, Policer
from tests.netsim import (
    HOUR,
    MILLISECOND,
    SECOND,
    DnsLoad,
    PingLoad,
    Run,
    Seen,
    StreamLoad,
    TcpLoad,
    World,
    chain,
    simulate,
)
from tests.netsim.boxes import (
    IpIdRewrite,
    IsnRewrite,
    MssClamp,
    Nat,
    OptionStrip,
    PayloadEdit,
    PortBlock,
    RstInject,
    SetField,
)
from tests.netsim.packet import SACK_PERMITTED, WSCALE
from tests.scoreboard.claims import claims_of
from tests.scoreboard.score import Score, score
from tests.verdicts.oracle import Oracle

MS = MILLISECOND

RECALLS = ("known", "learnt", "known, answered", "learnt, answered")
"""Losses that the oracle of true rates, or of learnt ones, can call; those with a later answer from the receiver."""

BULK = (TcpLoad(flows=10, response_bytes=(50_000, 150_000)),)
MIX = (TcpLoad(flows=25, response_bytes=(100, 20_000)), DnsLoad(flows=25), PingLoad(flows=2, count=10))
STREAMS = (
    StreamLoad(flows=3, from_server=True, interval_ns=4 * MS, packets=700, payload_bytes=900),
    TcpLoad(flows=8),
)


@attrs.frozen(kw_only=True)
class Crime:
    """An impairment of one hop and the code that a report must contain."""

    code: str
    commit: Callable[[World, int, Random], World]
    loads: tuple[Any, ...] = MIX
    more: frozenset[str] = frozenset()
    """What the captures may rightly say besides."""
    allows_nat: bool = True
    """False: its servers speak first, and a NAT would let none of it in."""


def _boxes(*boxes: Any) -> Callable[[World, int, Random], World]:
    return lambda world, hop, _rng: world.with_hop(hop, boxes=boxes)


def _loss(world: World, hop: int, rng: Random) -> World:
    return world.with_hop(hop, both={"loss": rng.choice((0.01, 0.02, 0.05)), "burst": rng.choice((1.0, 1.0, 3.0))})


def _hold(world: World, hop: int, rng: Random) -> World:
    start = rng.randint(2, 6) * SECOND
    extra = ((start, start + rng.randint(1, 4) * SECOND, rng.randint(60, 400) * MS),)
    return world.with_hop(hop, **{rng.choice(("forward", "reverse")): {"extra": extra}})


def _lasting(world: World, hop: int, rng: Random) -> World:
    extra = ((rng.randint(3, 6) * SECOND, 3600 * SECOND, rng.randint(60, 200) * MS),)
    return world.with_hop(hop, **{rng.choice(("forward", "reverse")): {"extra": extra}})


def _queue(world: World, hop: int, _rng: Random) -> World:
    return world.with_hop(hop, reverse={"rate_bps": 4_000_000, "queue_ns": 8 * SECOND})


def _shaper(world: World, hop: int, _rng: Random) -> World:
    return world.with_hop(hop, reverse={"rate_bps": 5_000_000, "queue_ns": 60 * MS})


CRIMES: tuple[Crime, ...] = (
    Crime(code="loss", commit=_loss),
    Crime(code="loss", commit=_loss, loads=BULK),
    Crime(code="delay-added", commit=_hold),
    Crime(code="delay-added", commit=_lasting, more=frozenset({"path-change"})),
    Crime(code="bufferbloat", commit=_queue, loads=BULK, more=frozenset({"delay-added"})),
    Crime(code="shaping", commit=_shaper, loads=BULK, more=frozenset({"loss", "delay-added"})),
    Crime(
        code="policing",
        commit=_boxes(Policer(rate_bps=1_400_000, burst_bytes=45_000)),
        loads=STREAMS,
        more=frozenset({"loss"}),
        allows_nat=False,
    ),
    Crime(code="port-blocked", commit=_boxes(PortBlock()), loads=(*MIX, TcpLoad(flows=6, port=8443))),
    Crime(code="one-way", commit=_boxes(HalfBlock()), loads=(*MIX, TcpLoad(flows=6, port=8443))),
    Crime(code="rst-injected", commit=_boxes(RstInject(share=0.4)), more=frozenset({"loss"})),
    Crime(code="payload-altered", commit=_boxes(PayloadEdit(share=0.4))),
    Crime(code="checksum-corrupt", commit=_boxes(Corrupt(share=0.1)), more=frozenset({"loss"})),
    Crime(code="mss-clamped", commit=_boxes(MssClamp())),
    Crime(code="option-stripped", commit=_boxes(OptionStrip(option=SACK_PERMITTED))),
    Crime(code="option-stripped", commit=_boxes(OptionStrip(option=WSCALE))),
    Crime(code="isn-rewritten", commit=_boxes(IsnRewrite())),
    Crime(code="ip-id-rewritten", commit=_boxes(IpIdRewrite())),
    Crime(code="dscp-changed", commit=_boxes(SetField(value=0x28))),
    Crime(code="df-cleared", commit=_boxes(ClearDf())),
    Crime(code="ecn-bleached", commit=_boxes(Ecn()), loads=(TcpLoad(flows=25, tos=2), PingLoad(flows=2))),
    Crime(code="reordered", commit=lambda world, hop, _rng: world.with_hop(hop, both={"reorder": 0.03}), loads=BULK),
    Crime(code="duplicated", commit=lambda world, hop, _rng: world.with_hop(hop, both={"duplicate": 0.05})),
    Crime(
        code="pmtu-blackhole",
        commit=_boxes(BigDrop()),
        loads=(
            TcpLoad(flows=8, response_bytes=(5000, 60_000)),
            TcpLoad(flows=8, mss=1440, response_bytes=(5000, 60_000)),
            PingLoad(flows=2, count=200),
            DnsLoad(flows=20),
        ),
        more=frozenset({"loss"}),
    ),
    Crime(
        code="nat-state-lost",
        commit=_boxes(Forgetful()),
        loads=(
            TcpLoad(flows=6, exchanges=(2, 3), pause_ns=(33 * SECOND, 40 * SECOND)),
            TcpLoad(flows=60),
            PingLoad(flows=3, count=400),
        ),
        more=frozenset({"loss"}),
    ),
)
"""Every impairment, worlds take them in turn."""

BESIDE = frozenset(
    {"server-slow", "client-slow", "no-answer", "nat", "clean", "cannot-tell", "offload", "path-change", "ecn-marked"}
)
"""Not about this hop's crime: hosts, mappings, verdicts about verdicts."""


@attrs.frozen(kw_only=True)
class Guilty:
    """A world with its crimes."""

    seed: int
    world: World
    crimes: tuple[tuple[Crime, int], ...]
    """(crime, hop)."""
    miss: float


def draw(seed: int) -> Guilty:
    """Return the guilty world of a seed."""
    rng = Random(f"guilty {seed}")
    crime = CRIMES[seed % len(CRIMES)]
    taps = rng.choice((2, 2, 3, 3, 4, 5, 6))
    is_long = crime.code == "nat-state-lost"
    world = chain(
        taps,
        loads=crime.loads,
        clients=2 if is_long else 4,
        servers=1,
        duration_ns=60 * SECOND if is_long else 10 * SECOND,
        ip_id=rng.choice(("linux", "linux", "random", "global")),
    )
    hop = rng.randrange(taps - 1)
    world = crime.commit(world, hop, rng)
    crimes = [(crime, hop)]
    if rng.random() < 0.3 and crime.allows_nat:
        world = world.with_hop(rng.randrange(taps - 1), boxes=[Nat()])
    miss = rng.choice((0.0, 0.0, 0.0, 0.005, 0.02))
    for place in range(taps):
        clock = {"offset_ns": int(rng.uniform(-30, 30) * HOUR), "skew_ppm": rng.uniform(-50, 50)} if place else {}
        world = world.with_tap(place, miss=miss, clock=clock)
    return Guilty(seed=seed, world=world, crimes=tuple(crimes), miss=miss)


@attrs.define
class Tally:
    """Counts over worlds; properties are what the table shows."""

    worlds: int = 0
    lost: Score = attrs.field(factory=Score)
    recall: dict[str, Any] = attrs.field(factory=lambda: {name: np.zeros(2, np.int64) for name in RECALLS})
    """(found, of those) of losses that an oracle can call."""
    born_claimed: int = 0
    born_right: int = 0
    born_true: int = 0
    misses: int = 0
    misses_called_lost: int = 0
    ranges: int = 0
    ranges_right: int = 0
    expected: int = 0
    found: int = 0
    missing: list[str] = attrs.field(factory=list)
    claims: dict[str, int] = attrs.field(factory=dict)
    contradicted: dict[str, list[str]] = attrs.field(factory=dict)
    delays: int = 0
    delays_right: int = 0


def judge(one: Guilty, tally: Tally) -> None:
    """Run one world and add what came of it."""
    run = simulate(one.world, one.seed)
    names = [tap.name for tap in one.world.taps]
    with tempfile.TemporaryDirectory() as folder:
        result = correlate(run.write(Path(folder)))
    claims = claims_of(result, names)
    tally.worlds += 1
    tally.lost += score(run.truth, claims)
    _count_losses(run, claims, tally)
    _count_births(run, claims, tally)
    _count_ranges(run, result, names, tally)
    _count_findings(one, result, names, tally)


def _count_losses(run: Run, claims: Any, tally: Tally) -> None:
    truth = run.truth
    called = set()
    for packet, hop in claims.lost:
        frames = claims.frames[packet]
        place = int(np.flatnonzero(frames > 0)[0])
        called.add((int(truth.transmission_of[place][frames[place] - 1]), hop))
    for loss in Oracle(run).losses:
        is_found = (loss.transmission, loss.hop) in called
        for name, counts in (
            ("known", loss.can_call),
            ("learnt", loss.can_learn),
            ("known, answered", loss.can_call and loss.is_answered),
            ("learnt, answered", loss.can_learn and loss.is_answered),
        ):
            tally.recall[name] += np.array([is_found, 1]) * counts
    missed = (truth.seen == Seen.MISSED).any(axis=1)
    tally.misses += int(missed.sum())
    tally.misses_called_lost += sum(bool(missed[tid]) and truth.lost_hop[tid] != hop for tid, hop in called)


def _count_births(run: Run, claims: Any, tally: Tally) -> None:
    """Compare packets said to be born on a hop, copies of others left out, with those that boxes injected."""
    truth = run.truth
    taps = len(run.world.taps)
    said = set()
    for packet, hop in claims.originated:
        frames = claims.frames[packet]
        place = int(np.flatnonzero(frames > 0)[0])
        tid = int(truth.transmission_of[place][frames[place] - 1])
        if truth.copy_of[tid] < 0 and not (truth.copy_of == tid).any():
            said.add((tid, hop))
    born = (truth.origin >= 0) & (truth.origin < taps - 1) & (truth.copy_of < 0)
    real = {(int(tid), int(truth.origin[tid])) for tid in np.flatnonzero(born & (truth.frame > 0).any(axis=1))}
    tally.born_claimed += len(said)
    tally.born_right += len(said & real)
    tally.born_true += len(real)


def _count_ranges(run: Run, result: Correlation, names: list[str], tally: Tally) -> None:
    view = View(run=result, fetch=lambda _vantage, rows: [b""] * len(rows))
    truth = run.truth
    if [result.vantages[i].name for i in result.path.order] != names:
        return
    for hop in range(result.path.hop_count):
        for direction in (1, -1):
            several = loss_range(view, hop, direction)
            if several is None:
                continue
            up = view.upstream(hop, direction)
            rows = result.trajectories.rows[several.packets, up]
            frames = result.packets[result.path.order[up]].columns.frame[rows]
            true = int((truth.lost_hop[truth.transmission_of[up][frames - 1]] == hop).sum())
            tally.ranges += 1
            tally.ranges_right += several.lo <= true <= several.hi


def _count_findings(one: Guilty, result: Correlation, names: list[str], tally: Tally) -> None:
    crime, hop = one.crimes[0]
    place = (names[hop], names[hop + 1])
    said = [finding for finding in result.findings if finding.grade != "inconclusive"]
    tally.expected += 1
    if any(finding.code == crime.code and finding.hop == place for finding in said):
        tally.found += 1
    else:
        tally.missing.append(f"{crime.code} (seed {one.seed})")
    if crime.code == "delay-added":
        tally.delays += 1
        tally.delays_right += any(finding.code == "delay-added" and finding.hop == place for finding in said)
    for finding in said:
        if finding.code in BESIDE or finding.code.startswith(("capture-", "clock-")):
            continue
        tally.claims[finding.grade] = tally.claims.get(finding.grade, 0) + 1
        if finding.hop != place or finding.code not in crime.more | {crime.code}:
            text = f"{finding.code} on {finding.hop}: {crime.code} on {place} (seed {one.seed})"
            tally.contradicted.setdefault(finding.grade, []).append(text)
