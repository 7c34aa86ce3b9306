"""How often the truth lies inside the stated bounds, and which steps are found, over many drawn worlds.

``python -m tests.clocks.calibrate`` judges the held-out worlds and writes ``docs/clock-calibration.md``;
``python -m tests.clocks.calibrate WORLDS FIRST_SEED`` prints the same table and lists what went wrong (for tuning: seeds
below 100,000 only).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from correlate.clocks.hop import HopFit, fit_hop
from correlate.model.arrays import I64
from correlate.model.bounds import ClockBreak
from correlate.model.clocks import UNBOUNDED, read_curve
from tests.clocks.worlds import World, draw_world

HELD_OUT = 600_000
"""No seed from here on was looked at while tuning; those from 500,000 on were judged before."""

WORLDS = 1_200
SLACK_NS = 2
"""Rounding of stamps and bounds."""

TABLE = Path(__file__).parents[2] / "docs" / "clock-calibration.md"

HEAD = """# Calibration of one pair of clocks

Written by `python -m tests.clocks.calibrate`: {count:,} worlds of `tests/clocks/worlds.py`, seeds from {first:,} on, none of
them looked at while tuning. *Limit* is half of the least two-way transit plus the mean of both ticks. Times within 1 % of
the capture and 0.1 s of a true step are not judged; slews are. A step counts as found if the fit names a step, or a
movement with its time, there.

"""


@dataclass(frozen=True)
class StepScore:
    """How one true step fared."""

    size_ns: float
    is_decided: bool
    """No clock of constant skew within 1000 ppm fits the corridors before and after it."""
    is_known_decided: bool
    """The corridors are disjoint for who knows all else of the clock's course, its skew included."""
    is_plain: bool
    """Above twice the least two-way transit, with packets of both directions within 1 s on both sides."""
    is_found: bool
    is_silent: bool
    """It fell into a silence of more than 1 s."""


@dataclass(frozen=True)
class Score:
    """How one world went."""

    seed: int
    packets: int
    tick_ns: int
    inside: float
    """Share of judged packet times with the truth inside, on the worse of both clocks."""
    ratio: float
    """Median half width over the identifiability limit; nan when unbounded."""
    worst_ns: float
    steps: tuple[StepScore, ...]
    false_proven: int
    false_likely: int
    slews: int
    routes: int
    mismatches: int


def judge(world: World, seed: int = 0) -> Score:
    """Return the score of a world."""
    fit = fit_hop(world.anchors, *world.ticks_ns)
    up = np.unique(world.anchors.up_ns)
    up = up[world.judged(up)]
    inside, worst = _coverage(world, fit, up)
    _, lo, hi = read_curve(fit.clock.curve, 0, up)
    half = np.where((lo > -UNBOUNDED) & (hi < UNBOUNDED), (hi - lo) / 2.0, np.nan) / world.limit_ns
    known = half[~np.isnan(half)]
    false = [step.grade for step in fit.clock.steps if not _is_real(world, fit, step.at_ns)]
    return Score(
        seed=seed,
        packets=len(world.anchors.packet),
        tick_ns=world.tick_ns,
        inside=inside,
        ratio=float(np.median(known)) if len(known) else np.nan,
        worst_ns=worst,
        steps=tuple(_step_score(world, fit, index) for index in range(len(world.clock.steps))),
        false_proven=false.count("proven"),
        false_likely=len(false) - false.count("proven"),
        slews=len(world.clock.slews),
        routes=world.routes,
        mismatches=world.mismatches,
    )


def _coverage(world: World, fit: HopFit, up: I64) -> tuple[float, float]:
    """Return the share of times with the truth inside, and the worst miss, on the worse of both clocks."""
    truth = world.truth(up) + (world.base_ns - fit.clock.base_ns)
    down = up + fit.clock.base_ns + np.rint(truth).astype(np.int64)
    shares, worst = [1.0], 0.0
    for curve, at in ((fit.clock.curve, up), (fit.over_down, down)):
        _, lo, hi = read_curve(curve, 0, at)
        miss = np.maximum(lo - truth, truth - hi)
        worst = max(worst, float(miss.max(initial=-UNBOUNDED)))
        shares.append(float((miss <= SLACK_NS).mean()) if len(up) else 1.0)
    return min(shares), worst


def _bracket(fit: HopFit, at_ns: int) -> ClockBreak:
    """Return the break that a reported step stands in."""
    return min(fit.clock.evidence.breaks, key=lambda b: abs((b.from_ns + b.to_ns) // 2 - at_ns))


def _is_real(world: World, fit: HopFit, at_ns: int) -> bool:
    """Return whether a true step lies in the bracket of a reported one, or within what is not judged around it."""
    bracket = _bracket(fit, at_ns)
    margin = 0.01 * np.ptp(world.seconds(world.anchors.up_ns)) + 0.1
    first, last = world.seconds(np.array([bracket.from_ns, bracket.to_ns]))
    return any(first - margin <= at <= last + margin for at, _ in world.clock.steps)


def _step_score(world: World, fit: HopFit, index: int) -> StepScore:
    at, size = world.clock.steps[index]
    x = world.seconds(world.anchors.up_ns)
    margin = 0.01 * np.ptp(x) + 0.1
    ends = [-np.inf, *(s for s, _ in world.clock.steps), np.inf]
    forward = world.anchors.direction > 0
    sent, arrived = np.where(forward, x, x - world.flight), np.where(forward, x + world.flight, x)
    arrived = arrived + world.tick_ns / 1e9  # stamps are cut by up to a tick
    before, after = (sent > ends[index]) & (arrived <= at), (sent > at) & (arrived <= ends[index + 2])
    near = [np.any(side & (np.abs(x - at) <= 1.0) & way) for side in (before, after) for way in (forward, ~forward)]
    found = False
    for bracket in fit.clock.evidence.breaks:
        first, last = world.seconds(np.array([bracket.from_ns, bracket.to_ns]))
        found |= bracket.kind != "suspected" and bool(first - margin <= at <= last + margin)
    gap = x[after].min(initial=np.inf) - x[before].max(initial=-np.inf)
    return StepScore(
        size_ns=size,
        is_decided=_is_decided(world, size, before, after),
        is_known_decided=_is_known_decided(world, size, before, after),
        is_plain=bool(all(near) and abs(size) > 2 * world.least_two_way_ns + 2 * world.tick_ns),
        is_found=bool(found),
        is_silent=bool(gap > 1),
    )


def _is_known_decided(world: World, size: float, before: np.ndarray, after: np.ndarray) -> bool:
    """Return whether corridors before and after a step, freed of all other movement, have nothing in common."""
    excess, forward = world.excess(), world.anchors.direction > 0
    rising = forward if size > 0 else ~forward
    early = excess[before & rising].min(initial=np.inf)
    late = excess[after & ~rising].min(initial=np.inf)
    return bool(abs(size) > early + late)


def _is_decided(world: World, size: float, before: np.ndarray, after: np.ndarray) -> bool:
    """Return whether no straight line keeps the bounds of a clock that only makes this step.

    Room as a function of the skew is concave, so a ternary search finds its maximum.
    """
    x, excess, forward = world.seconds(world.anchors.up_ns), world.excess(), world.anchors.direction > 0
    upper = (excess + size * after)[forward & (before | after)]
    lower = (size * after - excess)[~forward & (before | after)]
    upper_x, lower_x = x[forward & (before | after)], x[~forward & (before | after)]
    if not len(upper) or not len(lower):
        return False

    def room(skew: float) -> float:
        return float((upper - skew * upper_x).min() - (lower - skew * lower_x).max())

    low, high = -1e6, 1e6
    for _ in range(80):
        third = (high - low) / 3
        low, high = (low + third, high) if room(low + third) < room(high - third) else (low, high - third)
    return room((low + high) / 2) < 0


def judge_seed(seed: int) -> Score:
    """Return the score of the world of a seed."""
    return judge(draw_world(seed), seed)


def judge_all(first: int, worlds: int) -> list[Score]:
    """Return the scores of consecutive seeds."""
    with Pool() as pool:
        return pool.map(judge_seed, range(first, first + worlds), chunksize=16)


def table(scores: list[Score]) -> str:
    """Return the calibration table."""
    groups = {
        "all": scores,
        "neither step, slew nor wrong match": [s for s in scores if not (s.steps or s.slews or s.mismatches)],
        "wrong matches, neither step nor slew": [s for s in scores if s.mismatches and not (s.steps or s.slews)],
        "slews, no step": [s for s in scores if s.slews and not s.steps],
        "steps": [s for s in scores if s.steps],
        "route changes": [s for s in scores if s.routes],
        "ticks of 1 us": [s for s in scores if s.tick_ns == 1_000],
        "ticks of 1 to 15.625 ms": [s for s in scores if s.tick_ns > 1_000],
        "2 to 30 packets": [s for s in scores if s.packets <= 30],
        "31 to 1,000 packets": [s for s in scores if 30 < s.packets <= 1000],
        "above 1,000 packets": [s for s in scores if s.packets > 1000],
    }
    lines = [
        "| worlds | count | truth inside: worlds | truth inside: times | median half width / limit |",
        "|---|---|---|---|---|",
    ]
    for name, group in groups.items():
        if group:
            whole, times = np.mean([s.inside == 1 for s in group]), np.mean([s.inside for s in group])
            ratio = np.nanmedian([s.ratio for s in group])
            lines.append(f"| {name} | {len(group):,} | {whole:.2%} | {times:.3%} | {ratio:.3f} |")
    steps = [step for s in scores for step in s.steps]
    kinds = {
        "decided by the evidence (no line within 1000 ppm fits)": [s for s in steps if s.is_decided],
        "decided for who knows the clock's skew and wander": [s for s in steps if s.is_known_decided],
        "above twice the least two-way transit, both directions within 1 s": [s for s in steps if s.is_plain],
        "in a silence of more than 1 s, decided": [s for s in steps if s.is_silent and s.is_decided],
        "all": steps,
    }
    lines += ["", "| steps | count | found |", "|---|---|---|"]
    for name, kind in kinds.items():
        lines.append(f"| {name} | {len(kind):,} | {np.mean([s.is_found for s in kind] or [np.nan]):.2%} |")
    routes, slews = sum(s.routes for s in scores), sum(s.slews for s in scores)
    lines += [
        "",
        f"Steps reported where there was none, over {routes:,} route changes and {slews:,} slews:",
        f"{sum(s.false_proven for s in scores)} `proven`, {sum(s.false_likely for s in scores)} of lower grade.",
    ]
    return "\n".join(lines)


def main() -> None:
    """Judge and print, or write the committed table."""
    if len(sys.argv) == 3:
        scores = judge_all(int(sys.argv[2]), int(sys.argv[1]))
        print(table(scores))
        for score in scores:
            missed = [step for step in score.steps if step.is_decided and not step.is_found]
            if score.inside < 1 or score.false_proven or score.false_likely or missed:
                print(score)
        return
    text = HEAD.format(count=WORLDS, first=HELD_OUT) + table(judge_all(HELD_OUT, WORLDS)) + "\n"
    TABLE.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
