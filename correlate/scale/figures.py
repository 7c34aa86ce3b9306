"""Figures per hop and host, and the ledgers, over all parts.

In: summaries and surveys. Out: ``HopMetrics``, ``HostMetrics``, ``Ledger``.
Method: counts are added; quantiles come from spreads added rank by rank. A hop that a part does not have (a vantage saw
nothing in that time) has no figures from it.
Not here: lists of report.json (``documents.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from correlate.model.ledger import Ledger
from correlate.model.metrics import DirectionMetrics, HopMetrics, HostMetrics, OneWayDelay, Quantiles
from correlate.model.packets import FrameFate
from correlate.scale.spread import Spread, merged, spread_from
from correlate.scale.summary import HopSpreads, Summary
from correlate.scale.survey import Survey

Side = Literal["forward", "reverse"]

COUNTS = (
    "delivered", "lost", "not_captured", "absorbed", "ambiguous", "originated", "duplicated", "reordered", "mutated",
)  # fmt: skip


def hops_of(summaries: Sequence[Summary], hops: Sequence[tuple[str, str]]) -> tuple[HopMetrics, ...]:
    """Return the figures of every hop, ``hops`` in path order."""
    return tuple(_hop(place, list(_parts_of(summaries, hop))) for place, hop in enumerate(hops))


def _parts_of(summaries: Sequence[Summary], hop: tuple[str, str]) -> Iterator[tuple[HopMetrics, HopSpreads]]:
    """Yield what each part says of a hop."""
    for summary in summaries:
        for figures, spreads in zip(summary.hops, summary.spreads, strict=True):
            if summary.order[figures.hop : figures.hop + 2] == hop:
                yield figures, spreads


def _hop(place: int, parts: Sequence[tuple[HopMetrics, HopSpreads]]) -> HopMetrics:
    return HopMetrics(
        hop=place,
        forward=_direction(parts, "forward"),
        reverse=_direction(parts, "reverse"),
        rtt_ns=merged([spreads.rtt for _figures, spreads in parts]),
    )


def _direction(parts: Sequence[tuple[HopMetrics, HopSpreads]], side: Side) -> DirectionMetrics:
    figures: list[DirectionMetrics] = [getattr(hop, side) for hop, _spreads in parts]
    delays: list[Spread] = [getattr(spreads, side) for _hop, spreads in parts]
    counts = {name: sum(getattr(one, name) for one in figures) for name in COUNTS}
    found = merged(delays)
    slacks = [getattr(spreads, f"{side}_slack") for _hop, spreads in parts if getattr(spreads, side).count]
    return DirectionMetrics(**counts, owd_ns=_bounded(found, slacks), excess_ns=_above_least(found))


def _bounded(found: Quantiles | None, slacks: Sequence[tuple[int | None, int | None]]) -> OneWayDelay | None:
    """Return delays with what the truth may be off: by no more than that of any packet."""
    if found is None:
        return None
    below, above = [low for low, _high in slacks], [high for _low, high in slacks]
    lo = None if None in below else min(0, *(one for one in below if one is not None))
    hi = None if None in above else max(0, *(one for one in above if one is not None))
    return OneWayDelay(quantiles=found, lo_ns=lo, hi_ns=hi)


def _above_least(found: Quantiles | None) -> Quantiles | None:
    if found is None:
        return None
    least = found.min
    return Quantiles(
        min=0,
        p50=found.p50 - least,
        p95=found.p95 - least,
        p99=found.p99 - least,
        max=found.max - least,
        count=found.count,
    )


def hosts_of(summaries: Sequence[Summary], places: int) -> tuple[HostMetrics, ...]:
    """Return the time spent beyond either end of a path of so many vantages."""
    found = []
    for side, place in (("client", 0), ("server", places - 1)):
        mine = [host for summary in summaries for host in summary.hosts if host.side == side]
        if mine:
            think = merged([spread_from(host.think_ns) for host in mine])
            handshake = merged([spread_from(host.handshake_ns) for host in mine])
            found.append(HostMetrics(place=place, side=side, think_ns=think, handshake_ns=handshake))
    return tuple(found)


def ledger_of(survey: Survey | None, summaries: Sequence[Summary], name: str, *, is_scoped: bool) -> Ledger:
    """Return the ledger of a vantage: every frame that the survey read, in one bucket.

    What no part tells of was left out by the user's options; without such options it is a frame at a seam that its
    neighbours paired otherwise, and counts as unmatched. An interface of a file, which no survey counted apart, has
    the frames that the parts tell of.
    """
    told = [summary.told[name] for summary in summaries if name in summary.told]
    matched, copy = sum(one.matched for one in told), sum(one.copy for one in told)
    incomplete, unmatched = sum(one.fragment_incomplete for one in told), sum(one.unmatched for one in told)
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
