"""Findings about the captures themselves: the network is innocent of these.

In: fates ``not_captured``, vantages, problems, copies. Out: ``capture-*`` and ``offload`` findings.
Method: each finding says a quantity and what it keeps from being known.
Not here: clocks (``clock.py``), packets outside a capture's time (``capture_window.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, percent, verb
from correlate.model.arrays import I64, Bool
from correlate.model.findings import Finding, FrameRef
from correlate.model.packets import ChecksumState, PacketFlag
from correlate.model.trajectories import Fate, FateGrade, Reason

MISSED = (Reason.SEEN_BEYOND, Reason.ACKED_FROM_BEYOND, Reason.UNSEEN_UPSTREAM, Reason.DROP_COUNTER)

NO_GAP = (
    "interfaces-left-out",
    "interfaces-not-split",
    "nanoseconds-under-microsecond-magic",
    "odd-time-stamps",
    "pause-between-files",
    "time-zone-unknown",
)
"""Problems that a reader should know of and that leave no frame out of the capture."""
FRAME_BYTES = 1500
"""Largest IP packet of an Ethernet frame without jumbo frames."""

LEAST_SHORTENED = 10
"""So many frames must be shorter than their packets before the capture is called cut."""

MUCH_SHARE = 0.01
"""A smaller share of merely likely misses is no reason to distrust a capture."""


def find_capture_faults(view: View) -> Iterator[Finding]:
    """Yield what is wrong with, or special about, each capture."""
    for place in range(view.places):
        yield from _missed(view, place)
        yield from _offload(view, place)
    for index in range(len(view.run.vantages)):
        yield from _damaged(view, index)
        yield from _copies(view, index)


def _absent_at(view: View, place: int, reasons: tuple[Reason, ...]) -> I64:
    """Return rows of the fate table of packets that this place's capture does not hold for one of these reasons."""
    fates, rows = view.run.fates, view.undelivered
    rows = rows[(fates.fate[rows] == Fate.NOT_CAPTURED) & np.isin(fates.reason[rows], reasons)]
    rows = rows[(fates.grade[rows] != FateGrade.INCONCLUSIVE) & (view.blamed_place(rows) == place)]
    kept: I64 = rows[~view.is_ended[view.run.trajectories.flow[fates.packet[rows]], fates.hop[rows]]]
    return kept


def _shortened(view: View, index: int) -> int:
    """Return how many frames end before the packet in them does, 0 unless most do: no network does that, an editor may.

    What is missing of such frames is no packet that the capture missed.
    """
    columns = view.run.packets[index].columns
    lies = (columns.flags & np.uint32(PacketFlag.LEN_LIES)) != 0
    short = int((lies & ((columns.flags & np.uint32(PacketFlag.FRAGMENT)) == 0)).sum())
    return short if short >= LEAST_SHORTENED and 2 * short >= len(columns.ts_ns) else 0


def _missed(view: View, place: int) -> Iterator[Finding]:
    if _shortened(view, view.run.path.order[place]):
        return
    rows = _absent_at(view, place, MISSED)
    rows = rows[~_may_be_paired(view, place, rows)] if len(rows) else rows
    if len(rows) == 0:
        return
    packets = np.unique(view.run.fates.packet[rows])
    name = view.name(place)
    held = int(view.is_seen[:, place].sum())
    count = len(packets)
    # A claim about all of them is proven only if most are.
    is_proven = 2 * int((view.run.fates.grade[rows] == FateGrade.PROVEN).sum()) > len(rows)
    is_much = bool((view.run.fates.grade[rows] == FateGrade.PROVEN).any()) or count >= MUCH_SHARE * (held + count)
    missed, share = counted(count, "packet"), percent(count, held + count)
    yield Finding(
        id=f"capture-loss/{place}",
        code="capture-loss",
        severity=CATALOGUE["capture-loss"].severity if is_much else "info",
        grade="proven" if is_proven else "likely",
        title=f"The capture at {name} misses {missed} that passed it ({share})",
        explanation=(
            "They are seen, or acknowledged, beyond it. This is a fault of the capture, not of the network; "
            f"their delays on the hops at {name} are unknown."
        ),
        vantage=name,
        quantity=count,
        unit="packets",
        out_of=held + count,
        packet=int(packets[0]),
        evidence=view.refs(packets[:4].tolist(), note=f"not in the capture at {name}", limit=8),
        settle=f"Capture at {name} with a larger buffer, a shorter snaplen or a filter.",
    )


def _may_be_paired(view: View, place: int, rows: I64) -> Bool:
    """Tell which packets, not proven to be missed, may stand in the place's capture after all.

    A flow of which the place holds packets of this direction that are seen nowhere else may have them paired wrongly;
    of a packet that exists twice one may be a copy born beyond.
    """
    fates, table = view.run.fates, view.run.trajectories
    is_alone = view.is_seen[:, place] & (view.is_seen.sum(axis=1) == 1)
    side = table.flow.astype(np.int64) * 2 + table.is_outbound
    has_rest = np.zeros(2 * len(view.run.joined), np.bool_)
    has_rest[side[is_alone]] = True
    packets = fates.packet[rows]
    may_be_born = (fates.reason[rows] == Reason.UNSEEN_UPSTREAM) & view.is_repeated[packets]
    is_open = (fates.grade[rows] != FateGrade.PROVEN) & has_rest[side[packets]]
    return np.asarray(is_open | may_be_born, np.bool_)


def _offload(view: View, place: int) -> Iterator[Finding]:
    columns = view.run.packets[view.run.path.order[place]].columns
    unfinished = (columns.flags & np.uint32(PacketFlag.IP_LEN_ZERO)) != 0
    unfinished |= columns.l4_csum_state == ChecksumState.PARTIAL
    is_long = columns.ip_len > FRAME_BYTES
    if not (is_long.any() or unfinished.any()):
        return
    rows = view.run.trajectories.rows[:, place]
    counts = np.bincount(rows[np.flatnonzero(view.is_seen[:, place])], minlength=len(columns.ts_ns))
    # What fits into a frame may have been cut by a box, and a datagram that others hold in fragments by a router.
    is_super = (counts > 1) & is_long
    if is_super.any():
        is_super &= ~_is_fragmented(view, place)
    if view.is_part:
        kept = np.bincount(rows[np.flatnonzero(view.is_seen[:, place] & view.kept)], minlength=len(counts))
        unfinished &= (kept > 0) | (counts == 0)
        is_super &= kept > 0
    pieces = int(counts[is_super].sum())
    found = np.flatnonzero(unfinished | is_super)
    if len(found) == 0:
        return
    name = view.name(place)
    parts = [
        f"{_frames(unfinished)} captured before the card wrote checksum or length",
        f"{_frames(is_super)} held elsewhere in pieces ({counted(pieces, 'packet')})",
    ]
    told = [text for text, some in zip(parts, (unfinished.any(), is_super.any()), strict=True) if some]
    file = view.run.vantages[view.run.path.order[place]].files[int(columns.file[found[0]])].path
    yield Finding(
        id=f"offload/{place}",
        code="offload",
        severity=CATALOGUE["offload"].severity,
        grade="proven",
        title=f"Segmentation or checksum offload at {name}: {counted(len(found), 'frame')}",
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


def _is_fragmented(view: View, place: int) -> Bool:
    """Return which rows of a place are fragments, or stand in packets that other vantages hold in fragments."""
    rows = view.run.trajectories.rows
    found = (view.run.packets[view.run.path.order[place]].columns.flags & PacketFlag.FRAGMENT) != 0
    for other, vantage in enumerate(view.run.path.order):
        both = np.flatnonzero((rows[:, place] >= 0) & (rows[:, other] >= 0))
        is_part = (view.run.packets[vantage].columns.flags[rows[both, other]] & PacketFlag.FRAGMENT) != 0
        found[rows[both[is_part], place]] = True
    return np.asarray(found, np.bool_)


def _frames(which: Bool) -> str:
    count = int(which.sum())
    return f"{counted(count, 'frame')} {verb(count, 'was', 'were')}"


def _damaged(view: View, index: int) -> Iterator[Finding]:
    vantage = view.run.vantages[index]
    columns = view.run.packets[index].columns
    cut = int(((columns.flags & np.uint32(PacketFlag.CAP_CUT)) != 0).sum())
    gaps = [problem for problem in vantage.problems if problem.kind not in NO_GAP]
    details = [problem.detail for problem in gaps]
    short = _shortened(view, index)
    if short:
        frames = f"{counted(short, 'frame')} {verb(short, 'ends', 'end')} before the packet in them does"
        details.append(f"{frames}, as if a check sequence that was not there had been cut off")
    if not details and not cut:
        return
    if cut:
        frames = f"{counted(cut, 'frame')} {verb(cut, 'is', 'are')} cut (snaplen {vantage.snaplen or 'unknown'})"
        details.append(f"{frames}, what is missing of them is not compared")
    yield Finding(
        id=f"capture-truncated/{index}",
        code="capture-truncated",
        severity=CATALOGUE["capture-truncated"].severity if gaps or short else "info",
        grade="proven",
        title=f"The capture at {vantage.name} is incomplete",
        explanation="; ".join(details[:5]) + ".",
        vantage=vantage.name,
        quantity=cut + short + sum(problem.count for problem in gaps),
        unit="packets",
    )


def _copies(view: View, index: int) -> Iterator[Finding]:
    vantage = view.run.vantages[index]
    if vantage.duplicates == 0:
        return
    share = percent(vantage.duplicates, vantage.frames)
    copies = view.run.match.copies
    row = int(copies.row[copies.vantage == index][0])
    columns = view.run.packets[index].columns
    yield Finding(
        id=f"capture-duplicates/{index}",
        code="capture-duplicates",
        severity=CATALOGUE["capture-duplicates"].severity,
        grade="likely",
        title=f"The capture at {vantage.name} holds {counted(vantage.duplicates, 'copy')} of its own packets ({share})",
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
        settle="Mirror one direction of one port, or capture on one interface, and see whether they are gone.",
    )
