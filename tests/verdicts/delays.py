"""Worlds in which one hop adds delay, drawn by seed, and what is said of it.

**In:** a seed. **Out:** a ``Slow`` world; what the report made of it (``Answer``); counts over worlds (``Delays``).
**Method:** one direction of one hop, or both, takes longer for a while or from some moment on; the hop may be a slow one
anyway, so that its clocks are known worse than what it adds. A world counts as *separable* where the addition is twice
the width of the hop's clock bounds, or where packets of the same direction sent within two seconds before and after the
held ones crossed quickly (no clock walks off and back within that). There the hop and the direction must be named. In
the others the hop must be named with the sum of both directions, or with the direction if that is right.
**Not here:** other impairments (``guilty.py``).
"""

from __future__ import annotations

import enum
import tempfile
from pathlib import Path
from random import Random

import attrs
import numpy as np

from correlate.model.clocks import UNBOUNDED
from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.pipeline import correlate
from tests.netsim import HOUR, MILLISECOND, SECOND, DnsLoad, PingLoad, Run, TcpLoad, World, chain, simulate
from tests.netsim.boxes import Nat

MS = MILLISECOND

LOADS = (TcpLoad(flows=25, response_bytes=(100, 20_000)), DnsLoad(flows=25), PingLoad(flows=2, count=10))
CODES = ("delay-added", "path-change", "bufferbloat", "shaping")
LEAST_HELD = 5
"""Packets that both captures of the hop show held, and as many not held: else nothing is there to be seen."""
TOLERANCE = 0.2
NEAR_NS = 2 * SECOND
NOTICE_NS = 10 * MS
"""Less is not told as held."""


@attrs.frozen(kw_only=True)
class Slow:
    """A world whose ``hop`` adds ``extra_ns`` to the ``ways`` from ``begin_ns`` to ``end_ns`` (since the start)."""

    seed: int
    world: World
    hop: int
    ways: tuple[str, ...]
    extra_ns: int
    begin_ns: int
    end_ns: int

    @property
    def sum_ns(self) -> int:
        """What both directions add together."""
        return self.extra_ns * len(self.ways)


class Answer(enum.Enum):
    """What the report says of the delay."""

    NAMED = "hop and direction"
    SUM = "hop and sum"
    SILENT = "nothing"
    WRONG = "another hop, another direction or another amount"


def draw_slow(seed: int) -> Slow:
    """Return the world of a seed.

    >>> draw_slow(3) == draw_slow(3)
    True
    """
    rng = Random(f"slow {seed}")
    taps = rng.choice((2, 2, 3, 3, 4, 5, 6))
    world = chain(taps, loads=LOADS, clients=4, servers=1, ip_id=rng.choice(("linux", "linux", "random", "global")))
    hop = rng.randrange(taps - 1)
    if seed % 2:
        world = world.with_hop(hop, both={"delay_ns": rng.randint(50, 250) * MS})
    ways = rng.choice((("forward",), ("reverse",), ("forward", "reverse")))
    begin = rng.randint(2, 6) * SECOND
    end = begin + rng.randint(1, 4) * SECOND if rng.random() < 0.6 else HOUR
    extra = rng.randint(60, 400) * MS
    world = world.with_hop(hop, **{way: {"extra": ((begin, end, extra),)} for way in ways})
    if rng.random() < 0.3:
        world = world.with_hop(rng.randrange(taps - 1), boxes=[Nat()])
    miss = rng.choice((0.0, 0.0, 0.005, 0.02))
    for place in range(taps):
        clock = {"offset_ns": int(rng.uniform(-30, 30) * HOUR), "skew_ppm": rng.uniform(-50, 50)} if place else {}
        world = world.with_tap(place, miss=miss, clock=clock)
    return Slow(seed=seed, world=world, hop=hop, ways=ways, extra_ns=extra, begin_ns=begin, end_ns=end)


@attrs.define
class Delays:
    """(right, of those) for worlds whose delay is separable and for the others; what was wrong."""

    separable: list[int] = attrs.field(factory=lambda: [0, 0])
    others: list[int] = attrs.field(factory=lambda: [0, 0])
    unseen: int = 0
    """Worlds in which hardly a packet was held, or hardly one was not."""
    notes: list[str] = attrs.field(factory=list)


def judge_delay(one: Slow, counts: Delays) -> None:
    """Run one world and add what came of it."""
    run = simulate(one.world, one.seed)
    with tempfile.TemporaryDirectory() as folder:
        result = correlate(run.write(Path(folder)))
    if not _is_to_be_seen(one, run):
        counts.unseen += 1
        return
    is_separable = _is_separable(one, run, result)
    answer = answer_of(one, run, result.findings)
    is_right = answer is Answer.NAMED or (answer is Answer.SUM and not is_separable)
    counted = counts.separable if is_separable else counts.others
    counted[0] += is_right
    counted[1] += 1
    if not is_right:
        kind = "separable" if is_separable else "not separable"
        counts.notes.append(
            f"seed {one.seed}: {kind}, {'+'.join(one.ways)} of hop {one.hop} adds {one.extra_ns // MS} ms; "
            f"said {answer.value}: {[f.title for f in result.findings if f.code in CODES and f.grade != 'inconclusive']}"
        )


def answer_of(one: Slow, run: Run, findings: tuple[Finding, ...]) -> Answer:
    """Return what is said; one wrong claim makes it wrong, whatever else is right."""
    spans = {way: _span_ns(one, run, way) for way in one.ways}
    names = [tap.name for tap in one.world.taps]
    said = [finding for finding in findings if finding.code in CODES and finding.grade != "inconclusive"]
    directions = set()
    for finding in said:
        if finding.hop != (names[one.hop], names[one.hop + 1]):
            return Answer.WRONG
        if finding.direction is not None and finding.direction not in one.ways:
            return Answer.WRONG
        if not _is_right_amount(one, finding, spans):
            return Answer.WRONG
        directions.add(finding.direction)
    if directions >= set(one.ways):
        return Answer.NAMED
    if None in directions:
        return Answer.SUM
    return Answer.NAMED if directions else Answer.SILENT


def _is_right_amount(one: Slow, finding: Finding, spans: dict[str, tuple[int, int]]) -> bool:
    """Compare with what held packets of the way took; a sum lies between one way's and both ways' together."""
    said = abs(int(finding.quantity or 0))
    low, high = min(low for low, _ in spans.values()), one.sum_ns
    if finding.code != "path-change" and finding.direction is not None:
        low, high = spans[finding.direction]
    return (1 - TOLERANCE) * low <= said <= (1 + TOLERANCE) * high


def _span_ns(one: Slow, run: Run, way: str) -> tuple[int, int]:
    """Return what the middle half of the held packets took beyond the quickest.

    It is no single number: packets queue up behind a hold that ends, and which of them are resends, whose delays are
    not used, is chance.
    """
    truth = run.truth
    near, far = (one.hop, one.hop + 1) if way == "forward" else (one.hop + 1, one.hop)
    both = (truth.frame[:, near] > 0) & (truth.frame[:, far] > 0) & (truth.forward == (way == "forward"))
    took = truth.time_ns[both, far] - truth.time_ns[both, near]
    excess = took - took.min()
    low, high = np.percentile(excess[excess > NOTICE_NS], (25, 75))
    return int(low), int(high)


def _crossing(one: Slow, run: Run, way: str) -> tuple[np.ndarray, np.ndarray]:
    """Return when packets of a direction entered the hop, since the start, and which of them were held."""
    truth = run.truth
    near, far = (one.hop, one.hop + 1) if way == "forward" else (one.hop + 1, one.hop)
    both = (truth.frame[:, near] > 0) & (truth.frame[:, far] > 0) & (truth.forward == (way == "forward"))
    entered = np.sort(truth.time_ns[both, near] - one.world.epoch_ns)
    return entered, (entered >= one.begin_ns) & (entered < one.end_ns)


def _is_to_be_seen(one: Slow, run: Run) -> bool:
    held = [_crossing(one, run, way)[1] for way in one.ways]
    return all(min(int(some.sum()), int((~some).sum())) >= LEAST_HELD for some in held)


def _is_separable(one: Slow, run: Run, result: Correlation) -> bool:
    names = [vantage.name for vantage in result.vantages]
    order = [names[index] for index in result.path.order]
    if order != [tap.name for tap in one.world.taps]:
        return False
    place = result.path.order[one.hop]
    stamps = result.packets[place].columns.ts_ns
    _, lo, hi = result.clocks.hops[one.hop].offset_at(stamps)
    if bool(((lo > -UNBOUNDED) & (hi < UNBOUNDED)).all()) and one.extra_ns >= 2 * int(np.median(hi - lo)):
        return True
    return all(_is_bracketed(*_crossing(one, run, way)) for way in one.ways)


def _is_bracketed(entered: np.ndarray, held: np.ndarray) -> bool:
    free = entered[~held]
    at = np.searchsorted(free, entered[held])
    if not len(at) or at.min() == 0 or at.max() == len(free):
        return False
    return bool((free[at] - free[at - 1] <= 2 * NEAR_NS).all())
