"""Lost packets of one hop and direction, sorted by what their fates say of the cause.

In: fates ``lost``. Out: ``LossGroup`` per hop, direction and kind, with the parts that every finding about them needs.
Method: the reason that ``trajectories`` gave decides the kind; nothing is called lost here that was not so there.
Not here: the findings (``loss.py``, ``blocked.py``, ``black_hole.py``, ``fragment.py``, ``forgotten.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from correlate.diagnose.once import shared
from correlate.diagnose.view import View
from correlate.model.arrays import I32, I64
from correlate.model.findings import FrameRef, Grade
from correlate.model.trajectories import Fate, FateGrade, Reason

KINDS: dict[Reason, str] = {
    Reason.FLOW_BLOCKED: "blocked",
    Reason.ONE_WAY: "one-way",
    Reason.REJECTED: "refused",
    Reason.SIZE: "size",
    Reason.REASSEMBLY: "fragment",
    Reason.STATE_LOST: "forgotten",
}
"""Reason -> kind; every other reason is plain loss."""
PLAIN = "plain"


@attrs.frozen(kw_only=True)
class LossGroup:
    """Lost packets of one hop and direction that are told together."""

    kind: str

    hop: int
    direction: int
    packets: I64
    grades: I64
    witnesses: I32
    sent: int
    """Packets of this direction that came to the hop."""


def lost_groups(view: View, *kinds: str) -> Iterator[LossGroup]:
    """Yield the lost packets of these kinds, hop by hop, forward before reverse."""
    for hop, direction in view.ways():
        yield from lost_on_way(view, hop, direction, *kinds)


def lost_on_way(view: View, hop: int, direction: int, *kinds: str) -> Iterator[LossGroup]:
    """Yield the lost packets of these kinds on one hop in one direction."""
    rows = view.on_way(_lost_rows(view), hop, direction)
    if not len(rows):
        return
    kind_of = np.array([KINDS.get(reason, PLAIN) for reason in Reason], dtype="U9")[view.run.fates.reason[rows]]
    for kind in kinds:
        mine = rows[kind_of == kind]
        if len(mine):
            yield _group(view, (hop, direction), kind, mine, sent_count(view, hop, direction))


@shared
def _lost_rows(view: View) -> I64:
    """Return the rows of the fate table that say lost and are sure enough to be told."""
    fates, rows = view.run.fates, view.undelivered
    rows = rows[(fates.fate[rows] == Fate.LOST) & (fates.grade[rows] != FateGrade.INCONCLUSIVE)]
    is_ended = np.zeros(len(rows), np.bool_)
    for hop in range(view.run.path.hop_count if view.has_ended_flows else 0):
        is_ended |= (fates.hop[rows] == hop) & view.ends(fates.packet[rows], hop)
    sure: I64 = rows[~is_ended]
    return sure


@shared
def sent_count(view: View, hop: int, direction: int) -> int:
    """Return how many packets of this direction came to the hop."""
    came = (view.run.fates.hop == hop) & (view.fate_direction == direction)
    undelivered = view.on_way(view.undelivered, hop, direction)
    originated = int((view.run.fates.fate[undelivered] == Fate.ORIGINATED).sum())
    return int(np.count_nonzero(came)) - originated


def _group(view: View, where: tuple[int, int], kind: str, rows: I64, sent: int) -> LossGroup:
    fates = view.run.fates
    return LossGroup(
        kind=kind,
        hop=where[0],
        direction=where[1],
        packets=fates.packet[rows],
        grades=fates.grade[rows].astype(np.int64),
        witnesses=fates.witness[rows],
        sent=sent,
    )


def grade_of(grades: I64) -> Grade:
    """Grade a group by its best-proven member only if most are: a claim about all needs most."""
    proven = int((grades == FateGrade.PROVEN).sum())
    return "proven" if 2 * proven > len(grades) else "likely"


def loss_evidence(view: View, group: LossGroup) -> tuple[FrameRef, ...]:
    """Return the frames of the first few packets, and those that show that they never arrived."""
    up = view.upstream(group.hop, group.direction)
    found: list[FrameRef] = []
    for packet, witness in list(zip(group.packets[:5].tolist(), group.witnesses[:5].tolist(), strict=True)):
        found.extend(view.cite(packet, up, "sent, never seen beyond"))
        if witness >= 0:
            place = int(view.first_place(np.array([witness]))[0])
            found.extend(view.cite(witness, place, "shows that it never arrived"))
    return tuple(found)


def speaks_against(view: View, group: LossGroup) -> tuple[str, ...]:
    """Say what keeps the far capture from being proven complete."""
    down = view.downstream(group.hop, group.direction)
    vantage = view.run.vantages[view.run.path.order[down]]
    dropped = [interface.dropped for interface in vantage.interfaces]
    if any(count is None for count in dropped):
        return (f"The capture at {vantage.name} carries no drop counter, so it is not proven to be complete.",)
    total = sum(count or 0 for count in dropped)
    return (f"The capture at {vantage.name} says that it dropped {total} frames itself.",) if total else ()
