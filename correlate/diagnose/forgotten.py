"""Findings about flows whose state a device on a hop dropped while they were silent.

In: fates ``lost`` after a silence; resets born on a hop. Out: ``nat-state-lost`` per hop and direction.
Method: RFC 4787 REQ-5 and RFC 5382 REQ-5: mappings and connections time out. Evidence is a flow that crossed before,
a silence, and then packets that die, or are reset, on the hop while other traffic of the same hosts crosses.
Not here: deciding fates (``trajectories``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.lost import LossGroup, grade_of, loss_evidence, lost_groups, speaks_against
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, duration, verb
from correlate.model.arrays import I64
from correlate.model.findings import Finding


def find_forgotten_flows(view: View) -> Iterator[Finding]:
    """Yield one finding per hop and direction on which flows die after a silence."""
    for group in lost_groups(view, "forgotten"):
        yield _finding(view, group)


def silences(view: View, packets: I64, place: int) -> I64:
    """Return for each flow of ``packets`` the pause, ns, before its first packet among them, on that place's clock."""
    table = view.run.trajectories
    flows, first = np.unique(table.flow[packets], return_index=True)
    start = view.values("ts_ns", packets[first], place)
    before = np.flatnonzero(view.is_seen[:, place] & np.isin(table.flow, flows))
    at = np.searchsorted(flows, table.flow[before])
    stamps = view.values("ts_ns", before, place)
    is_earlier = stamps < start[at]
    latest = np.full(len(flows), np.iinfo(np.int64).min)
    np.maximum.at(latest, at[is_earlier], stamps[is_earlier])
    return np.asarray(np.where(latest > np.iinfo(np.int64).min, start - latest, 0), np.int64)


def _finding(view: View, group: LossGroup) -> Finding:
    up, down = view.upstream(group.hop, group.direction), view.downstream(group.hop, group.direction)
    idle = silences(view, group.packets, up)
    flows, count = len(idle), len(group.packets)
    where = view.between(group.hop, group.direction)
    shortest, longest = duration(int(idle.min())), duration(int(idle.max()))
    pause = shortest if shortest == longest else f"{shortest} to {longest}"
    return Finding(
        id=f"nat-state-lost/{group.hop}/{group.direction}",
        code="nat-state-lost",
        severity=CATALOGUE["nat-state-lost"].severity,
        grade=grade_of(group.grades),
        title=f"{counted(flows, 'flow')} cut off between {where} after a silence of {pause}",
        explanation=(
            f"{verb(flows, 'It', 'They')} crossed this hop in both directions, then nothing was said for {pause}; of "
            f"the {counted(count, 'packet')} sent after that none reached {view.name(down)}, resends too, while other "
            "traffic of the same hosts crosses: a NAT or firewall forgot the flow."
        ),
        hop=view.hop(group.hop),
        direction=view.direction_name(group.direction),
        quantity=int(idle.min()),
        unit="ns",
        flows=view.flows_of(group.packets),
        packet=int(group.packets[0]),
        evidence=loss_evidence(view, group),
        against=speaks_against(view, group),
        settle=f"The idle timeout of what keeps state between {where}; keep-alives below it would cure this.",
    )
