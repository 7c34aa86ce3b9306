"""Paths of three to six vantages with known clocks, and the packets that each of them saw.

Nothing here knows how the estimator works: a world draws clocks, delays, branches and faults, and keeps the truth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from correlate.model.arrays import F64, I64
from correlate.model.matches import MatchTable
from correlate.model.packets import PacketTable
from tests.clocks.tables import match_table, packet_table

TICKS = (1_000, 1_000_000, 15_625_000)


@dataclass(frozen=True)
class JointWorld:
    """Times in ns. Vantages stand in path order."""

    packets: list[PacketTable]
    match: MatchTable
    ticks: list[int]
    start_ns: int
    true_ns: I64
    """Shape (packets, vantages): when each passed each vantage (or would have)."""
    rows: I64
    clocks: list[_Clock]
    step: tuple[int, float, float] | None
    """(vantage, seconds after start, ns)."""
    mismatches: int
    limit_ns: F64
    """Per vantage: half of the least two-way transit to the first one that the packets seen allow, ticks included."""

    def offset(self, place: int, reference: int, true_ns: I64) -> F64:
        """Return the true offset of one clock against another at true times."""
        return self.clocks[place].above(true_ns, self.start_ns) - self.clocks[reference].above(true_ns, self.start_ns)

    def judged(self, true_ns: I64) -> np.ndarray:
        """Return which times are far enough from a step to be judged (1 % of the time and 0.1 s)."""
        if self.step is None:
            return np.ones(len(true_ns), bool)
        x = (true_ns - self.start_ns) / 1e9
        return np.abs(x - self.step[1]) > 0.01 * np.ptp(x) + 0.1


@dataclass(frozen=True)
class _Clock:
    base_ns: int
    skew_ppm: float
    wave: tuple[float, float, float]
    step: tuple[float, float] | None = None

    def above(self, true_ns: I64, start_ns: int) -> F64:
        """Return local minus true time; float64 holds days to the nanosecond."""
        x = (true_ns - start_ns) / 1e9
        ppm, period, phase = self.wave
        value = self.base_ns + self.skew_ppm * 1e3 * x
        value = value + ppm * 1e3 * period / (2 * np.pi) * np.sin(2 * np.pi * x / period + phase)
        return value + np.where(x > self.step[0], self.step[1], 0.0) if self.step else value


def draw_joint_world(seed: int, *, steps: bool = False, mismatches: bool = False) -> JointWorld:
    """Return the world of a seed: ``steps``: one clock steps by far more than any delay."""
    rng = np.random.default_rng(seed)
    places = int(rng.integers(3, 7))
    count = int(np.exp(rng.uniform(np.log(100), np.log(20_000))))
    duration = float(np.exp(rng.uniform(np.log(2), np.log(7_200))))
    start = 1_700_000_000_000_000_000 + int(rng.integers(0, 10**15))
    outbound = rng.random(count) < rng.uniform(0.25, 0.75)
    true = start + np.rint(_passing(rng, count, duration, outbound, places) * 1e9).astype(np.int64)
    stepper = int(rng.integers(places))
    step = (
        float(rng.uniform(0.1, 0.9) * duration),
        float(rng.choice((-1, 1)) * np.exp(rng.uniform(np.log(3e8), np.log(3.6e12)))),
    )
    clocks = [
        _Clock(
            int(rng.integers(-86_400, 86_400)) * 10**9 + int(rng.integers(10**9)),
            float(rng.uniform(-200, 200)),
            (float(rng.uniform(0, 0.5)), float(rng.uniform(200, 2_000)), float(rng.uniform(0, 6))),
            step if steps and place == stepper else None,
        )
        for place in range(places)
    ]
    ticks = [int(rng.choice(TICKS, p=(0.85, 0.1, 0.05))) for _ in range(places)]
    seen = _seen(rng, count, places)
    stamps = []
    for place, (clock, tick) in enumerate(zip(clocks, ticks, strict=True)):
        local = true[:, place] + np.rint(clock.above(true[:, place], start)).astype(np.int64)
        stamps.append(local // tick * tick)
    rows = np.full((count, places), -1, np.int64)
    packets, wrong = [], 0
    share = rng.uniform(0, 0.003) if mismatches else 0.0
    for place in range(places):
        # A capture holds its packets in the order in which they passed.
        held = np.flatnonzero(seen[:, place])
        order = held[np.argsort(true[held, place], kind="stable")]
        rows[order, place] = np.arange(len(order))
        packets.append(packet_table(stamps[place][order]))
        for packet in np.flatnonzero((rng.random(count) < share) & seen[:, place]).tolist():
            other = int(np.clip(rows[packet, place] + rng.choice((-1, 1)) * rng.integers(1, 20), 0, len(order) - 1))
            rows[packet, place], wrong = other, wrong + 1
    return JointWorld(
        packets=packets,
        match=match_table(rows, outbound),
        ticks=ticks,
        start_ns=start,
        true_ns=true,
        rows=rows,
        clocks=clocks,
        step=(stepper, *step) if steps else None,
        mismatches=wrong,
        limit_ns=_limits(true, seen, outbound, ticks),
    )


def _passing(rng: np.random.Generator, count: int, duration: float, outbound: np.ndarray, places: int) -> F64:
    """Return when each packet passes each vantage, s: floors per hop and direction, queues, sometimes a slower route."""
    x = np.sort(rng.uniform(0, duration, count))
    hops = places - 1
    floors = np.exp(rng.uniform(np.log(2e-5), np.log(2e-2), (2, hops)))
    queue = np.exp(rng.uniform(np.log(1e-6), np.log(2e-3), hops))
    load = 0.5 + 0.5 * np.sin(2 * np.pi * x / rng.uniform(duration / 20, duration) + rng.uniform(0, 6))
    took = np.where(outbound[:, None], floors[0], floors[1])
    took = took + rng.exponential(1.0, (count, hops)) * queue * load[:, None] * (rng.random((count, hops)) > 0.2)
    if rng.random() < 0.4:
        hop, begin = int(rng.integers(hops)), rng.uniform(0, duration)
        which = outbound if rng.random() < 0.5 else ~outbound
        took[:, hop] += np.where(which & (x > begin), floors[:, hop].sum() * rng.uniform(0.1, 2), 0.0)
    ahead = np.concatenate((np.zeros((count, 1)), np.cumsum(took, axis=1)), axis=1)
    back = ahead[:, -1:] - ahead
    return x[:, None] + np.where(outbound[:, None], ahead, back)


def _seen(rng: np.random.Generator, count: int, places: int) -> np.ndarray:
    """Return which packets each vantage records: a few missed ones, and in some worlds branches past inner vantages."""
    seen = rng.random((count, places)) >= rng.choice((0.0, 0.0, 0.02))
    if rng.random() < 0.5:
        branch = rng.random(count) < rng.uniform(0.1, 0.9)
        past = int(rng.integers(1, places - 1)) if places > 2 else 0
        seen[branch, past] = False
    if rng.random() < 0.3:  # most packets end or begin halfway
        seen[rng.random(count) < 0.7, places - 1] = False
    return seen


def _limits(true: I64, seen: np.ndarray, outbound: np.ndarray, ticks: list[int]) -> F64:
    places = true.shape[1]
    least = np.full((places, places), np.inf)
    np.fill_diagonal(least, 0.0)
    for a in range(places):
        for b in range(places):
            used = seen[:, a] & seen[:, b] & (outbound == (a < b))
            if a != b and used.any():
                # Stamps are cut: a packet may have come up to one tick of the later place after its stamp.
                least[a, b] = (true[used, b] - true[used, a]).min() + ticks[b]
    for via in range(places):
        least = np.minimum(least, least[:, via, None] + least[None, via])
    return (least[0] + least[:, 0]) / 2
