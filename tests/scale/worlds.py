"""Simulated captures that are cut into parts, and the two ways to correlate them: part by part, and in memory.

**In:** a folder. **Out:** captures; ``Told``: what a run says, in a form that two runs can be compared by.
**Method:** packets are known by the frames that hold them, whatever a run numbers them.
**Not here:** what is asserted.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pyarrow.parquet as pq

from correlate.options import Options
from correlate.pipeline import correlate
from correlate.report import report_json
from correlate.report.tables import PARQUET_WRITERS
from correlate.scale.run import Large, Plan, correlate_large
from tests.netsim import HOUR, DnsLoad, PingLoad, StreamLoad, TcpLoad, chain
from tests.netsim.boxes import MssClamp, Nat

CHUNK_BYTES = 1 << 15
"""A part may begin every so many bytes, so that small captures have many places to cut."""

MOST_PACKETS = 4_000

TCP = TcpLoad(flows=60, exchanges=(2, 6), response_bytes=(200, 30_000), pause_ns=(500 * 10**6, 9 * 10**9))
LOADS = (TCP, DnsLoad(flows=60), PingLoad(flows=2, count=120), StreamLoad(flows=1, packets=600))

CLEAN = chain(2, loads=LOADS, duration_ns=50 * 10**9)

LOSSY = (
    chain(3, loads=LOADS, duration_ns=50 * 10**9)
    .with_hop(0, both={"loss": 0.01})
    .with_hop(1, boxes=(Nat(), MssClamp()))
    .with_tap(1, clock={"offset_ns": 5 * HOUR, "skew_ppm": 20.0})
    .with_tap(2, clock={"offset_ns": -3 * 10**9, "skew_ppm": -7.0})
)
"""Address translation, a clamped MSS, loss, clocks hours apart that drift."""

STEPPED = CLEAN.with_tap(1, clock={"offset_ns": HOUR, "steps": ((25 * 10**9, -20 * 10**9),)})
"""A clock that is set back by 20 s on the way, further than a part is long."""

FIRST_STEPPED = CLEAN.with_tap(0, clock={"steps": ((25 * 10**9, -20 * 10**9),)})
FORWARD_STEPPED = CLEAN.with_tap(1, clock={"steps": ((25 * 10**9, 40 * 10**9),)})

Captures = Mapping[str, list[str]]
Frames = tuple[tuple[str, str, int], ...]


@attrs.frozen(kw_only=True)
class Told:
    """What a run says of its packets."""

    document: dict[str, Any]
    """report.json."""
    packets: frozenset[Frames]
    """(vantage, file, frame) of all that hold a packet."""
    flows: frozenset[frozenset[Frames]]
    """Packets of each flow."""
    fates: dict[tuple[Frames, str], tuple[str, str, str]]
    """(packet, from) -> fate, grade, reason."""
    delays: dict[tuple[Frames, str], tuple[int, int, int]]
    """(packet, from) -> delay and its bounds, ns; None where there is none."""
    mutations: frozenset[tuple[Any, ...]]


def plan(captures: Captures, place: Path, **changes: Any) -> Plan:
    """Return what a run over parts is asked."""
    asked = {"options": Options(), "most_packets": MOST_PACKETS, "keeps": ("tables",), "place": str(place), **changes}
    return Plan(captures=captures, **asked)


def quiet(_stage: str, _done: int, _total: int) -> None:
    """Progress nobody looks at."""


def told_by_parts(large: Large, folder: Path) -> Told:
    """Return what a run over parts says."""
    for name in PARQUET_WRITERS:
        large.write_table(name, folder / name)
    return _told(large.document, folder)


def cut_up(captures: Captures, folder: Path, **changes: Any) -> Told:
    """Correlate part by part."""
    tables = folder / "parts"
    tables.mkdir(parents=True)
    with correlate_large(plan(captures, folder / "work", **changes), quiet) as large:
        return told_by_parts(large, tables)


def in_memory(captures: Captures, folder: Path, options: Options | None = None) -> Told:
    """Correlate in one piece."""
    tables = folder / "memory"
    tables.mkdir(parents=True)
    run = correlate(captures, options=options)
    for name, write in PARQUET_WRITERS.items():
        write(run, tables / name)
    return _told(report_json(run), tables)


def _told(document: dict[str, Any], folder: Path) -> Told:
    held: dict[int, list[tuple[str, str, int]]] = {}
    flow_of: dict[int, set[Frames]] = {}
    sightings = _rows(folder, "sightings")
    for row in sightings:
        held.setdefault(row["packet"], []).append((row["vantage"], row["file"], row["frame"]))
    frames = {packet: tuple(sorted(mine)) for packet, mine in held.items()}
    for row in sightings:
        flow_of.setdefault(row["flow"], set()).add(frames[row["packet"]])
    fates = _rows(folder, "fates")
    return Told(
        document=document,
        packets=frozenset(frames.values()),
        flows=frozenset(frozenset(mine) for mine in flow_of.values()),
        fates={(frames[row["packet"]], row["hop_from"]): (row["fate"], row["grade"], row["reason"]) for row in fates},
        delays={
            (frames[row["packet"]], row["hop_from"]): (row["owd_ns"], row["owd_lo_ns"], row["owd_hi_ns"])
            for row in fates
        },
        mutations=frozenset(
            (frames[row["packet"]], row["hop_from"], row["field"], row["before"], row["after"], row["kind"])
            for row in _rows(folder, "mutations")
        ),
    )


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return pq.read_table(folder / f"{name}.parquet").to_pylist()
