"""Worlds for rules: each is simulated and correlated once per test run, whoever asks."""

from __future__ import annotations

import functools
import itertools
import re
import tempfile
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from correlate.diagnose import BLAMES_A_HOP, CATALOGUE
from correlate.diagnose.view import View
from correlate.model.correlation import Correlation
from correlate.model.findings import Finding, FrameRef
from correlate.model.trajectories import NO_DELAY
from correlate.options import Options
from correlate.pipeline import correlate
from tests.netsim import MILLISECOND, DnsLoad, PingLoad, Run, StreamLoad, TcpLoad, World, chain, simulate
from tests.netsim.files import write_capture

MS = MILLISECOND
SMALL = (TcpLoad(flows=20, response_bytes=(100, 9000)), DnsLoad(flows=10), PingLoad(flows=2, count=10))
BULK = (
    TcpLoad(flows=8, exchanges=(1, 2), response_bytes=(60_000, 120_000)),
    StreamLoad(flows=2, interval_ns=2 * MS, packets=300),
)


@attrs.frozen(kw_only=True)
class Outcome:
    """A run with what really happened in it."""

    sim: Run | None
    result: Correlation

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.result.findings

    @property
    def codes(self) -> set[str]:
        return {one.code for one in self.findings}

    def of(self, code: str) -> list[Finding]:
        """Findings of a code."""
        return [one for one in self.findings if one.code == code]

    def only(self, code: str) -> Finding:
        """The one finding of a code."""
        found = self.of(code)
        assert len(found) == 1, [(one.code, one.title) for one in self.findings]
        return found[0]

    @property
    def accusations(self) -> list[str]:
        """What a person would take for blame of a hop or a host."""
        return [
            f"{one.code}: {one.title}"
            for one in self.findings
            if one.code in BLAMES_A_HOP or (one.severity != "info" and not one.code.startswith(("capture-", "clock-")))
        ]

    def transmission(self, ref: FrameRef) -> int:
        """What the frame of a simulated capture really is."""
        names = [tap.name for tap in self.sim.world.taps]
        return int(self.sim.truth.transmission_of[names.index(ref.vantage)][ref.frame - 1])

    def view(self) -> View:
        """A view whose frames are read again from the simulated captures."""

        def fetch(vantage: int, rows: Any) -> list[bytes]:
            if self.sim is None:
                return [b""] * len(rows)
            frames = self.sim.captures[self.result.vantages[vantage].name]
            numbers = self.result.packets[vantage].columns.frame[rows]
            return [frames[number - 1][1] for number in numbers.tolist()]

        return View(run=self.result, fetch=fetch)


@functools.cache
def outcome(world: World, seed: int = 3, drop: tuple[str, ...] = ()) -> Outcome:
    """Simulate and correlate a world; ``drop`` withholds captures from the tool."""
    run = simulate(world, seed)
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: path for name, path in run.write(Path(folder)).items() if name not in drop}
        return check(Outcome(sim=run, result=correlate(paths)))


def of_captures(captures: dict[str, list[tuple[int, bytes, int]]], **options: Any) -> Outcome:
    """Correlate hand-made captures."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, frames in captures.items():
            paths[name] = Path(folder) / f"{name}.pcap"
            write_capture(paths[name], frames, 0)
        return check(Outcome(sim=None, result=correlate(paths, options=Options(**options) if options else None)))


def check(done: Outcome) -> Outcome:
    """Laws that hold for every finding of every run."""
    findings = done.findings
    numbers = [one.id for one in findings]
    assert numbers == [f"f{i}" for i in range(1, len(findings) + 1)]
    frames = {vantage.name: vantage.frames for vantage in done.result.vantages}
    for one in findings:
        assert one.code in CATALOGUE
        assert one.caused_by is None or one.caused_by in numbers[: numbers.index(one.id)], "a cause is told first"
        assert one.grade == "proven" or one.settle, f"{one.code}: short of proven, and nothing said to settle it"
        text = f"{one.title} {one.explanation} "
        assert not re.search(r"\b1 (of 1 )?(packet|flow|frame|run|attempt|hop|answer|wait|RST|duplicate)s\b", text), (
            text
        )
        assert "  " not in one.title + one.explanation
        assert one.grade != "inconclusive" or one.severity == "info" or one.code == "server-slow"
        assert not one.hop or one.hop in hops(done.result)
        for ref in one.evidence:
            assert 1 <= ref.frame <= frames[ref.vantage]
    clean = [one for one in findings if one.code == "clean"]
    open_hops = {one.hop for one in findings if one.grade == "inconclusive" and one.hop}
    for one in clean:
        assert one.hop not in open_hops, "clean beside an open question"
        assert one.hop or not open_hops, "all clean beside an open question"
        blamed = {other.hop for other in findings if other.code in BLAMES_A_HOP}
        assert one.hop not in blamed
        assert one.hop or not blamed
    return done


def hops(result: Correlation) -> list[tuple[str, str]]:
    """Neighbouring names in path order."""
    names = [result.vantages[index].name for index in result.path.order]
    return list(itertools.pairwise(names))


def delays(done: Outcome, hop: int, direction: int) -> np.ndarray:
    """All estimated one-way delays of a hop and direction."""
    fates = done.result.fates
    way = done.result.trajectories.direction[fates.packet]
    return fates.owd_ns[(fates.hop == hop) & (way == direction) & (fates.owd_ns != NO_DELAY)]


CLEAN = chain(2, loads=SMALL)
CLEAN_THREE = chain(3, loads=SMALL)
