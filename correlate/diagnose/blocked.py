"""Findings about attempts that all die on one hop.

In: fates ``lost`` of flows that never crossed. Out: ``port-blocked`` per responder's address and port, ``one-way``.
Method: rule 0 of algorithms section 3 has been kept by the fates: other traffic of the same hosts crosses. Whether a
port is blocked or a tap stands on one of several paths is told by several attempts, or by the host's own vantage.
Not here: deciding fates (``trajectories``), single losses (``loss.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.lost import LossGroup, grade_of, loss_evidence, lost_groups, speaks_against
from correlate.diagnose.targets import Target, find_targets, is_own_host, may_have_arrived
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, duration, verb
from correlate.model.arrays import I64
from correlate.model.findings import Finding, FrameRef

MIN_BLOCKED_TUPLES = 2
"""Several 5-tuples must die before a port is called blocked; one suffices where the far vantage is the host itself."""


def find_blocks(view: View) -> Iterator[Finding]:
    """Yield ``port-blocked`` and ``one-way`` findings."""
    for group in lost_groups(view, "blocked"):
        yield from _blocked(view, group)
    for group in lost_groups(view, "one-way"):
        yield _half_flow(view, group)


def _half_flow(view: View, group: LossGroup) -> Finding:
    up, down = view.upstream(group.hop, group.direction), view.downstream(group.hop, group.direction)
    where = view.between(group.hop, group.direction)
    flows = counted(len(np.unique(view.run.trajectories.flow[group.packets])), "flow")
    return Finding(
        id=f"one-way/{group.hop}/{group.direction}",
        code="one-way",
        severity="error",
        grade=grade_of(group.grades),
        title=f"One direction of {flows} never crosses between {where}",
        explanation=(
            f"{counted(len(group.packets), 'packet')} of this direction left {view.name(up)} and none reached "
            f"{view.name(down)}, resends too, while the other direction of the same flow and other "
            "traffic of the same hosts crosses. Both ends go on sending again."
        ),
        hop=view.hop(group.hop),
        direction=view.direction_name(group.direction),
        quantity=len(group.packets),
        unit="packets",
        flows=view.flows_of(group.packets),
        packet=int(group.packets[0]),
        evidence=loss_evidence(view, group),
        against=speaks_against(view, group),
        settle=f"A capture of dropped packets between {where}, or the routes of the way back.",
    )


def _blocked(view: View, group: LossGroup) -> Iterator[Finding]:
    """Yield one finding per responder address and port whose attempts all died on the hop, the most tried first."""
    targets, count = find_targets(view, group.packets, view.upstream(group.hop, group.direction))
    for number, target in enumerate(targets):
        yield _blocked_finding(view, group, target, untold=count - len(targets) if number == 0 else 0)


def _blocked_finding(view: View, group: LossGroup, target: Target, *, untold: int) -> Finding:
    up = view.upstream(group.hop, group.direction)
    down = view.downstream(group.hop, group.direction)
    packets = target.packets
    flows = np.unique(view.run.trajectories.flow[packets]).astype(np.int64)
    is_end = is_own_host(view, target, down)
    # A tap on the way may stand on one of several paths; only several attempts, or the host itself, can accuse.
    is_enough = (len(flows) >= MIN_BLOCKED_TUPLES or is_end) and not may_have_arrived(view, target, (up, down))
    where = view.between(group.hop, group.direction)
    attempts = f"{counted(len(packets), 'attempt')} in {counted(len(flows), 'flow')}"
    cause = "a filter, not a lossy path" if is_enough else "a filter, another path, or packets that found no partner"
    span = _span(view, target, (up, down))
    more = f" {counted(untold, 'more target')} fared the same." if untold > 0 else ""
    return Finding(
        id=f"port-blocked/{group.hop}/{group.direction}/{target.text}",
        code="port-blocked",
        severity=CATALOGUE["port-blocked"].severity if is_enough else "info",
        grade="likely" if is_enough else "inconclusive",
        title=f"{target.text} {'is' if is_enough else 'may be'} blocked between {where}",
        explanation=(
            f"{verb(len(packets), 'The', 'All')} {attempts} to it {verb(len(packets), 'is', 'are')} seen at "
            f"{view.name(up)} and none at {view.name(down)}, while other traffic of the same two hosts crosses this "
            f"hop meanwhile: {cause}.{span}{more}"
        ),
        hop=view.hop(group.hop),
        direction=view.direction_name(group.direction),
        quantity=len(packets),
        unit="packets",
        flows=view.flows_of(packets),
        packet=int(packets[0]),
        evidence=(*view.refs(packets.tolist(), note="attempt", limit=6), *_controls(view, flows, group.hop)),
        against=() if is_end else (f"{view.name(down)} may stand on one of several paths.",),
        settle=f"The counters of filters between {where}, or a capture of dropped packets there (drop log).",
    )


def _span(view: View, target: Target, places: tuple[int, int]) -> str:
    """Say for how long the attempts died, and when the first one after them crossed."""
    up, down = places
    stamps = view.values("ts_ns", target.packets, up)
    text = f" They span {duration(int(stamps.max() - stamps.min()))}." if len(stamps) > 1 else ""
    table = view.run.packets[view.run.path.order[up]]
    same = (table.tuples.dst == target.address).all(axis=1) & (table.tuples.dport == target.port)
    same &= (table.tuples.proto == target.proto) & (table.tuples.version == target.version)
    crossing = np.flatnonzero(view.is_seen[:, up] & view.is_seen[:, down])
    crossing = crossing[same[view.values("tuple_id", crossing, up)]]
    later = view.values("ts_ns", crossing, up) - stamps.max()
    if not (later > 0).any():
        return text
    return f"{text} {duration(int(later[later > 0].min()))} after the last of them, packets to it cross."


def _controls(view: View, flows: I64, hop: int) -> tuple[FrameRef, ...]:
    """Cite one packet of another flow that crossed the hop."""
    table = view.run.trajectories
    crossing = view.is_seen[:, hop] & view.is_seen[:, hop + 1] & ~np.isin(table.flow, flows)
    found = np.flatnonzero(crossing)
    return view.refs([int(found[0])], note="crosses meanwhile") if len(found) else ()
