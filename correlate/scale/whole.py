"""The sum of all parts.

In: summaries, surveys, and the run of the part that illustrates them. Out: ``Whole``; the run with the figures and
findings of the whole; report.json.
Method: flows are numbered in order of time, packets are counted on; what a reader sees of single packets is the
illustrating part's.
Not here: each kind of sum (``claims.py``, ``documents.py``, ``figures.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

import attrs
import numpy as np

from correlate.diagnose.loss_range import LossCounts, surely_of
from correlate.model.arrays import I64
from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.model.frames import Problem
from correlate.model.metrics import HopMetrics
from correlate.model.vantage import Vantage
from correlate.report.document import report_json
from correlate.report.limits import LIMIT
from correlate.scale.claims import Claims, Merged, Sums
from correlate.scale.cuts import AFTER, BEFORE
from correlate.scale.documents import clocks_of, flows_of, mutations_of, transactions_of, translations_of
from correlate.scale.figures import hops_of, hosts_of, ledger_of, told_of
from correlate.scale.kept import AnySummary
from correlate.scale.numbering import FlowNumbers
from correlate.scale.survey import Survey
from correlate.scale.titles import counts_flows, retold


@attrs.frozen(kw_only=True)
class Whole:
    """All parts, added."""

    summaries: tuple[AnySummary, ...]
    """In order of time."""
    firsts: tuple[int, ...]
    """Packets told of before each part."""
    numbers: Sequence[I64]
    """Per part: number in the whole of each of its own flows; -1 = not told of."""
    flows: FlowNumbers
    claims: tuple[Merged, ...]
    hops: tuple[HopMetrics, ...]
    names: tuple[str, ...]
    """Vantages in path order."""
    translations: list[dict[str, Any]]
    """As in report.json, all of them."""

    @property
    def illustrating(self) -> int:
        """Number of the part that shows the gravest finding, or the first one."""
        return self.claims[0].lead.part if self.claims else self.summaries[0].number

    @property
    def shares_packets(self) -> bool:
        """Whether any packet was seen at two vantages."""
        return any(summary.shares_packets for summary in self.summaries)


def whole_of(
    summaries: Sequence[AnySummary],
    names: Sequence[str],
    last_part: int,
    hold: Callable[[Iterable[I64]], Sequence[I64]] = tuple,
) -> Whole:
    """Add the summaries of all parts, in order of time.

    Parameters
    ----------
    summaries
        Of all parts.
    names
        Vantages in path order.
    last_part
        Number of the last part there is.
    hold
        Keeps the parts' flow numbers.
    """
    flows = FlowNumbers()
    numbers = hold(flows.take(summary.members) for summary in summaries)
    firsts = tuple(accumulate((summary.packets for summary in summaries), initial=0))[:-1]
    claims = Claims()
    for summary, number in zip(summaries, numbers, strict=True):
        claims.take(summary.number, [_numbered(finding, number) for finding in summary.findings], last_part)
    hops = hops_of(summaries, list(pairwise(names)))
    translations = translations_of(summaries, numbers, list(pairwise(names)))
    translated = {(tuple(one["hop"]), one["kind"]): one["flows"] for one in translations}
    sums = Sums(_sent(hops, names), _surely_lost(summaries), translated, _seen(summaries))
    return Whole(
        summaries=tuple(summaries),
        firsts=firsts,
        numbers=numbers,
        flows=flows,
        claims=tuple(claims.merged(sums)),
        hops=hops,
        names=tuple(names),
        translations=translations,
    )


def _sent(hops: Sequence[HopMetrics], names: Sequence[str]) -> dict[tuple[tuple[str, str], str], int]:
    """Return how many packets came to each hop, by its ends and the direction."""
    sides = ((hop.hop, side, getattr(hop, side).sent) for hop in hops for side in ("forward", "reverse"))
    return {((names[place], names[place + 1]), side): count for place, side, count in sides}


def _seen(summaries: Sequence[AnySummary]) -> Counter[str]:
    """Return how many packets each vantage holds."""
    total = Counter[str]()
    for summary in summaries:
        total.update(summary.seen)
    return total


def _surely_lost(summaries: Sequence[AnySummary]) -> dict[tuple[tuple[str, str], str], int]:
    """Return how many packets were surely lost, by the hop's ends and the direction, from the counts of all parts.

    Many absent packets together tell more than part by part: rates are surer, and chance evens out.
    """
    sums: dict[tuple[tuple[str, str], str], LossCounts] = {}
    for summary in summaries:
        order = summary.order
        for hop, direction, *counts in summary.losses:
            key = (order[hop], order[hop + 1]), "forward" if direction > 0 else "reverse"
            mine = LossCounts(*counts)
            sums[key] = sums[key].plus(mine) if key in sums else mine
    return {key: surely_of(counts) for key, counts in sums.items()}


def _numbered(finding: Finding, number: I64) -> Finding:
    """Return a finding of the flows that its part tells of, under their numbers in the whole."""
    told = tuple(int(number[flow]) for flow in finding.flows if flow < len(number) and number[flow] >= 0)
    title = retold(finding, None, None, len(told)) if counts_flows(finding) else finding.title
    return attrs.evolve(finding, flows=told, title=title)


def illustrate(whole: Whole, run: Correlation, surveys: Mapping[str, Survey], *, is_scoped: bool) -> Correlation:
    """Return the run of the illustrating part with the figures and findings of the whole.

    Parameters
    ----------
    whole
        All parts.
    run
        The part's own run.
    surveys
        By name of the vantage; interfaces of a file have none.
    is_scoped
        The user's options leave packets out.
    """
    summaries = whole.summaries
    ledgers = [ledger_of(surveys.get(v.name), summaries, v.name, is_scoped=is_scoped) for v in run.vantages]
    return attrs.evolve(
        run,
        vantages=tuple(_vantage(one, surveys.get(one.name), whole) for one in run.vantages),
        metrics=attrs.evolve(run.metrics, hops=whole.hops, hosts=hosts_of(summaries, len(whole.names))),
        ledgers=tuple(ledgers),
        findings=tuple(_illustrated(one, whole.illustrating, run) for one in whole.claims),
        numbers=_numbers(whole, run),
    )


def _numbers(whole: Whole, run: Correlation) -> I64:
    """Return the numbers in the whole of the illustrating part's packets; 0 = another part tells of it."""
    place = next(at for at, summary in enumerate(whole.summaries) if summary.number == whole.illustrating)
    return np.where(run.kept, whole.firsts[place] + np.cumsum(run.kept), 0)


def _vantage(part: Vantage, survey: Survey | None, whole: Whole) -> Vantage:
    """Return a vantage with the whole of its capture, as far as it was surveyed apart."""
    detail = (
        f"it does not fit into memory: correlated in {len(whole.summaries)} parts of its time, each with what lies "
        "before and after it"
    )
    problem = Problem(kind="parts", detail=detail)
    vantage = attrs.evolve(
        part, duplicates=told_of(whole.summaries, part.name).duplicates, problems=(*part.problems, problem)
    )
    if survey is None:
        return vantage
    first, last = survey.span_ns or (None, None)
    return attrs.evolve(
        vantage,
        files=tuple(
            attrs.evolve(file, frames=survey.frames_of(index), start=None) for index, file in enumerate(part.files)
        ),
        frames=sum(survey.fates),
        first_captured_ns=first,
        last_captured_ns=last,
        problems=(*survey.problems, problem),
    )


def _illustrated(one: Merged, part: int, run: Correlation) -> Finding:
    """Return a finding that points into the illustrating part, or at no single packet."""
    own = next(
        (finding for finding in run.findings if one.lead.part == part and finding.id == one.lead.finding.id), None
    )
    if own is None:
        return attrs.evolve(one.finding, flows=(), packet=None)
    return attrs.evolve(one.finding, flows=own.flows, packet=own.packet)


def document_of(whole: Whole, run: Correlation) -> dict[str, Any]:
    """Return report.json of the whole; ``run`` is what :func:`illustrate` returned."""
    document = report_json(run)
    hops = list(pairwise(whole.names))
    mutations = mutations_of(whole.summaries, whole.firsts, hops)
    named = list(dict.fromkeys(flow for one in whole.claims for flow in one.finding.flows))
    first_of = {summary.number: first for summary, first in zip(whole.summaries, whole.firsts, strict=True)}
    for entry, one in zip(document["findings"], whole.claims, strict=False):
        packet = one.lead.finding.packet
        entry["flows"] = list(one.finding.flows[:LIMIT])
        entry["flows_count"] = len(one.finding.flows)
        entry["packet"] = None if packet is None else first_of[one.lead.part] + packet + 1
    return {
        **document,
        "parts": [_part_json(one) for one in whole.summaries[:LIMIT]],
        "parts_count": len(whole.summaries),
        "clocks": clocks_of(whole.summaries),
        "flows": flows_of(whole.summaries, whole.numbers, whole.flows, named),
        "translations": whole.translations[:LIMIT],
        "translations_count": len(whole.translations),
        "transactions": transactions_of(whole.summaries, whole.firsts, whole.numbers),
        "mutations": mutations[:LIMIT],
        "mutations_count": len(mutations),
    }


def _part_json(summary: AnySummary) -> dict[str, int | None]:
    """Return a part's own time on the reference clock, None = no end, and the packets that it tells of."""
    since, until = (None if end in (BEFORE, AFTER) else end for end in summary.own)
    return {"part": summary.number, "from_ns": since, "to_ns": until, "packets": summary.packets}
