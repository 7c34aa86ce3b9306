"""Figures per hop and host, and the ledgers, over all parts.

In: summaries and surveys. Out: ``HopMetrics``, ``HostMetrics``, ``Ledger``.
Method: counts are added; quantiles come from spreads added rank by rank. A hop that a part does not have (a vantage saw
nothing in that time) has no figures from it.
Not here: lists of report.json (``documents.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from correlate.model.ledger import Ledger
from correlate.model.metrics import DirectionMetrics, HopMetrics, HostMetrics, OneWayDelay
from correlate.model.packets import FrameFate
from correlate.scale.kept import AnySummary
from correlate.scale.spread import Spread, SpreadSum
from correlate.scale.summary import HopSpreads, Told
from correlate.scale.survey import Survey

COUNTS = (
    "delivered", "lost", "not_captured", "absorbed", "ambiguous", "originated", "duplicated", "reordered", "mutated",
)  # fmt: skip


def hops_of(summaries: Iterable[AnySummary], hops: Sequence[tuple[str, str]]) -> tuple[HopMetrics, ...]:
    """Return the figures of every hop, ``hops`` in path order."""
    sums = {hop: _HopSum() for hop in hops}
    for summary in summaries:
        order = summary.order
        for figures, spreads in zip(summary.hops, summary.spreads, strict=True):
            hop = order[figures.hop : figures.hop + 2]
            if hop in sums:
                sums[hop].take(figures, spreads)
    return tuple(
        HopMetrics(hop=place, forward=one.forward.told(), reverse=one.reverse.told(), rtt_ns=one.rtt.quantiles())
        for place, one in enumerate(sums.values())
    )


@attrs.define
class _DirectionSum:
    """One direction of a hop, added so far."""

    counts: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys(COUNTS, 0))
    delays: SpreadSum = attrs.field(factory=SpreadSum)
    below: int | None = 0
    """What the truth may be less by, of any packet; None = unbounded."""
    above: int | None = 0

    def take(self, figures: DirectionMetrics, delays: Spread, slack: tuple[int | None, int | None]) -> None:
        for name in COUNTS:
            self.counts[name] += getattr(figures, name)
        self.delays.take(delays)
        if delays.count:
            low, high = slack
            self.below = None if self.below is None or low is None else min(self.below, low)
            self.above = None if self.above is None or high is None else max(self.above, high)

    def told(self) -> DirectionMetrics:
        found = self.delays.quantiles()
        bounded = None if found is None else OneWayDelay(quantiles=found, lo_ns=self.below, hi_ns=self.above)
        return DirectionMetrics(
            **self.counts, owd_ns=bounded, excess_ns=found.above_least() if found is not None else None
        )


@attrs.define
class _HopSum:
    """A hop, added so far."""

    forward: _DirectionSum = attrs.field(factory=_DirectionSum)
    reverse: _DirectionSum = attrs.field(factory=_DirectionSum)
    rtt: SpreadSum = attrs.field(factory=SpreadSum)

    def take(self, figures: HopMetrics, spreads: HopSpreads) -> None:
        self.forward.take(figures.forward, spreads.forward, spreads.forward_slack)
        self.reverse.take(figures.reverse, spreads.reverse, spreads.reverse_slack)
        self.rtt.take(spreads.rtt)


def hosts_of(summaries: Iterable[AnySummary], places: int) -> tuple[HostMetrics, ...]:
    """Return the time spent beyond either end of a path of so many vantages."""
    sums: dict[str, tuple[SpreadSum, SpreadSum]] = {}
    for summary in summaries:
        for host in summary.hosts:
            think, handshake = sums.setdefault(host.side, (SpreadSum(), SpreadSum()))
            think.take(host.think)
            handshake.take(host.handshake)
    ends: tuple[tuple[str, int], ...] = (("client", 0), ("server", places - 1))
    return tuple(
        HostMetrics(place=place, side=side, think_ns=sums[side][0].quantiles(), handshake_ns=sums[side][1].quantiles())
        for side, place in ends
        if side in sums
    )


def told_of(summaries: Iterable[AnySummary], name: str) -> Told:
    """Return the frames of a vantage that all parts tell of."""
    whole = dict.fromkeys((field.name for field in attrs.fields(Told)), 0)
    for summary in summaries:
        one = summary.told.get(name)
        for count in whole if one is not None else ():
            whole[count] += getattr(one, count)
    return Told(**whole)


def ledger_of(survey: Survey | None, summaries: Iterable[AnySummary], name: str, *, is_scoped: bool) -> Ledger:
    """Return the ledger of a vantage: every frame that the survey read, in one bucket.

    What no part tells of was left out by the user's options; without such options it is a frame at a seam that its
    neighbours paired otherwise, and counts as unmatched. An interface of a file, which no survey counted apart, has
    the frames that the parts tell of.
    """
    whole = told_of(summaries, name)
    matched, copy, incomplete, unmatched = whole.matched, whole.copy, whole.fragment_incomplete, whole.unmatched
    if survey is None:
        read = matched + copy + incomplete + unmatched
        return Ledger(read=read, matched=matched, unmatched=unmatched, copy=copy, fragment_incomplete=incomplete)
    rest = survey.packets - matched - copy - incomplete - unmatched
    if not is_scoped or rest < 0:
        unmatched += rest
        rest = 0
    matched, unmatched = matched + min(0, unmatched), max(0, unmatched)
    ledger = Ledger(
        read=sum(survey.fates),
        matched=matched,
        unmatched=unmatched,
        copy=copy,
        not_ip=survey.fates[FrameFate.NOT_IP],
        fragment_incomplete=incomplete,
        unsupported_link=survey.fates[FrameFate.UNSUPPORTED_LINK],
        malformed=survey.fates[FrameFate.MALFORMED],
        filtered_by_option=rest,
    )
    ledger.check()
    return ledger
