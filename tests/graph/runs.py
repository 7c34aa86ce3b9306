"""A finished run for the graph: the flagship scene with its vantages and clocks."""

from __future__ import annotations

import attrs
import numpy as np

from correlate.metrics import find_mutations
from correlate.model.clocks import ClockModel, ClockPiece, OffsetCurve, VantageClock
from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.model.frames import CaptureFile
from correlate.model.matches import CopyColumns, MatchTable
from correlate.model.vantage import Vantage
from tests.metrics.flagship import flagship

NAMES = ("client", "fw-int", "fw-ext")


def flagship_run(names: tuple[str, ...] = NAMES) -> Correlation:
    """Return the flagship as the pipeline would leave it, clocks of two vantages known."""
    world = flagship()
    rows, nothing = world.trajectories.rows, np.zeros(0, np.int64)
    return Correlation(
        vantages=tuple(_vantage(name, len(table)) for name, table in zip(names, world.packets, strict=True)),
        packets=tuple(world.packets),
        flows=tuple(world.flows()),
        joined=world.joined(),
        match=MatchTable(
            rows=rows,
            flow=world.trajectories.flow,
            is_outbound=world.trajectories.is_outbound,
            tier=world.trajectories.tier,
            is_ambiguous=world.trajectories.is_ambiguous,
            copies=CopyColumns(nothing, nothing.astype(np.int16), nothing),
            network_duplicate_of=np.full(len(rows), -1),
            incomplete_fragments=tuple(np.zeros(len(table), np.bool_) for table in world.packets),
        ),
        path=world.path,
        clocks=ClockModel(reference=0, hops=(), vantages=(_clock(0, 0), _clock(1, 12_752_000_000))),
        trajectories=world.trajectories,
        fates=world.fates(),
        mutations=find_mutations(world.packets, world.joined(), world.path, world.trajectories, world.fetch),
        metrics=world.figures(),
        findings=(_finding(names),),
        ledgers=(),
        options={},
        captures={name: (f"{name}.pcap",) for name in names},
    )


def with_stranger(run: Correlation) -> Correlation:
    """Return the run with one more vantage, which shares no packet with the others."""
    return attrs.evolve(
        run,
        vantages=(*run.vantages, _vantage("stranger", len(run.packets[0]))),
        packets=(*run.packets, run.packets[0]),
        path=attrs.evolve(run.path, unplaced=(3,)),
    )


def _vantage(name: str, frames: int) -> Vantage:
    file = CaptureFile(path=f"{name}.pcap", frames=frames, bytes=1)
    return Vantage(
        name=name,
        files=(file,),
        interfaces=(),
        frames=frames,
        first_captured_ns=1,
        last_captured_ns=None,
        tick_ns=100,
    )


def _clock(vantage: int, offset: int) -> VantageClock:
    piece = ClockPiece(from_ns=0, to_ns=1, offset_ns=offset, lo_ns=offset - 5, hi_ns=offset + 5, skew_ppb=-445_000)
    return VantageClock(
        vantage=vantage,
        base_ns=offset,
        curve=OffsetCurve(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0)),
        skew_ppb=-445_000,
        skew_lo_ppb=None,
        skew_hi_ppb=None,
        steps=(),
        pieces=(piece,),
        samples_forward=1,
        samples_reverse=1,
        evidence_age_ns=None,
        extrapolated=False,
        tier="symmetric",
        grade="likely",
    )


def _finding(names: tuple[str, ...]) -> Finding:
    return Finding(
        id="f1",
        code="syn-ack-altered",
        severity="error",
        grade="proven",
        title="t",
        explanation="e",
        hop=(names[0], names[1]),
        direction="reverse",
    )
