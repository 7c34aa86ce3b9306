"""Two clocks with a known difference, and the packets seen by both.

Nothing here knows how the estimator works: a world draws its clocks, delays and faults, and keeps the truth. What is
drawn is what issue and limitations speak of: skews to 500 ppm with wander, up to 3 steps (some in silence), slews as
ntpd and chrony make them, route changes in one or both directions, queues of one direction and common to both,
unequal floors, ticks to 15.625 ms, wrong matches, 2 to 200,000 packets in even or bursty traffic, silences, one
direction only, lone handshakes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from correlate.model.arrays import F64, I64, frozen
from correlate.model.clocks import AnchorTable

TICKS = (1_000, 1_000_000, 15_625_000)
TICK_ODDS = (0.7, 0.1, 0.1, 0.1)
DAYS = 86_400 * 10**9
SMALLEST_STEP, LARGEST_STEP = 1e4, 3.6e12
"""10 us to an hour, ns; every size in between equally likely on a logarithmic scale."""


@dataclass(frozen=True)
class TrueClock:
    """Down clock minus up clock, ns, as a function of the up clock, s since the start."""

    skew_ppm: float = 0.0
    waves: tuple[tuple[float, float, float], ...] = ()
    """(amplitude of the skew in ppm, period s, phase)."""
    steps: tuple[tuple[float, float], ...] = ()
    """(s, ns)."""
    slews: tuple[tuple[float, float, float], ...] = ()
    """(from s, to s, ppm)."""

    def smooth(self, x: F64) -> F64:
        """Return the offset without the steps."""
        value = self.skew_ppm * 1e3 * x
        for ppm, period, phase in self.waves:
            value = value + ppm * 1e3 * period / (2 * np.pi) * np.sin(2 * np.pi * x / period + phase)
        for begin, end, ppm in self.slews:
            value = value + ppm * 1e3 * (np.clip(x, begin, end) - begin)
        return value

    def offset(self, x: F64) -> F64:
        """Return the offset."""
        value = self.smooth(x)
        for at, size in self.steps:
            value = value + np.where(x > at, size, 0.0)
        return value


@dataclass(frozen=True)
class World:
    """One pair of vantages; stamps in ns on their own clocks."""

    anchors: AnchorTable
    ticks_ns: tuple[int, int]
    """Of the up and the down clock."""
    start_ns: int
    base_ns: int
    clock: TrueClock
    is_wrong: NDArray[np.bool_]
    """Per anchor: a wrong match."""
    flight: F64
    """Per anchor: time under way between the vantages, s."""
    routes: int
    """Changes of the floor of one or both directions."""
    least_two_way_ns: float
    """Least delay there plus least delay back that really occurred; nan for one-way traffic."""

    @property
    def tick_ns(self) -> int:
        """The coarser tick."""
        return max(self.ticks_ns)

    @property
    def mismatches(self) -> int:
        """Wrong matches."""
        return int(np.count_nonzero(self.is_wrong))

    def seconds(self, up_ns: I64) -> F64:
        """Return stamps of the up clock as s since the start."""
        return (up_ns - self.start_ns) / 1e9

    def truth(self, up_ns: I64) -> F64:
        """Return the true offset above ``base_ns``."""
        return self.clock.offset(self.seconds(up_ns))

    def excess(self) -> F64:
        """Return, per anchor, how far outside the true offset its bound lies, ticks included; wrong ones: infinite."""
        anchors, (up_tick, down_tick) = self.anchors, self.ticks_ns
        sign = anchors.direction.astype(np.int64)
        apart = sign * ((anchors.down_ns - anchors.up_ns - self.base_ns) - self.truth(anchors.up_ns))
        return np.where(self.is_wrong, np.inf, apart + np.where(sign > 0, down_tick, up_tick))

    @property
    def limit_ns(self) -> float:
        """Half of the least two-way transit, and of what the ticks leave open: no method can know the offset better."""
        return (self.least_two_way_ns + sum(self.ticks_ns)) / 2

    def judged(self, up_ns: I64) -> NDArray[np.bool_]:
        """Return which times are far enough from any step to be judged (1 % of the time and 0.1 s)."""
        x = self.seconds(up_ns)
        near = 0.01 * np.ptp(self.seconds(self.anchors.up_ns)) + 0.1
        return np.all([np.abs(x - at) > near for at, _ in self.clock.steps] or [np.ones(len(x), bool)], axis=0)


def draw_world(
    seed: int, *, steps: bool = True, slews: bool | None = None, mismatches: bool = True, count: int | None = None
) -> World:
    """Return the world of a seed; what is switched off does not occur in it, and without steps no slews do."""
    slews = steps if slews is None else slews
    rng = np.random.default_rng(seed)
    duration = float(np.exp(rng.uniform(np.log(0.5), np.log(14_400))))
    x, forward, silences = _traffic(rng, count, duration)
    clock = _draw_clock(rng, duration, silences, steps=steps, slews=slews)
    delay, routes = _delays(rng, x, forward, duration)
    start = 1_700_000_000_000_000_000 + int(rng.integers(0, 10**15))
    base = int(rng.integers(-5 * DAYS, 5 * DAYS))
    # A forward packet passes up at x and down at x + delay; a reverse one passes down first.
    at_down = np.where(forward, x + delay, x - delay)
    up = start + np.rint(x * 1e9).astype(np.int64)
    down = start + base + np.rint(at_down * 1e9 + clock.offset(at_down)).astype(np.int64)
    ticks = tuple(int(rng.choice((*TICKS, 10_000_000), p=TICK_ODDS)) for _ in range(2))
    wrong = rng.random(len(x)) < rng.uniform(0, 0.003) * mismatches
    for row in np.flatnonzero(wrong):
        other = int(np.clip(row + rng.choice((-1, 1)) * rng.integers(1, 20), 0, len(x) - 1))
        down[row] = down[other]
    anchors = AnchorTable(
        up_ns=frozen(up // ticks[0] * ticks[0]),
        down_ns=frozen(down // ticks[1] * ticks[1]),
        direction=frozen(np.where(forward, 1, -1), np.int8),
        packet=frozen(np.arange(len(x))),
    )
    least = (delay[forward].min(initial=np.inf) + delay[~forward].min(initial=np.inf)) * 1e9
    return World(
        anchors, (ticks[0], ticks[1]), start, base, clock, wrong, delay, routes, least if least < np.inf else np.nan
    )


Silences = list[tuple[float, float]]


def _traffic(rng: np.random.Generator, count: int | None, duration: float) -> tuple[F64, NDArray[np.bool_], Silences]:
    """Return when packets pass the up vantage, s, which go forward, and when none do."""
    kind = rng.random()
    count = count or int(np.exp(rng.uniform(np.log(2), np.log(200_000))))
    if kind < 0.03:  # a lone handshake: SYN, SYN-ACK, ACK within a moment
        x = np.cumsum(np.concatenate(([rng.uniform(0, duration)], rng.exponential((0.03, 1e-4)))))
        return x, np.array([True, False, True]), []
    x = np.sort(_send_times(rng, count, duration))
    silences: Silences = []
    if rng.random() < 0.3:
        begin = rng.uniform(0.05, 0.7) * duration
        silences = [(begin, begin + rng.uniform(0.05, 0.3) * duration)]
        kept = (x < silences[0][0]) | (x > silences[0][1])
        x = x[kept] if np.count_nonzero(kept) > 1 else x
    forward = rng.random(len(x)) < rng.uniform(0.2, 0.8)
    forward[:2] = [True, False]
    if rng.random() < 0.1:  # one direction falls silent for a while, or from some time on
        begin, end = np.sort(rng.uniform(0, 1.3, 2)) * duration
        gone = (x > begin) & (x < end) & (forward == (rng.random() < 0.5))
        gone[:2] = False
        x, forward = x[~gone], forward[~gone]
    if kind > 0.97:
        forward = np.full(len(x), rng.random() < 0.5)
    return x, forward, silences


def _send_times(rng: np.random.Generator, count: int, duration: float) -> F64:
    """Return even, or bursty, times."""
    if rng.random() < 0.5:
        return rng.uniform(0, duration, count)
    bursts = rng.uniform(0, duration, max(1, count // 40))
    times = rng.choice(bursts, count) + rng.exponential(min(0.2, duration / 50), count)
    return np.minimum(times, duration) + rng.uniform(0, 1e-6, count)


def _draw_clock(
    rng: np.random.Generator, duration: float, silences: Silences, *, steps: bool, slews: bool
) -> TrueClock:
    skew = float(rng.uniform(-50, 50) if rng.random() < 0.5 else rng.uniform(-500, 500))
    waves = tuple((rng.uniform(0, 1.0), rng.uniform(200, 2_000), rng.uniform(0, 6)) for _ in range(rng.integers(0, 3)))
    jumps = []
    for _ in range(int(rng.choice((0, 1, 2, 3), p=(0.45, 0.3, 0.15, 0.1)))):
        at = rng.uniform(*silences[0]) if silences and rng.random() < 0.5 else rng.uniform(0.05, 0.95) * duration
        size = rng.choice((-1, 1)) * np.exp(rng.uniform(np.log(SMALLEST_STEP), np.log(LARGEST_STEP)))
        jumps.append((float(at), float(size)))
    slewing = []
    if rng.random() < 0.15:
        is_chrony = rng.random() < 0.5
        ppm = np.exp(rng.uniform(np.log(1_000), np.log(83_333))) if is_chrony else 500.0 - abs(skew)
        length = rng.uniform(0.2, 5) if is_chrony else rng.uniform(30, 600)
        begin = rng.uniform(0, 0.9) * duration
        slewing.append((float(begin), float(min(begin + length, duration)), float(rng.choice((-1, 1)) * ppm)))
    return TrueClock(skew, waves, tuple(sorted(jumps)) if steps else (), tuple(slewing) if slews else ())


def _delays(rng: np.random.Generator, x: F64, forward: NDArray[np.bool_], duration: float) -> tuple[F64, int]:
    """Return delays in s (a floor per direction, queues of one and of both directions, routes) and the route changes."""
    floors = np.exp(rng.uniform(np.log(2e-5), np.log(3e-2), 2))
    delay = np.where(forward, floors[0], floors[1])
    load = 0.5 + 0.5 * np.sin(2 * np.pi * x / rng.uniform(duration / 20, duration) + rng.uniform(0, 6))
    queue = float(np.exp(rng.uniform(np.log(1e-6), np.log(5e-3))))
    delay = delay + rng.exponential(queue, len(x)) * load * (rng.random(len(x)) > 0.2)
    if rng.random() < 0.2:  # a queue that both directions share, for a while
        begin, end = np.sort(rng.uniform(0, duration, 2))
        delay = delay + np.exp(rng.uniform(np.log(1e-4), np.log(0.1))) * ((x > begin) & (x < end))
    routes = int(rng.choice((0, 1, 2), p=(0.6, 0.25, 0.15)))
    for _ in range(routes):
        is_after = x > rng.uniform(0, duration)
        which = rng.choice(("forward", "reverse", "both", "swapped"), p=(0.35, 0.35, 0.2, 0.1))
        extra = floors.sum() * rng.uniform(0.1, 2, 2)
        if which == "swapped":  # one way becomes longer, the other shorter, never below half of its floor
            gain = int(rng.random() < 0.5)
            extra[1 - gain] = -0.5 * floors[1 - gain] * rng.random()
        extra *= [which != "reverse", which != "forward"]
        delay = delay + is_after * np.where(forward, extra[0], extra[1])
    return np.maximum(delay, 1e-6), routes
