"""What is cleared, and what cannot be told.

In: all other findings and the fates. Out: ``clean`` and ``cannot-tell``.
Method: a hop is clean only if every packet on it was judged, nothing blames it and nothing about it is inconclusive;
ambiguity is said, never rounded to innocence or guilt.
Not here: accusations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from correlate.diagnose.catalogue import BLAMES_A_HOP, CATALOGUE, CHANGES_A_HOP
from correlate.diagnose.held import NOTICE_NS, crossing_delays
from correlate.diagnose.loss_range import loss_range
from correlate.diagnose.silence import LEAST_TRIES, unanswered
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, duration
from correlate.model.arrays import I64
from correlate.model.findings import Finding
from correlate.model.trajectories import Fate, FateGrade, Reason

CLEAN_NS = 100_000_000
"""People notice a tenth of a second; a hop that adds more to some packet, for whatever reason, is not called clean."""


def give_verdicts(view: View, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield ``cannot-tell`` for every open question, then ``clean`` for every hop without any."""
    is_asked = any(one.code == "cannot-tell" for one in findings)
    open_questions = [*([] if is_asked else _lone(view)), *_unplaced(view)]
    for hop in range(view.run.path.hop_count):
        open_questions += [*_ambiguous(view, hop), *_vanished(view, hop), *_one_way(view, hop)]
    yield from open_questions
    yield from _clean(view, [*findings, *open_questions])


def _lone(view: View) -> Iterator[Finding]:
    if sum(vantage.kind != "drop-log" for vantage in view.run.vantages) != 1:
        return
    name = next(vantage.name for vantage in view.run.vantages if vantage.kind != "drop-log")
    finding = _cannot_tell(
        "lone",
        f"One vantage ({name}) cannot tell where packets are lost, delayed or changed",
        "Only times on one clock and one-sided evidence are known.",
        f"A second capture at the same time, at the far end of the flows seen at {name}.",
    )
    yield attrs.evolve(finding, vantage=name)


def _unplaced(view: View) -> Iterator[Finding]:
    for index in view.run.path.unplaced:
        if view.run.vantages[index].kind == "drop-log":
            continue
        name = view.run.vantages[index].name
        finding = _cannot_tell(
            f"unplaced/{index}",
            f"The capture at {name} shares no packet with the others",
            "It cannot be placed on the path; its packets are counted as unmatched, never as lost.",
            f"A capture at {name} of the same traffic at the same time, without a filter.",
        )
        yield attrs.evolve(finding, vantage=name)


def _ambiguous(view: View, hop: int) -> Iterator[Finding]:
    fates = view.run.fates
    rows = _open_rows(view)
    rows = rows[fates.hop[rows] == hop]
    rows = rows[~view.ends(fates.packet[rows], hop)]
    if len(rows) == 0:
        return
    first, second = view.hop(hop)
    packets = fates.packet[rows]
    finding = _cannot_tell(
        f"ambiguous/{hop}",
        f"{counted(len(rows), 'packet')} seen on one side of {first} - {second} only: lost, or missed by the capture",
        "What the captures hold is not enough to call them lost: the far capture may have missed them."
        + "".join(f" {text}" for text in _ranges(view, hop)),
        f"Captures at {first} and {second} with drop counters (pcapng), started before the traffic.",
    )
    yield attrs.evolve(
        finding,
        hop=(first, second),
        quantity=len(rows),
        unit="packets",
        packet=int(packets[0]),
        evidence=view.refs(packets[:4].tolist(), note="seen here only", limit=6),
    )


def _ranges(view: View, hop: int) -> Iterator[str]:
    """Say per direction how many of all absent packets were lost."""
    for direction in (1, -1):
        several = loss_range(view, hop, direction)
        if several is not None and several.absent > 1:
            up, down = view.upstream(hop, direction), view.downstream(hop, direction)
            way = f"{view.name(up)} to {view.name(down)}"
            yield f"{way}: of {several.absent} absent {several.lo} to {several.hi} were lost (95 % interval)."


def _vanished(view: View, hop: int) -> Iterator[Finding]:
    """Ask about connection attempts that nobody answers and that nothing beyond the hop shows."""
    fates = view.run.fates
    rows = view.undelivered[fates.hop[view.undelivered] == hop]
    rows = rows[(fates.reason[rows] == Reason.BYPASS) & (fates.fate[rows] == Fate.NOT_CAPTURED)]
    packets = np.intersect1d(fates.packet[rows], unanswered(view)) if len(rows) else rows
    if len(packets) < LEAST_TRIES:
        return
    first, second = view.hop(hop)
    finding = _cannot_tell(
        f"vanished/{hop}",
        f"{counted(len(packets), 'connection attempt')} without an answer not seen beyond {first} - {second}",
        "Nothing else of these two hosts crosses the hop: they may be dropped on it, take another path, or be left out "
        "of the far capture.",
        f"Any other traffic of the same two hosts at the same time (a ping), or a capture next to {first}.",
    )
    yield attrs.evolve(
        finding,
        hop=(first, second),
        quantity=len(packets),
        unit="packets",
        flows=view.flows_of(packets),
        packet=int(packets[0]),
        evidence=view.refs(packets[:4].tolist(), note="no answer, not seen beyond", limit=4),
    )


def _open_rows(view: View) -> I64:
    """Return the undecided rows of the fate table: ambiguous ones, and claims without any grade of certainty."""
    fates, rows = view.run.fates, view.undelivered
    fate = fates.fate[rows]
    is_unsure = (fates.grade[rows] == FateGrade.INCONCLUSIVE) & np.isin(fate, (Fate.LOST, Fate.ORIGINATED))
    undecided: I64 = rows[(fate == Fate.AMBIGUOUS) | is_unsure]
    return undecided


def _one_way(view: View, hop: int) -> Iterator[Finding]:
    clock = view.run.clocks.hops[hop]
    if view.run.path.is_guessed:
        yield _unknown_way(view, hop)
        return
    if (clock.samples_forward > 0) == (clock.samples_reverse > 0):
        return
    first, second = view.hop(hop)
    is_bounded = bool((np.isfinite(clock.curve.lo) & np.isfinite(clock.curve.hi)).any())
    finding = _cannot_tell(
        f"one-way/{hop}",
        f"One-way delay between {first} and {second} is unknown: only one direction has packets that tell it",
        "The other direction is known from acknowledgements only, so the bounds are as wide as what lies beyond."
        if is_bounded
        else "Without unmistakable packets both ways the clocks are bounded from one side only.",
        "Any two-way traffic across the hop during the capture (a ping suffices).",
    )
    yield attrs.evolve(finding, hop=(first, second))


def _unknown_way(view: View, hop: int) -> Finding:
    first, second = view.hop(hop)
    finding = _cannot_tell(
        f"one-way/{hop}",
        f"Which way packets travel between {first} and {second} is unknown: all go one way and keep their TTL",
        f"They are taken to go from {first} to {second}, as the captures were given; clocks cannot be aligned on that.",
        "Two-way traffic across the hop (a ping suffices), or --order given if they were given along the way.",
    )
    return attrs.evolve(finding, hop=(first, second))


def _cannot_tell(key: str, title: str, explanation: str, settle: str) -> Finding:
    """Return the finding with its text; the caller adds where."""
    return Finding(
        id=f"cannot-tell/{key}",
        code="cannot-tell",
        severity=CATALOGUE["cannot-tell"].severity,
        grade="inconclusive",
        title=title,
        explanation=explanation,
        settle=settle,
    )


@attrs.frozen(kw_only=True)
class Innocence:
    """A hop that nothing speaks against."""

    hop: int
    added_ns: int
    """The largest delay above the floor of its direction."""
    is_proven: bool
    """Every packet that the far capture lacks is proven to have passed."""


def _clean(view: View, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield one finding for the whole path, or one per innocent hop."""
    innocent = [found for hop in range(view.run.path.hop_count) for found in _innocence(view, hop, findings)]
    if not innocent:
        return
    unplaced = [index for index in view.run.path.unplaced if view.run.vantages[index].kind != "drop-log"]
    if len(innocent) == view.run.path.hop_count and not unplaced:
        yield _clean_finding(view, innocent, counted(len(innocent), "hop"), None)
        return
    for one in innocent:
        yield _clean_finding(view, [one], " - ".join(view.hop(one.hop)), view.hop(one.hop))


def _innocence(view: View, hop: int, findings: Sequence[Finding]) -> Iterator[Innocence]:
    """Yield the hop if it is innocent."""
    names = view.hop(hop)
    is_spoken_of = any(
        one.hop == names and (one.code in BLAMES_A_HOP | CHANGES_A_HOP or one.grade == "inconclusive")
        for one in findings
    )
    if is_spoken_of or _has_untold_changes(view, hop):
        return
    fates = view.run.fates
    here = fates.hop == hop
    is_used = bool((here & (fates.fate == Fate.DELIVERED)).any())
    is_answering = bool((here & (fates.reason == Reason.ANSWERED_ON_HOP)).any())
    known = [excess for way in (1, -1) if len(excess := crossing_delays(view, hop, way)[1])]
    # Where no delay is known at all, none is cleared.
    added = max((int(excess.max()) for excess in known), default=CLEAN_NS + 1)
    if not is_used or is_answering or added > CLEAN_NS:
        return
    missed = here & (fates.fate == Fate.NOT_CAPTURED) & (fates.reason != Reason.WINDOW)
    is_proven = bool((fates.grade[missed] == FateGrade.PROVEN).all())
    yield Innocence(hop=hop, added_ns=added, is_proven=is_proven)


def _has_untold_changes(view: View, hop: int) -> bool:
    """Tell whether some packet differs by more than routing and NAT; told or not, the hop is then not clean."""
    return bool((view.run.mutations.odd.hop[view.unexpected] == hop).any())


def _clean_finding(view: View, hops: list[Innocence], where: str, names: tuple[str, str] | None) -> Finding:
    fates = view.run.fates
    delivered = np.isin(fates.hop, [one.hop for one in hops]) & (fates.fate == Fate.DELIVERED)
    is_delivered = np.zeros(len(view.run.trajectories), np.bool_)
    is_delivered[fates.packet[delivered]] = True
    packets = int(np.count_nonzero(is_delivered))
    is_proven = all(one.is_proven for one in hops)
    floor = _rounded_up(max(NOTICE_NS, *(one.added_ns for one in hops)))
    return Finding(
        id=f"clean/{hops[0].hop}" if names else "clean",
        code="clean",
        severity=CATALOGUE["clean"].severity,
        grade="proven" if is_proven else "likely",
        title=f"No loss, change or added delay above {duration(floor)} on {where}, {counted(packets, 'packet')}",
        explanation="Every packet that came here within the captures' time is accounted for.",
        hop=names,
        quantity=packets,
        unit="packets",
        settle=None if is_proven else "Captures that miss nothing (drop counters in pcapng would prove it).",
    )


def _rounded_up(ns: int) -> int:
    """Return the next multiple of 5 ms."""
    return -(-ns // 5_000_000) * 5_000_000
