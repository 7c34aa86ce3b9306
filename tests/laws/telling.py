"""A run in words that do not depend on how it was asked for: vantage names and frame numbers.

**In:** captures as frame lists, or a ``Correlation``. **Out:** ``Told``: what was claimed about which frames.
**Method:** a packet is named by the frames that carry it; rows, flow numbers, input indices and packet ids vanish.
**Not here:** what is true (``tests/scoreboard``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs

from correlate.model.correlation import Correlation
from correlate.model.trajectories import Fate, FateGrade, Reason
from correlate.options import Options
from correlate.pipeline import correlate
from tests.netsim import Run
from tests.netsim.files import Format, Frame, write_capture

Sighting = tuple[str, int, int]
"""Vantage, file index, frame number."""
Packet = frozenset[Sighting]
Renumber = Callable[[Sighting], Sighting]


@attrs.frozen(kw_only=True)
class Told:
    """Everything claimed, comparable between runs."""

    order: tuple[str, ...]
    packets: frozenset[Packet]
    fates: dict[tuple[Packet, str, str], tuple[str, str, str]]
    """(packet, hop ends) -> (fate, grade, reason)."""
    delays: dict[tuple[Packet, str, str], tuple[int, int, int]]
    mutations: frozenset[tuple[Any, ...]]
    findings: tuple[tuple[Any, ...], ...]

    @property
    def pairs(self) -> frozenset[frozenset[Sighting]]:
        """Any two frames said to hold one packet."""
        return frozenset(
            frozenset((one, other)) for packet in self.packets for one in packet for other in packet if one < other
        )


def run_frames(
    folder: Path,
    captures: Mapping[str, Sequence[Frame]],
    *,
    form: Format = "pcap",
    snaplen: int = 0,
    options: Options | None = None,
) -> Correlation:
    """Write one file per vantage and correlate them in the order given."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for name, frames in captures.items():
        paths[name] = folder / f"{name}.{form}"
        write_capture(paths[name], frames, snaplen, form)
    return correlate(paths, options=options)


def run_world(folder: Path, run: Run, **choices: Any) -> Correlation:
    """Correlate the captures of a simulated network."""
    return run_frames(folder, run.captures, **choices)


def tell(result: Correlation, renumber: Renumber | None = None) -> Told:
    """Return what a run claims; ``renumber`` gives frames the numbers of another capture of the same."""
    names = [result.vantages[index].name for index in result.path.order]
    packets = _packets(result, renumber or (lambda sighting: sighting))
    hops = list(pairwise(names))
    fates, delays = {}, {}
    f = result.fates
    for packet, hop, fate, grade, reason, *delay in zip(*(column.tolist() for column in f[:8]), strict=True):
        key = (packets[packet], *hops[hop])
        fates[key] = (Fate(fate).code, FateGrade(grade).code, Reason(reason).code)
        delays[key] = tuple(delay)
    return Told(
        order=tuple(names),
        packets=frozenset(packets),
        fates=fates,
        delays=delays,
        mutations=_mutations(result, packets, hops),
        findings=tuple(sorted(_findings(result), key=repr)),
    )


def _packets(result: Correlation, renumber: Renumber) -> list[Packet]:
    found: list[set[Sighting]] = [set() for _ in range(len(result.trajectories))]

    def add(packet: int, place: int, row: int) -> None:
        index = result.path.order[place]
        columns = result.packets[index].columns
        found[packet].add(renumber((result.vantages[index].name, int(columns.file[row]), int(columns.frame[row]))))

    for packet, rows in enumerate(result.trajectories.rows.tolist()):
        for place, row in enumerate(rows):
            if row >= 0:
                add(packet, place, row)
    for packet, place, row in zip(*(column.tolist() for column in result.trajectories.copies), strict=True):
        add(packet, place, row)
    return [frozenset(one) for one in found]


def _mutations(result: Correlation, packets: list[Packet], hops: list[tuple[str, str]]) -> frozenset[tuple[Any, ...]]:
    m, table = result.mutations.columns, result.mutations
    return frozenset(
        (
            packets[packet],
            *hops[hop],
            table.fields[field],
            kind,
            expected,
            table.text(field, old),
            table.text(field, new),
        )
        for packet, hop, field, kind, expected, old, new in zip(*(column.tolist() for column in m), strict=True)
    )


def _findings(result: Correlation) -> list[tuple[Any, ...]]:
    codes = {finding.id: finding.code for finding in result.findings}
    return [
        (f.code, f.severity, f.grade, f.hop, f.vantage, f.direction, f.quantity, f.unit, codes.get(f.caused_by or ""))
        for f in result.findings
    ]
