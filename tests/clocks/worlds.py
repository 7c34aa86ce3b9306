"""Two clocks with a known difference, and the packets seen by both.

Nothing here knows how the estimator works: a world draws its clocks, delays and faults, and keeps the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from correlate.model.arrays import F64, I64, frozen
from correlate.model.clocks import AnchorTable

TICKS = (1_000, 1_000_000, 15_625_000)


@dataclass(frozen=True)
class World:
    """One pair of vantages; times in ns on the up clock, offsets down minus up in ns."""

    anchors: AnchorTable
    tick_ns: int
    start_ns: int
    base_ns: int
    skew_ppm: float
    waves: list[tuple[float, float, float]] = field(default_factory=list)
    """(amplitude of the skew in ppm, period s, phase)."""
    step: tuple[float, float] | None = None
    """(seconds after start, ns)."""
    mismatches: int = 0
    routes: int = 0
    limit_ns: float = 0.0
    """Half of the least two-way transit that really occurred, plus a tick."""

    def truth(self, up_ns: I64) -> F64:
        """Return the true offset above ``base_ns``."""
        return _offset((up_ns - self.start_ns) / 1e9, self.skew_ppm, self.waves, self.step)

    def judged(self, up_ns: I64) -> np.ndarray:
        """Return which times are far enough from a step to be judged (1 % of the time and 0.1 s)."""
        if self.step is None:
            return np.ones(len(up_ns), bool)
        x = (up_ns - self.start_ns) / 1e9
        return np.abs(x - self.step[0]) > 0.01 * np.ptp(x) + 0.1


def _offset(x: F64, skew_ppm: float, waves: list, step: tuple[float, float] | None) -> F64:
    value = skew_ppm * 1e3 * x
    for ppm, period, phase in waves:
        value = value + ppm * 1e3 * period / (2 * np.pi) * np.sin(2 * np.pi * x / period + phase)
    if step is not None:
        value = value + np.where(x > step[0], step[1], 0.0)
    return value


def draw_world(seed: int, *, steps: bool = True, mismatches: bool = True, count: int | None = None) -> World:
    """Return the world of a seed."""
    rng = np.random.default_rng(seed)
    count = count or int(np.exp(rng.uniform(np.log(2), np.log(20_000))))
    duration = float(np.exp(rng.uniform(np.log(0.5), np.log(14_400))))
    x = np.sort(_send_times(rng, count, duration))
    forward = rng.random(count) < rng.uniform(0.2, 0.8)
    forward[:2] = [True, False]
    skew = float(rng.uniform(-200, 200))
    waves = [(rng.uniform(0, 1.0), rng.uniform(200, 2_000), rng.uniform(0, 6)) for _ in range(int(rng.integers(0, 3)))]
    has_step = steps and rng.random() < 0.5
    size = float(rng.choice((-1, 1)) * np.exp(rng.uniform(np.log(1e4), np.log(3.6e12))))
    step = (float(rng.uniform(0.05, 0.95) * duration), size) if has_step else None
    delay, routes = _delays(rng, x, forward, duration)
    start = 1_700_000_000_000_000_000 + int(rng.integers(0, 10**15))
    base = int(rng.integers(-5 * 86_400 * 10**9, 5 * 86_400 * 10**9))
    # A forward packet passes up at x and down at x + delay; a reverse one passes down first.
    at_down = np.where(forward, x + delay, x - delay)
    up = start + np.rint(x * 1e9).astype(np.int64)
    down = start + base + np.rint(at_down * 1e9 + _offset(at_down, skew, waves, step)).astype(np.int64)
    tick_up, tick_down = (int(rng.choice(TICKS, p=(0.8, 0.1, 0.1))) for _ in range(2))
    wrong = np.flatnonzero(rng.random(count) < rng.uniform(0, 0.003)) if mismatches else np.zeros(0, np.int64)
    for row in wrong:
        other = int(np.clip(row + rng.choice((-1, 1)) * rng.integers(1, 20), 0, count - 1))
        down[row] = down[other]
    anchors = AnchorTable(
        up_ns=frozen(up // tick_up * tick_up),
        down_ns=frozen(down // tick_down * tick_down),
        direction=frozen(np.where(forward, 1, -1), np.int8),
        packet=frozen(np.arange(count)),
    )
    tick = max(tick_up, tick_down)
    limit = (delay[forward].min() + delay[~forward].min()) * 5e8 + tick
    return World(anchors, tick, start, base, skew, waves, step, len(wrong), routes, float(limit))


def _send_times(rng: np.random.Generator, count: int, duration: float) -> F64:
    """Return even, or bursty, times."""
    if rng.random() < 0.5:
        return rng.uniform(0, duration, count)
    bursts = rng.uniform(0, duration, max(1, count // 40))
    times = rng.choice(bursts, count) + rng.exponential(min(0.2, duration / 50), count)
    return np.minimum(times, duration) + rng.uniform(0, 1e-6, count)


def _delays(rng: np.random.Generator, x: F64, forward: np.ndarray, duration: float) -> tuple[F64, int]:
    """Return delays in s: a floor per direction, queues that come and go, and route changes."""
    floors = np.exp(rng.uniform(np.log(2e-5), np.log(3e-2), 2))
    delay = np.where(forward, floors[0], floors[1])
    load = 0.5 + 0.5 * np.sin(2 * np.pi * x / rng.uniform(duration / 20, duration) + rng.uniform(0, 6))
    queue = float(np.exp(rng.uniform(np.log(1e-6), np.log(5e-3))))
    delay = delay + rng.exponential(queue, len(x)) * load * (rng.random(len(x)) > 0.2)
    routes = int(rng.choice((0, 0, 1, 2)))
    for _ in range(routes):
        which = forward if rng.random() < 0.5 else ~forward
        extra = float(floors.sum() * rng.uniform(0.1, 2))
        begin = rng.uniform(0, duration)
        delay = delay + extra * (which & (x > begin))
    return delay, routes
