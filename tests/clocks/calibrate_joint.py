"""How often the truth lies inside the joint bounds of three to six vantages.

``python -m tests.clocks.calibrate_joint`` writes docs/clock-calibration-joint.md; with ``[worlds] [first seed]`` it only
prints. Seeds from 600,000 on were never used for tuning, nor judged before.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from correlate.clocks import fit_clocks
from correlate.model.clocks import UNBOUNDED, ClockModel
from tests.clocks.joint_worlds import JointWorld, draw_joint_world
from tests.clocks.tables import path_of

HELD_OUT = 600_000
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

PAGE = Path(__file__).parents[2] / "docs" / "clock-calibration-joint.md"
TEXT = """# Calibration of the joint clock bounds

Written by `python -m tests.clocks.calibrate_joint`; do not edit. {count} simulated worlds with seeds from {first} on, never used while tuning: paths of
3 to 6 vantages, 100 to 20,000 packets within 2 s to 2 h, offsets to a day, skews to +-200 ppm that wander by up to 0.5 ppm, unequal floors of 20 us
to 20 ms, queues, route changes on 40 % of the paths, ticks to 15.6 ms, captures that miss 2 % in a third of the worlds, branches past an inner
vantage in half of them.

*Limit*: half of the least two-way transit to the first vantage that the packets seen allow along any way, what ticks leave open included; no method
can know an offset better. Times within 1 % of the duration plus 0.1 s around a true step are not judged: packets under way are on either side of it.
*Stepper named*: the vantage that stepped, and no other; *blamed wrongly*: a step told of a vantage that did not step, or in a world without steps.

{table}

Worlds in which the truth leaves the bounds somewhere, by how much, and what is known of them:

{missed}
"""


def run(worlds: int, first: int) -> str:
    """Return the page of so many worlds; kinds with options get a quarter of them each."""
    rows, missed, total = [HEAD], [], 0
    with ProcessPoolExecutor(2) as pool:
        for name, options in KINDS.items():
            many = max(1, worlds // 4) if options else worlds
            found = list(pool.map(partial(score, options), range(first, first + many), chunksize=8))
            rows.append(row(name, found))
            print(rows[-1], flush=True)
            total += many
            missed += [
                f"- {name}, seed {one.seed}: {1 - one.inside:.2%} of the times, by {one.worst_ns / 1e6:.3g} ms at most"
                for one in found
                if one.inside < 1
            ]
    return TEXT.format(count=total, first=first, table="\n".join(rows), missed="\n".join(missed) or "none.")


if __name__ == "__main__":
    is_whole = len(sys.argv) == 1
    page = run(1000 if is_whole else int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else HELD_OUT)
    if is_whole:
        PAGE.write_text(page, encoding="utf-8")
    else:
        print(page)
