"""Findings about packets that a hop did not deliver.

In: fates ``lost``. Out: ``loss`` per hop and direction; packets that a device refused are told apart from lost ones.
Method: counts over the fate table; terms of RFC 7680 (loss) and RFC 3357 (loss runs). Every claim rests on a fate that
``trajectories`` graded.
Not here: deciding fates; how losses lie (``loss_pattern.py``); losses with a cause of their own (``blocked.py``,
``black_hole.py``, ``fragment.py``, ...).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.loss_pattern import BLOCK, pattern_of
from correlate.diagnose.loss_range import LossCounts, LossRange, loss_range
from correlate.diagnose.lost import KINDS, PLAIN, LossGroup, grade_of, loss_evidence, lost_groups, speaks_against
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, percent, share_of, verb
from correlate.model.arrays import I64
from correlate.model.correlation import Correlation
from correlate.model.findings import Finding, Severity
from correlate.model.trajectories import Fate, FateGrade

ERROR_RATE_PERCENT = 1.0
"""findings.md: loss of 1 % or more is an error."""


LEAST_SURE = 3
"""Packets that must be lost whatever the captures missed, where no single one is known to be."""


def find_losses(view: View) -> Iterator[Finding]:
    """Yield ``loss`` findings: packets that a device refused came to it, others were lost before."""
    yield from (loss_finding(view, group) for group in lost_groups(view, "refused"))
    single = {(group.hop, group.direction): group for group in lost_groups(view, PLAIN)}
    # Absent packets with a cause of their own are in no rate.
    caused = {(group.hop, group.direction) for group in lost_groups(view, *KINDS.values())}
    for hop, direction in view.ways():
        place = hop, direction
        group, several = single.get(place), loss_range(view, hop, direction) if place not in caused else None
        known = len(group.packets) if group is not None else 0
        if several is not None and several.surely >= max(LEAST_SURE, known + 1):
            yield _range_finding(view, place, several, known)
        elif group is not None:
            yield loss_finding(view, group)


def loss_counts(run: Correlation) -> dict[tuple[int, int], LossCounts]:
    """Return what the number of lost packets rests on, per hop and direction without other causes, to be added up."""
    view = View(run=run, fetch=_no_bytes, is_part=True)
    if not len(view.undelivered):
        return {}
    caused = {(group.hop, group.direction) for group in lost_groups(view, *KINDS.values())}
    found = {place: loss_range(view, *place) for place in view.ways() if place not in caused}
    return {place: several.counts for place, several in found.items() if several is not None}


def _no_bytes(_vantage: int, rows: I64) -> list[bytes]:
    return [b""] * len(rows)


def severity_of(lost: float, sent: int) -> Severity:
    """Return the severity of a rate of loss.

    >>> severity_of(1, 100), severity_of(1, 101)
    ('error', 'warning')
    """
    return "error" if 100.0 * lost >= ERROR_RATE_PERCENT * sent else CATALOGUE["loss"].severity


def _range_finding(view: View, place: tuple[int, int], several: LossRange, known: int) -> Finding:
    """Tell of packets more of which were lost than the ``known`` ones of which it can be said one by one."""
    where = view.between(*place)
    down = view.downstream(*place)
    share = percent(several.surely, several.sent)
    return Finding(
        id=f"loss/{place[0]}/{place[1]}/range",
        code="loss",
        severity=severity_of(several.surely, several.sent),
        grade="likely",
        title=f"At least {counted(several.surely, 'packet')} lost between {where} ({share})",
        explanation=(
            f"{range_sentence(several)} {view.name(down)} may miss packets as well, so {_said_of(known)}; "
            f"but it would have to miss three times as many as it is known to."
        ),
        hop=view.hop(place[0]),
        direction=view.direction_name(place[1]),
        quantity=several.surely,
        unit="packets",
        out_of=several.sent,
        is_at_least=True,
        flows=view.flows_of(several.packets),
        packet=int(several.packets[0]),
        evidence=view.refs(several.packets[:4].tolist(), note="sent, never seen beyond (or missed)", limit=6),
        against=(f"The capture at {view.name(down)} is known to miss packets, or carries no drop counter.",),
        settle=f"Captures between {where} with drop counters (pcapng) at both would tell which.",
    )


def _said_of(known: int) -> str:
    return f"only of {known} it can be said one by one" if known else "of no single one it can be said"


def range_sentence(several: LossRange) -> str:
    """Say how many of the absent packets were lost."""
    some = f"{several.lo} to {several.hi}" if several.lo < several.hi else str(several.lo)
    return f"Of {counted(several.absent, 'absent packet')} {some} were lost (95 % interval)."


def loss_finding(view: View, group: LossGroup) -> Finding:
    """Return the ``loss`` finding of a group."""
    count = len(group.packets)
    dead = _dead_flows(view, group)
    grade = grade_of(group.grades)
    where = view.between(group.hop, group.direction)
    lost, share = share_of(count, group.sent, "packet"), percent(count, group.sent)
    return Finding(
        id=f"loss/{group.hop}/{group.direction}/{int(group.packets[0])}",
        code="loss",
        severity="error" if dead else severity_of(count, group.sent),
        grade=grade,
        title=f"{lost} lost between {where} ({share})",
        explanation=" ".join(_loss_sentences(view, group, dead)),
        hop=view.hop(group.hop),
        direction=view.direction_name(group.direction),
        quantity=count,
        unit="packets",
        out_of=group.sent,
        flows=view.flows_of(group.packets),
        packet=int(group.packets[0]),
        evidence=loss_evidence(view, group),
        against=speaks_against(view, group),
        settle=None
        if grade == "proven"
        else f"Captures between {where} with drop counters (pcapng) at both would turn likely into proven.",
    )


def _loss_sentences(view: View, group: LossGroup, dead: list[int]) -> Iterator[str]:
    up = view.upstream(group.hop, group.direction)
    down = view.downstream(group.hop, group.direction)
    count = len(group.packets)
    proven = int((group.grades == FateGrade.PROVEN).sum())
    sure = "all proven" if proven == count else "none of them proven" if proven == 0 else f"{proven} of them proven"
    yield (
        f"{counted(count, 'packet')} {verb(count, 'is', 'are')} seen at {view.name(up)} and never at "
        f"{view.name(down)}; {'this is likely, not proven' if count == 1 and not proven else sure}."
    )
    yield from _logged(view, group)
    several = loss_range(view, group.hop, group.direction)
    if several is not None and several.absent > count:
        yield range_sentence(several)
    yield f"Pattern: {pattern_of(view, group)}."
    if dead:
        yield f"{counted(len(dead), 'flow')} lost everything sent this way."


def _logged(view: View, group: LossGroup) -> Iterator[str]:
    """Say how many of them a box itself tells to have dropped."""
    matched = view.run.trajectories.match_packet[group.packets]
    for index, vantage in enumerate(view.run.vantages):
        count = int((view.run.match.rows[matched, index] >= 0).sum()) if vantage.kind == "drop-log" else 0
        if count:
            yield f"The drop log {vantage.name} holds {counted(count, 'packet')} of them."


def _dead_flows(view: View, group: LossGroup) -> list[int]:
    """Return flows of which at least three packets were lost this way and none was delivered."""
    table, fates = view.run.trajectories, view.run.fates
    lost_flows, counts = np.unique(table.flow[group.packets], return_counts=True)
    lost_flows = lost_flows[counts >= 3]
    if not len(lost_flows):
        return []
    is_alive = np.zeros(len(view.run.joined), np.bool_)
    # Block by block: most flows soon show that they live.
    for start in range(0, len(fates.packet), BLOCK):
        block = slice(start, start + BLOCK)
        here = (fates.hop[block] == group.hop) & (view.fate_direction[block] == group.direction)
        here &= fates.fate[block] == Fate.DELIVERED
        is_alive[table.flow.take(fates.packet[block][here])] = True
        if is_alive[lost_flows].all():
            return []
    return [int(flow) for flow in lost_flows[~is_alive[lost_flows]]]
