"""How often the truth lies inside the joint bounds of three to six vantages.

``python -m tests.clocks.calibrate_joint [worlds] [first seed]`` prints the table of docs/clock-calibration-joint.md;
seeds from 500,000 on were never used for tuning.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from correlate.clocks import fit_clocks
from correlate.model.clocks import UNBOUNDED, ClockModel
from tests.clocks.joint_worlds import JointWorld, draw_joint_world
from tests.clocks.tables import path_of

HELD_OUT = 500_000
SLACK_NS = 3
"""Rounding of stamps, of float64 truths of days, and of bounds."""

KINDS = {
    "no mismatches, no steps": {},
    "0 to 0.3 % mismatches": {"mismatches": True},
    "one clock steps by 0.3 s to 1 h": {"steps": True},
}


@dataclass(frozen=True)
class Score:
    """How one world went."""

    seed: int
    inside: float
    """Share of judged packet times with the truth inside, over all vantages but the reference."""
    ratio: float
    """Median half width over the limit; nan when unbounded."""
    worst_ns: float
    named: int
    """1: the vantage that stepped is named, and no other; 0: nobody is; -1: another one is."""


def judge(world: JointWorld, seed: int = 0) -> Score:
    """Return the score of a world."""
    places = len(world.packets)
    clocks = fit_clocks(world.packets, world.match, path_of(*range(places)), world.ticks, reference=None)
    inside, ratios, worst = [], [], -np.inf
    for place in range(1, places):
        seen = np.flatnonzero(world.rows[:, place] >= 0)
        at = world.true_ns[seen, place]
        kept = world.judged(at)
        seen, at = seen[kept], at[kept]
        truth = world.offset(place, 0, at)
        local = at + np.rint(world.clocks[place].above(at, world.start_ns)).astype(np.int64)
        _, lo, hi = clocks.vantages[place].offset_at(local)
        miss = np.maximum(lo - truth, truth - hi)
        worst = max(worst, float(miss.max(initial=-np.inf)))
        inside.append((miss <= SLACK_NS).mean() if len(miss) else 1.0)
        bounded = (lo > -UNBOUNDED) & (hi < UNBOUNDED)
        ratios.append(np.median((hi - lo)[bounded] / 2.0 / world.limit_ns[place]) if bounded.any() else np.nan)
    return Score(seed, float(np.mean(inside)), float(np.nanmedian(ratios)), worst, _named(world, clocks))


def _named(world: JointWorld, clocks: ClockModel) -> int:
    owners = {step.vantages for clock in clocks.vantages for step in clock.steps}
    sure = {names[0] for names in owners if len(names) == 1}
    if world.step is None:
        return -1 if owners else 0
    return 1 if sure == {world.step[0]} else -1 if sure - {world.step[0]} else 0


def score(options: dict, seed: int) -> Score:
    """Return the score of a seed."""
    return judge(draw_joint_world(seed, **options), seed)


def row(name: str, scores: list[Score]) -> str:
    """Return one line of the table."""
    whole = sum(one.inside == 1 for one in scores)
    times = np.mean([one.inside for one in scores])
    ratio = np.nanmedian([one.ratio for one in scores])
    named, wrong = (sum(one.named == value for one in scores) for value in (1, -1))
    return f"| {name} | {len(scores)} | {whole} | {times:.3%} | {ratio:.3f} | {named} | {wrong} |"


HEAD = (
    "| worlds of 3 to 6 vantages | count | truth inside at all times (worlds) | truth inside (times) "
    "| half width / limit, median | stepper named | step blamed wrongly |\n|---|---|---|---|---|---|---|"
)

if __name__ == "__main__":
    worlds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else HELD_OUT
    print(HEAD)
    missed = []
    with ProcessPoolExecutor(2) as pool:
        for name, options in KINDS.items():
            many = worlds if not options else max(1, worlds // 4)
            found = list(pool.map(partial(score, options), range(first, first + many), chunksize=8))
            print(row(name, found), flush=True)
            missed += [f"{name}: {one}" for one in found if one.inside < 1 or one.named < 0]
    print("\n".join(missed), file=sys.stderr)
