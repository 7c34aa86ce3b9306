"""Findings about the captures themselves: the network is innocent of these.

In: fates ``not_captured``, vantages, problems, copies. Out: ``capture-*`` and ``offload`` findings.
Method: each finding says a quantity and what it keeps from being known.
Not here: clocks (``clock.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.view import View
from correlate.model.arrays import I64
from correlate.model.findings import Finding, FrameRef
from correlate.model.matches import Tier
from correlate.model.packets import ChecksumState, PacketFlag
from correlate.model.trajectories import Fate, FateGrade, Reason

MISSED = (Reason.SEEN_BEYOND, Reason.ACKED_FROM_BEYOND, Reason.UNSEEN_UPSTREAM, Reason.DROP_COUNTER)


def find_capture_faults(view: View) -> Iterator[Finding]:
    """Yield what is wrong with, or special about, each capture."""
    for place in range(view.places):
        yield from _missed(view, place)
        yield from _window(view, place)
        yield from _offload(view, place)
    for index in range(len(view.run.vantages)):
        yield from _damaged(view, index)
        yield from _copies(view, index)


def _absent_at(view: View, place: int, reasons: tuple[Reason, ...]) -> I64:
    """Return rows of the fate table of packets that this place's capture does not hold for one of these reasons."""
    fates = view.run.fates
    direction = view.run.trajectories.direction[fates.packet].astype(np.int64)
    entry = fates.hop + (direction < 0)
    exit_place = fates.hop + (direction >= 0)
    # UNSEEN_UPSTREAM blames the capture at the hop's entry; the others the one at its exit.
    blamed = np.where(fates.reason == Reason.UNSEEN_UPSTREAM, entry, exit_place)
    chosen = (fates.fate == Fate.NOT_CAPTURED) & np.isin(fates.reason, reasons) & (blamed == place)
    return np.flatnonzero(chosen)


def _missed(view: View, place: int) -> Iterator[Finding]:
    rows = _absent_at(view, place, MISSED)
    if len(rows) == 0:
        return
    packets = np.unique(view.run.fates.packet[rows])
    name = view.name(place)
    held = int(view.is_seen[:, place].sum())
    percent = 100.0 * len(packets) / (held + len(packets))
    is_proven = bool((view.run.fates.grade[rows] == FateGrade.PROVEN).any())
    yield Finding(
        id=f"capture-loss/{place}",
        code="capture-loss",
        severity=CATALOGUE["capture-loss"].severity,
        grade="proven" if is_proven else "likely",
        title=f"The capture at {name} misses {len(packets)} packets that passed it ({percent:.2g} %)",
        explanation=(
            "They are seen, or acknowledged, beyond it. This is a fault of the capture, not of the network; "
            f"delays of these packets on the hops at {name} are unknown."
        ),
        vantage=name,
        quantity=len(packets),
        unit="packets",
        packet=int(packets[0]),
        evidence=view.refs(packets[:4].tolist(), note=f"not in the capture at {name}", limit=8),
        settle=f"Capture at {name} with a larger buffer, a shorter snaplen or a filter.",
    )


def _window(view: View, place: int) -> Iterator[Finding]:
    rows = _absent_at(view, place, (Reason.WINDOW,))
    if len(rows) == 0:
        return
    packets = np.unique(view.run.fates.packet[rows])
    name = view.name(place)
    yield Finding(
        id=f"capture-window/{place}",
        code="capture-window",
        severity=CATALOGUE["capture-window"].severity,
        grade="proven",
        title=f"{len(packets)} packets fall outside the time that the capture at {name} covers",
        explanation="They would have passed before its first or after its last frame; nothing is said about them.",
        vantage=name,
        quantity=len(packets),
        unit="packets",
        packet=int(packets[0]),
        evidence=view.refs(packets[:4].tolist(), note=f"outside the capture at {name}", limit=8),
    )


def _offload(view: View, place: int) -> Iterator[Finding]:
    columns = view.run.packets[view.run.path.order[place]].columns
    unfinished = (columns.flags & np.uint32(PacketFlag.IP_LEN_ZERO)) != 0
    unfinished |= columns.l4_csum_state == ChecksumState.PARTIAL
    rows = view.run.trajectories.rows[:, place]
    used, counts = np.unique(rows[rows >= 0], return_counts=True)
    is_super = np.zeros(len(columns.ts_ns), np.bool_)
    is_super[used[counts > 1]] = True
    found = np.flatnonzero(unfinished | is_super)
    if len(found) == 0:
        return
    name = view.name(place)
    pieces = int((view.run.trajectories.tier == Tier.RANGE).sum())
    parts = [
        f"{int(unfinished.sum())} frames were captured before the card wrote their checksum or length",
        f"{int(is_super.sum())} frames are super-segments that other vantages hold in pieces ({pieces} packets)",
    ]
    told = [text for text, some in zip(parts, (unfinished.any(), is_super.any()), strict=True) if some]
    file = view.run.vantages[view.run.path.order[place]].files[int(columns.file[found[0]])].path
    yield Finding(
        id=f"offload/{place}",
        code="offload",
        severity=CATALOGUE["offload"].severity,
        grade="proven",
        title=f"Segmentation or checksum offload at {name}: {len(found)} frames",
        explanation=f"{'; '.join(told)}. Their checksums and sizes accuse nobody.",
        vantage=name,
        quantity=len(found),
        unit="packets",
        evidence=tuple(
            FrameRef(vantage=name, file=file, frame=int(columns.frame[row]), time_ns=None, note="before the card")
            for row in found[:4].tolist()
            if columns.file[row] == columns.file[found[0]]
        ),
    )


def _damaged(view: View, index: int) -> Iterator[Finding]:
    vantage = view.run.vantages[index]
    columns = view.run.packets[index].columns
    cut = int(((columns.flags & np.uint32(PacketFlag.CAP_CUT)) != 0).sum())
    details = [problem.detail for problem in vantage.problems]
    if not details and not cut:
        return
    if cut:
        details.append(f"{cut} frames are cut (snaplen {vantage.snaplen or 'unknown'}), their payload is not compared")
    yield Finding(
        id=f"capture-truncated/{index}",
        code="capture-truncated",
        severity=CATALOGUE["capture-truncated"].severity if vantage.problems else "info",
        grade="proven",
        title=f"The capture at {vantage.name} is incomplete",
        explanation="; ".join(details[:5]) + ".",
        vantage=vantage.name,
        quantity=cut + sum(problem.count for problem in vantage.problems),
        unit="packets",
    )


def _copies(view: View, index: int) -> Iterator[Finding]:
    vantage = view.run.vantages[index]
    if vantage.duplicates == 0:
        return
    percent = 100.0 * vantage.duplicates / max(1, vantage.frames)
    copies = view.run.match.copies
    row = int(copies.row[copies.vantage == index][0])
    columns = view.run.packets[index].columns
    yield Finding(
        id=f"capture-duplicates/{index}",
        code="capture-duplicates",
        severity=CATALOGUE["capture-duplicates"].severity,
        grade="likely",
        title=f"The capture at {vantage.name} holds {vantage.duplicates} packets more than once ({percent:.2g} %)",
        explanation="Mirror, VLAN or routed copies of one packet: neither retransmissions nor network duplicates.",
        vantage=vantage.name,
        quantity=vantage.duplicates,
        unit="packets",
        evidence=(
            FrameRef(
                vantage=vantage.name,
                file=vantage.files[int(columns.file[row])].path,
                frame=int(columns.frame[row]),
                time_ns=None,
                note="a copy",
            ),
        ),
    )
