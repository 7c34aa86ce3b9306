"""Print how often the truth lies inside the stated bounds: ``python -m tests.clocks.calibrate [worlds] [first seed]``."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

from correlate.clocks.hop import fit_hop
from correlate.model.clocks import UNBOUNDED, read_curve
from tests.clocks.worlds import World, draw_world

SLACK_NS = 2
"""Rounding of stamps and bounds."""


@dataclass(frozen=True)
class Score:
    """How one world went."""

    inside: float
    """Share of judged packet times with the truth inside, on the worse of both clocks."""
    ratio: float
    """Median half width over the identifiability limit; nan when unbounded."""
    narrowest: float
    steps: int
    has_step: bool
    is_decided: bool
    """The evidence alone refutes a clock without the step, for who knows everything else."""
    mismatches: int
    worst_ns: float


def judge(world: World) -> Score:
    """Return the score of a world."""
    fit = fit_hop(world.anchors, world.tick_ns)
    up = np.unique(world.anchors.up_ns)
    up = up[world.judged(up)]
    truth = world.truth(up) + (world.base_ns - fit.clock.base_ns)
    shares, worst = [], 0.0
    down = up + fit.clock.base_ns + np.rint(truth).astype(np.int64)
    for curve, at in ((fit.clock.curve, up), (fit.over_down, down)):
        _, lo, hi = read_curve(curve, 0, at)
        miss = np.maximum(lo - truth, truth - hi)
        worst = max(worst, float(miss.max(initial=-UNBOUNDED)))
        shares.append(float((miss <= SLACK_NS).mean()) if len(up) else 1.0)
    _, lo, hi = read_curve(fit.clock.curve, 0, up)
    half = np.where((lo > -UNBOUNDED) & (hi < UNBOUNDED), (hi - lo) / 2.0, np.nan) / world.limit_ns
    known = half[~np.isnan(half)]
    ratio, narrowest = (float(np.median(known)), float(known.min())) if len(known) else (np.nan, np.nan)
    steps = len(fit.clock.steps)
    has_step = world.step is not None
    return Score(min(shares), ratio, narrowest, steps, has_step, is_decided(world), world.mismatches, worst)


def is_decided(world: World) -> bool:
    """Return whether the corridors before and after the step, without it, have nothing in common."""
    if world.step is None:
        return False
    anchors = world.anchors
    excess = (anchors.down_ns - anchors.up_ns - world.base_ns) - world.truth(anchors.up_ns)
    is_late = (anchors.up_ns - world.start_ns) / 1e9 > world.step[0]
    is_forward = anchors.direction > 0
    is_up = world.step[1] > 0
    early = np.abs(excess[~is_late & (is_forward == is_up)])
    late = np.abs(excess[is_late & (is_forward != is_up)])
    if not len(early) or not len(late):
        return False
    return abs(world.step[1]) > early.min() + late.min() + 2 * world.tick_ns


def table(scores: list[Score]) -> str:
    """Return the calibration table."""
    groups = {
        "all": scores,
        "no step, no mismatch": [s for s in scores if not s.has_step and not s.mismatches],
        "no step, mismatches": [s for s in scores if not s.has_step and s.mismatches],
        "step, decided by the evidence": [s for s in scores if s.is_decided],
        "step, undecided": [s for s in scores if s.has_step and not s.is_decided],
    }
    lines = [
        "| worlds | count | truth inside (worlds) | truth inside (times) | half width / limit | narrowest | steps |"
    ]
    lines.append("|---|---|---|---|---|---|---|")
    for name, group in groups.items():
        if not group:
            continue
        whole = np.mean([s.inside == 1 for s in group])
        times = np.mean([s.inside for s in group])
        ratio, narrowest = (np.nanmedian([getattr(s, key) for s in group]) for key in ("ratio", "narrowest"))
        found = sum(s.steps > 0 for s in group)
        lines.append(f"| {name} | {len(group)} | {whole:.1%} | {times:.2%} | {ratio:.2f} | {narrowest:.2f} | {found} |")
    return "\n".join(lines)


if __name__ == "__main__":
    worlds = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    results = [judge(draw_world(seed)) for seed in range(first, first + worlds)]
    print(table(results))
    for seed, score in enumerate(results, first):
        if score.inside < 1:
            print(f"seed {seed}: {score}")
