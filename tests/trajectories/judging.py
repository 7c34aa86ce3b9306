"""Run the whole stage on a hand-made world and read its fates."""

from __future__ import annotations

from typing import NamedTuple

from correlate.model.trajectories import Fate, FateColumns, FateGrade, Reason, TrajectoryTable
from correlate.trajectories import follow_packets, judge_fates
from tests.trajectories.build import World


class Verdict(NamedTuple):
    """One fate row in words."""

    hop: int
    fate: str
    grade: str
    reason: str


def judge(world: World) -> tuple[TrajectoryTable, FateColumns]:
    """Return trajectories and fates."""
    table = follow_packets(world.packets, world.match, world.path, world.clocks)
    tables = world.packets, world.flows, world.joined, world.vantages, world.path, world.clocks
    return table, judge_fates(*tables, table).fates


def verdicts(world: World) -> dict[int, list[Verdict]]:
    """Return the fates of each packet, by its index in the world, in order of travel."""
    table, fates = judge(world)
    found: dict[int, list[Verdict]] = {int(index): [] for index in table.match_packet}
    for packet, hop, fate, grade, reason in zip(
        fates.packet, fates.hop, fates.fate, fates.grade, fates.reason, strict=True
    ):
        words = Verdict(int(hop), Fate(fate).code, FateGrade(grade).code, Reason(reason).code)
        found[int(table.match_packet[packet])].append(words)
    return found
