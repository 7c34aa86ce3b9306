"""What is claimed of a transformed world and must not be.

In: a world. Out: its false claims, as sentences.
Method: findings (every warning or error graded proven or likely whose code no edit allows), pairs, fates and clock bounds,
each against what the edits did; and any exception.
Not here: the worlds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from correlate import correlate
from correlate.model.correlation import Correlation
from correlate.model.trajectories import Fate, FateGrade, Reason
from correlate.options import Options
from tests.transforms.frames import Packet, write
from tests.transforms.worlds import World

OF_THE_HOSTS = frozenset({"server-slow", "client-slow", "no-answer", "mss-ignored"})
"""True of the original capture already."""
NAMES = ("near", "far")


def false_claims(world: World, link: int, folder: Path) -> list[str]:
    """Run the tool on both captures and return what it must not have said."""
    if not world.near or not world.far:
        return []
    paths = {name: folder / f"{name}.pcap" for name in NAMES}
    for name, packets in zip(NAMES, (world.near, world.far), strict=True):
        write(paths[name], link, packets)
    result = correlate({name: str(path) for name, path in paths.items()}, options=Options(reference="near"))
    checks = (false_findings, false_pairs, false_fates, false_bounds)
    return [claim for check in checks for claim in check(result, world)]


def false_findings(result: Correlation, world: World) -> Iterator[str]:
    """Yield accusations that no edit allows."""
    for one in result.findings:
        if one.severity != "info" and one.grade != "inconclusive" and one.code not in world.allows | OF_THE_HOSTS:
            yield f"{one.code} {one.grade}: {one.title}"


def sighted(result: Correlation, world: World) -> Iterator[tuple[int, Packet | None, Packet | None]]:
    """Yield each trajectory with its packet at the near and at the far vantage."""
    rows = result.trajectories.rows
    sides = (world.near, world.far)
    for packet in range(len(rows)):
        seen: list[Packet | None] = [None, None]
        for place, vantage in enumerate(result.path.order):
            row = rows[packet, place]
            if row >= 0:
                seen[vantage] = sides[vantage][result.packets[vantage].columns.frame[row] - 1]
        yield packet, seen[0], seen[1]


def false_pairs(result: Correlation, world: World) -> Iterator[str]:
    """Yield pairs of different packets that are not said to be doubtful; equal bytes may stand for one another."""
    original = {one.origin: content(one) for one in world.near}
    for packet, near, far in sighted(result, world):
        if near is None or far is None or near.origin == far.origin or result.trajectories.is_ambiguous[packet]:
            continue
        if content(near) != original.get(far.origin):
            yield f"wrong pair: packet {near.origin} of the original with {far.origin}"


def content(one: Packet) -> bytes:
    """Return the packet but for what tells two sendings of the same bytes apart (IP ID, TTL, checksum)."""
    ip = one.data[one.at : one.end]
    return bytes(ip[:4] + ip[6:8] + ip[9:10] + ip[12:])


def false_fates(result: Correlation, world: World) -> Iterator[str]:
    """Yield packets called lost: no edit of the path takes one away. Those seen at both are told with their number."""
    fates = result.fates
    held = {one.origin for one in world.near} & {one.origin for one in world.far}
    by_packet = {packet: near or far for packet, near, far in sighted(result, world)}
    for row in np.flatnonzero((fates.fate == Fate.LOST) & (fates.grade != FateGrade.INCONCLUSIVE)):
        one = by_packet[int(fates.packet[row])]
        assert one is not None
        yield f"lost, by rule {Reason(fates.reason[row]).code}: packet {one.origin}{' that both hold' * (one.origin in held)}"


def false_bounds(result: Correlation, world: World) -> Iterator[str]:
    """Yield how far the far clock's true offset leaves its bounds; coarse stamps are no clock to judge."""
    if world.tick_ns:
        return
    for clock in result.clocks.vantages:
        if clock.vantage == NAMES.index("far"):
            stamps = result.packets[clock.vantage].columns
            seen = [world.far[frame - 1] for frame in stamps.frame]
            true = np.array([one.ns - one.true_ns for one in seen])
            _, lo, hi = clock.offset_at(stamps.ts_ns)
            outside = int(max((lo - true).max(), (true - hi).max()))
            if outside > 0:
                yield f"the true offset leaves its bounds [{lo.min()}, {hi.max()}] by {outside} ns"
