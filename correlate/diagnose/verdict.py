"""What is cleared, and what cannot be told.

In: all other findings and the fates. Out: ``clean`` and ``cannot-tell``.
Method: a hop is clean only if every packet on it was judged and nothing blames it; ambiguity is said, never rounded to
innocence or guilt.
Not here: accusations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from correlate.diagnose.catalogue import BLAMES_A_HOP, CATALOGUE
from correlate.diagnose.delay import NOTICE_NS, duration
from correlate.diagnose.view import View
from correlate.model.findings import Finding
from correlate.model.trajectories import Fate


def give_verdicts(view: View, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield ``cannot-tell`` for every open question, then ``clean`` for every hop without any."""
    yield from _lone(view)
    yield from _unplaced(view)
    for hop in range(view.run.path.hop_count):
        yield from _ambiguous(view, hop)
        yield from _one_way(view, hop)
    yield from _clean(view, findings)


def _lone(view: View) -> Iterator[Finding]:
    if len(view.run.vantages) != 1:
        return
    name = view.run.vantages[0].name
    finding = _cannot_tell(
        "lone",
        f"One vantage ({name}) cannot tell where packets are lost, delayed or changed",
        "Only times on one clock and one-sided evidence are known.",
        f"A second capture at the same time, at the far end of the flows seen at {name}.",
    )
    yield attrs.evolve(finding, vantage=name)


def _unplaced(view: View) -> Iterator[Finding]:
    for index in view.run.path.unplaced:
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
    rows = np.flatnonzero((fates.hop == hop) & (fates.fate == Fate.AMBIGUOUS))
    if len(rows) == 0:
        return
    first, second = view.hop(hop)
    packets = fates.packet[rows]
    finding = _cannot_tell(
        f"ambiguous/{hop}",
        f"{len(rows)} packets seen on one side of {first} - {second} only: lost, or missed by the capture",
        "No acknowledgement, retransmission or later sighting decides between the two.",
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


def _one_way(view: View, hop: int) -> Iterator[Finding]:
    clock = view.run.clocks.hops[hop]
    if (clock.samples_forward > 0) == (clock.samples_reverse > 0):
        return
    first, second = view.hop(hop)
    finding = _cannot_tell(
        f"one-way/{hop}",
        f"One-way delay between {first} and {second} is unknown: traffic crosses in one direction only",
        "Without packets both ways the clocks are bounded from one side only.",
        "Any two-way traffic across the hop during the capture (a ping suffices).",
    )
    yield attrs.evolve(finding, hop=(first, second))


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


def _clean(view: View, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield one finding for the whole path, or one per innocent hop."""
    hops = range(view.run.path.hop_count)
    innocent = [hop for hop in hops if _is_clean(view, hop, findings)]
    if not innocent:
        return
    is_whole = len(innocent) == view.run.path.hop_count and not view.run.path.unplaced
    if is_whole:
        count = view.run.path.hop_count
        yield _clean_finding(view, innocent, f"{count} hop{'s' if count > 1 else ''}", None)
        return
    for hop in innocent:
        yield _clean_finding(view, [hop], " - ".join(view.hop(hop)), view.hop(hop))


def _is_clean(view: View, hop: int, findings: Sequence[Finding]) -> bool:
    fates = view.run.fates
    here = fates.hop == hop
    is_judged = not bool((here & (fates.fate == Fate.AMBIGUOUS)).any())
    is_used = bool((here & (fates.fate == Fate.DELIVERED)).any())
    names = view.hop(hop)
    is_blamed = any(one.hop == names and one.code in BLAMES_A_HOP for one in findings)
    return is_judged and is_used and not is_blamed


def _clean_finding(view: View, hops: list[int], where: str, names: tuple[str, str] | None) -> Finding:
    fates = view.run.fates
    delivered = np.isin(fates.hop, hops) & (fates.fate == Fate.DELIVERED)
    packets = len(np.unique(fates.packet[delivered]))
    return Finding(
        id=f"clean/{hops[0]}" if names else "clean",
        code="clean",
        severity=CATALOGUE["clean"].severity,
        grade="proven",
        title=f"No loss, change or added delay above {duration(NOTICE_NS)} on {where}, {packets} packets",
        explanation="Every packet that came to these hops within the captures' time is accounted for.",
        hop=names,
        quantity=packets,
        unit="packets",
    )
