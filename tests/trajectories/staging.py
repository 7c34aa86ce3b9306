"""The stages from files to fates, without what comes after: for real captures and simulated ones."""

from __future__ import annotations

from pathlib import Path as FilePath

import attrs
import numpy as np

from correlate.clocks import fit_clocks
from correlate.fingerprint import fingerprint
from correlate.flows import group_flows
from correlate.load import load_vantage
from correlate.match import match_vantages
from correlate.model.path import Path
from correlate.model.trajectories import Fate, FateColumns, TrajectoryTable
from correlate.paths import infer_path
from correlate.trajectories import follow_packets, judge_fates
from tests.netsim import World, simulate

REAL = FilePath(__file__).parents[3] / "shared" / "captures" / "vantages"


@attrs.frozen(kw_only=True)
class Staged:
    path: Path
    table: TrajectoryTable
    fates: FateColumns
    frames: list[np.ndarray]

    def count(self, fate: Fate) -> int:
        return int((self.fates.fate == fate).sum())


def stage(files: list[FilePath]) -> Staged:
    """Return path, trajectories and fates of captures, one file per vantage."""
    loaded = [
        load_vantage(f.name, (str(f),), kind="unknown", with_sha256=False, on_bytes=lambda *_: None) for f in files
    ]
    packets, vantages = [one.packets for one in loaded], [one.vantage for one in loaded]
    flows = [group_flows(table) for table in packets]
    match, joined = match_vantages(packets, flows, [fingerprint(table) for table in packets])
    path = infer_path(packets, flows, joined, match, keep_given_order=False)
    clocks = fit_clocks(packets, match, path, [vantage.tick_ns for vantage in vantages], reference=None)
    table = follow_packets(packets, match, path, clocks)
    fates = judge_fates(packets, flows, joined, vantages, path, clocks, table).fates
    return Staged(path=path, table=table, fates=fates, frames=[p.columns.frame for p in packets])


@attrs.frozen(kw_only=True)
class Score:
    """``lost`` rows against the truth, per hop."""

    false: int
    found: int
    losses: int


def score(world: World, folder: FilePath, seed: int = 1) -> Score:
    """Simulate, run the stages, compare every ``lost`` row with where the packet really went."""
    run = simulate(world, seed)
    staged = stage(list(run.write(folder).values()))
    truth, table, fates = run.truth, staged.table, staged.fates
    transmission = np.full(len(table), -1, np.int64)
    for place, vantage in enumerate(staged.path.order):
        held = (table.rows[:, place] >= 0) & (transmission < 0)
        transmission[held] = truth.transmission_of[vantage][staged.frames[vantage][table.rows[held, place]] - 1]
    was_lost = truth.lost_hop[transmission[fates.packet]] == fates.hop
    is_lost = fates.fate == Fate.LOST
    return Score(
        false=int((is_lost & ~was_lost).sum()), found=int((is_lost & was_lost).sum()), losses=int(was_lost.sum())
    )
