"""What a run claims, in the words of the truth: places and frame numbers.

**In:** a ``Correlation``, or the truth itself. **Out:** ``Claims``.
**Method:** rows become 1-based frame numbers, input indices become places; a hop between places that are no neighbours
becomes ``NO_HOP``.
**Not here:** what is right (``score.py``).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.model.correlation import Correlation
from correlate.model.trajectories import Fate
from tests.netsim import NOT_LOST, Edit, Truth

NO_HOP = -99

I64 = NDArray[np.int64]
Bounds = Callable[[I64], tuple[I64, I64, I64]]


@attrs.frozen(kw_only=True)
class Claims:
    """Everything that is scored."""

    order: tuple[int, ...]
    """True places in the claimed order."""
    frames: I64
    """Shape (packets, true places): frame number, 0 = not seen."""
    is_ambiguous: NDArray[np.bool_]
    connections: tuple[I64, ...]
    """Per true place, per frame - 1: the joined flow that the frame is said to belong to, -1 = none."""
    lost: list[tuple[int, int]]
    """(packet, hop)."""
    originated: list[tuple[int, int]]
    changes: list[tuple[int, int, str, bool]]
    """(packet, hop, field, expected)."""
    reference: int
    bounds: dict[int, Bounds]
    """Place -> (estimate, lo, hi) of its offset at local times."""
    findings: dict[str, str]
    """Code -> best grade."""


def claims_of(correlation: Correlation, names: Sequence[str]) -> Claims:
    """Return what a run claims; ``names`` are the vantages in true path order."""
    c = correlation
    true_place = [list(names).index(vantage.name) for vantage in c.vantages]
    order = tuple(true_place[index] for index in c.path.order)
    frames = np.zeros((len(c.trajectories), len(names)), np.int64)
    for column, index in enumerate(c.path.order):
        rows = c.trajectories.rows[:, column]
        seen = rows >= 0
        frames[seen, true_place[index]] = c.packets[index].columns.frame[rows[seen]]
    hops = np.array([_true_hop(a, b) for a, b in itertools.pairwise(order)] or [NO_HOP], np.int64)

    connections = [np.zeros(0, np.int64)] * len(names)
    for index, place in enumerate(true_place):
        connections[place] = np.full(c.vantages[index].frames, -1, np.int64)
        flow = c.joined.of_flow[index][c.flows[index].of_packet]
        connections[place][c.packets[index].columns.frame - 1] = flow

    def by_fate(fate: Fate) -> list[tuple[int, int]]:
        chosen = c.fates.fate == fate
        return list(zip(c.fates.packet[chosen].tolist(), hops[c.fates.hop[chosen]].tolist(), strict=True))

    m = c.mutations.columns
    fields = [c.mutations.fields[index] for index in m.field.tolist()]
    changes = list(zip(m.packet.tolist(), hops[m.hop].tolist(), fields, m.expected.tolist(), strict=True))
    grades = {"inconclusive": 0, "likely": 1, "proven": 2}
    findings: dict[str, str] = {}
    for finding in c.findings:
        if grades[finding.grade] >= grades[findings.get(finding.code, "inconclusive")]:
            findings[finding.code] = finding.grade
    return Claims(
        order=order,
        frames=frames,
        is_ambiguous=np.asarray(c.trajectories.is_ambiguous),
        connections=tuple(connections),
        lost=by_fate(Fate.LOST),
        originated=by_fate(Fate.ORIGINATED),
        changes=changes,
        reference=true_place[c.clocks.reference],
        bounds={true_place[clock.vantage]: clock.offset_at for clock in c.clocks.vantages},
        findings=findings,
    )


def _true_hop(a: int, b: int) -> int:
    return min(a, b) if abs(a - b) == 1 else NO_HOP


def claims_of_truth(truth: Truth) -> Claims:
    """Return what a tool that knows everything would claim; scoring it must find no fault."""
    places = len(truth.world.taps)
    inner = (truth.lost_hop != NOT_LOST) & (truth.lost_hop >= 0) & (truth.lost_hop < places - 1)
    up = np.where(truth.forward, truth.lost_hop, truth.lost_hop + 1)
    known = inner & (truth.frame[np.arange(len(truth)), np.clip(up, 0, places - 1)] > 0)
    born = (truth.origin >= 0) & (truth.origin < places - 1)
    return Claims(
        order=tuple(range(places)),
        frames=truth.frame,
        is_ambiguous=np.zeros(len(truth), np.bool_),
        connections=tuple(truth.flow[holders].astype(np.int64) for holders in truth.transmission_of),
        lost=[(int(t), int(truth.lost_hop[t])) for t in np.flatnonzero(known)],
        originated=[(int(t), int(truth.origin[t])) for t in np.flatnonzero(born)],
        changes=[(e.transmission, e.hop, e.field, False) for e in truth.edits if _is_visible(truth, e)],
        reference=0,
        bounds={place: _true_bounds(truth, place) for place in range(places)},
        findings=dict.fromkeys(truth.findings(), "proven"),
    )


def _is_visible(truth: Truth, edit: Edit) -> bool:
    """Return whether both ends of the hop captured the packet."""
    is_inner = 0 <= edit.hop < len(truth.world.taps) - 1
    return is_inner and bool((truth.frame[edit.transmission, edit.hop : edit.hop + 2] > 0).all())


def _true_bounds(truth: Truth, place: int) -> Bounds:
    frames = np.arange(1, len(truth.stamp_ns[place]) + 1)
    offsets = truth.offset_ns(place, frames, 0)

    def at(local_ns: I64) -> tuple[I64, I64, I64]:
        # The scorer asks at every stamp, in frame order.
        assert len(local_ns) == len(offsets), "asked at other times than the stamps"
        return offsets, offsets, offsets

    return at
