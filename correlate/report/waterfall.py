"""Transactions cut into parts: where the time of each request went.

**In:** transactions, clocks, fates. **Out:** ``Waterfall``: parts that add up to what the requester waited.
**Method:** algorithms section 4, D1 and D4. Time between two places is what the round trip of one request and one
answer shrinks by, each on one clock: wrong by skew over the inner round trip and by the stamps' quanta, and unknown
where a clock stepped meanwhile. How much of it was on the way there is told by the bounds of the two one-way delays.
**Not here:** finding transactions (``metrics``), how they are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import I64
from correlate.model.correlation import Correlation
from correlate.model.trajectories import Fate
from correlate.model.transactions import UNKNOWN_NS, TransactionKind
from correlate.report.places import place_names

WIDEST_SKEW_PPB = 1_000_000
"""Of a clock about which nothing is known (algorithms section 1)."""
SEPARABLE_SHARE = 0.5
"""The two ways of a hop are told apart if the way there is known to half of what both take."""
WIDEST_BOUND = 2**61
"""One-way delays beyond it stand for no bound: sums of two unbounded ones."""
ALL = slice(None)

What = Literal["request", "resend", "hop", "beyond", "answer-resend", "answer", "answer-hop"]


@attrs.frozen(kw_only=True)
class Part:
    """One stretch of a transaction's time."""

    what: What
    places: tuple[str, ...]
    """Vantages between which, or beyond which, it was spent, along the request's way."""
    spent_ns: int
    lo_ns: int | None
    hi_ns: int | None
    """The truth lies between; None = unknown, a clock moved meanwhile."""
    there_ns: tuple[int, int] | None = None
    """On a hop: bounds of the request's share; None = only the sum is known."""
    back_ns: tuple[int, int] | None = None

    @property
    def is_separable(self) -> bool:
        """Whether the shares of the two ways are known well enough to tell them apart."""
        if self.there_ns is None or self.back_ns is None:
            return False
        return self.there_ns[1] - self.there_ns[0] <= SEPARABLE_SHARE * max(self.spent_ns, 0)


@attrs.frozen(kw_only=True)
class Waterfall:
    """One transaction; the parts follow one another, as the requester lived through them."""

    index: int
    """Row of the transactions."""
    kind: TransactionKind
    flow: int
    near: str
    """Vantage at whose clock it is measured."""
    is_host: bool
    """What lies beyond the last vantage is the responding host alone."""
    total_ns: int
    parts: tuple[Part, ...]


def slowest(correlation: Correlation, most: int) -> list[int]:
    """Return the rows of the transactions that took longest, longest first."""
    total = totals(correlation)
    chosen = np.argpartition(-total, most - 1)[:most] if len(total) > most else np.arange(len(total))
    return [int(at) for at in chosen[np.lexsort((chosen, -total[chosen]))]]


def totals(correlation: Correlation, rows: slice | I64 = ALL) -> I64:
    """Return how long transactions took, all or some, as their requester's vantage saw it, ns."""
    table = correlation.metrics.transactions
    near = table.near[rows].astype(np.int64)
    wait = np.take_along_axis(table.rtt_ns[rows], near[:, np.newaxis], axis=1)[:, 0]
    found: I64 = table.request_ns[rows] + table.resend_ns[rows] + wait + table.answer_ns[rows]
    return found


def waterfalls(correlation: Correlation, rows: Sequence[int]) -> list[Waterfall]:
    """Return the parts of some transactions, in the order given."""
    table = correlation.metrics.transactions
    chosen = np.array(rows, np.int64)
    total = totals(correlation, chosen)
    known = _Known.of(correlation, np.concatenate([table.request[chosen], table.reply[chosen]]))
    return [
        Waterfall(
            index=row,
            kind=TransactionKind(int(table.kind[row])),
            flow=int(table.flow[row]),
            near=known.names[int(table.near[row])],
            is_host=correlation.vantages[correlation.path.order[int(table.far[row])]].kind == "end-host",
            total_ns=int(total[number]),
            parts=tuple(_parts(correlation, row, known)),
        )
        for number, row in enumerate(rows)
    ]


class _Known(NamedTuple):
    """What is looked up for every transaction."""

    names: list[str]
    """Vantages by place."""
    tick_ns: list[int]
    """By place."""
    skew_ppb: list[int]
    """The greatest that the clocks of a hop may have."""
    delays: dict[tuple[int, int], tuple[int, int]]
    """(packet, hop) -> bounds of its one-way delay."""

    @classmethod
    def of(cls, correlation: Correlation, packets: I64) -> _Known:
        """Look it up; delays of these packets."""
        bounds = [(clock.skew_lo_ppb, clock.skew_hi_ppb) for clock in correlation.clocks.hops]
        return cls(
            names=place_names(correlation),
            tick_ns=[correlation.vantages[vantage].tick_ns for vantage in correlation.path.order],
            skew_ppb=[
                max(WIDEST_SKEW_PPB if one is None else min(WIDEST_SKEW_PPB, abs(one)) for one in both)
                for both in bounds
            ],
            delays=_delays(correlation, packets),
        )


def _parts(correlation: Correlation, row: int, known: _Known) -> Iterator[Part]:
    table, names = correlation.metrics.transactions, known.names
    near, far = int(table.near[row]), int(table.far[row])
    yield from _exact("request", (names[near],), int(table.request_ns[row]))
    if table.resend_ns[row]:
        yield from _exact("resend", (names[near],), int(table.resend_ns[row]))
    step = 1 if far >= near else -1
    seen = [place for place in range(near, far + step, step) if table.rtt_ns[row, place] != UNKNOWN_NS]
    for place, beyond in pairwise(seen):
        yield _hop(correlation, row, (place, beyond), known)
    yield from _exact("beyond", (names[far],), int(table.think_ns[row]))
    if table.held_ns[row]:
        yield from _exact("answer-resend", (names[far],), int(table.held_ns[row]))
    yield from _answer(correlation, row, known)


def _answer(correlation: Correlation, row: int, known: _Known) -> Iterator[Part]:
    """Yield what the rest of the answer took to leave the farthest place that saw it, and what each hop added."""
    table, names = correlation.metrics.transactions, known.names
    near, far = int(table.near[row]), int(table.far[row])
    step = 1 if far >= near else -1
    seen = [place for place in range(far, near - step, -step) if table.answer_at_ns[row, place] != UNKNOWN_NS]
    yield from _exact("answer", (names[seen[0]],), int(table.answer_at_ns[row, seen[0]]))
    for place, nearer in pairwise(seen):
        spent = int(table.answer_at_ns[row, nearer] - table.answer_at_ns[row, place])
        doubt = _doubt_ns(correlation, (int(table.reply[row]), int(table.last[row])), (nearer, place), known)
        lo, hi = (None, None) if doubt is None else (spent - doubt, spent + doubt)
        yield Part(what="answer-hop", places=(names[place], names[nearer]), spent_ns=spent, lo_ns=lo, hi_ns=hi)


def _exact(what: What, places: tuple[str, ...], spent: int) -> Iterator[Part]:
    """Yield a part between two stamps of one clock."""
    yield Part(what=what, places=places, spent_ns=spent, lo_ns=spent, hi_ns=spent)


def _hop(correlation: Correlation, row: int, span: tuple[int, int], known: _Known) -> Part:
    """Return what was spent between two places, both ways together, and what is known of each."""
    table = correlation.metrics.transactions
    first, second = span
    spent = int(table.rtt_ns[row, first] - table.rtt_ns[row, second])
    packets = int(table.request[row]), int(table.reply[row])
    doubt = _doubt_ns(correlation, packets, span, known)
    places = known.names[first], known.names[second]
    if doubt is None or spent + doubt < 0:
        return Part(what="hop", places=places, spent_ns=spent, lo_ns=None, hi_ns=None)
    lo, hi = max(0, spent - doubt), spent + doubt
    there, back = None, None
    if abs(first - second) == 1:
        there, back = _ways(lo, hi, *(known.delays.get((packet, min(span))) for packet in packets))
    return Part(what="hop", places=places, spent_ns=spent, lo_ns=lo, hi_ns=hi, there_ns=there, back_ns=back)


Bounds = tuple[int, int]


def _ways(lo: int, hi: int, there: Bounds | None, back: Bounds | None) -> tuple[Bounds, Bounds] | tuple[None, None]:
    """Return the bounds of each way of a hop that took ``lo`` to ``hi``; None where one-way delays tell nothing."""
    if there is None and back is None:
        return None, None
    there, back = there or (0, hi), back or (0, hi)
    there = max(0, there[0], lo - back[1]), min(hi, there[1], hi - max(0, back[0]))
    back = max(0, back[0], lo - there[1]), min(hi, back[1], hi - there[0])
    return (None, None) if there[0] > there[1] or back[0] > back[1] else (there, back)


def _doubt_ns(correlation: Correlation, packets: tuple[int, int], span: tuple[int, int], known: _Known) -> int | None:
    """Return what skew and the stamps' quanta may make of the difference of a stretch at two places.

    ``packets`` begin and end the stretch; None = a clock stepped meanwhile, or may have.
    """
    doubt = 0
    for hop in range(min(span), max(span)):
        lasted = _stretch(correlation, packets, hop)
        clock = correlation.clocks.hops[hop]
        if lasted is None or any(lasted[0] <= step.at_ns <= lasted[1] for step in clock.steps):
            return None
        doubt += (lasted[1] - lasted[0]) * known.skew_ppb[hop] // 10**9
    return doubt + 2 * sum(known.tick_ns[place] for place in span)


def _stretch(correlation: Correlation, packets: tuple[int, int], hop: int) -> tuple[int, int] | None:
    """Return when two packets were seen at the first vantage of a hop, or at a later one; None = nowhere both."""
    for place in range(hop, -1, -1):
        first, second = (int(correlation.trajectories.rows[packet, place]) for packet in packets)
        if first >= 0 and second >= 0:
            stamps = correlation.packets[correlation.path.order[place]].columns.ts_ns
            return int(stamps[first]), int(stamps[second])
    return None


def _delays(correlation: Correlation, packets: I64) -> dict[tuple[int, int], tuple[int, int]]:
    """Return (packet, hop) -> bounds of its one-way delay, for packets that have some."""
    fates = correlation.fates
    is_wanted = np.zeros(len(correlation.trajectories), np.bool_)
    is_wanted[packets] = True
    at = np.flatnonzero(is_wanted[fates.packet] & (fates.fate == Fate.DELIVERED))
    lo, hi = fates.owd_lo_ns[at], fates.owd_hi_ns[at]
    at = at[(lo > -WIDEST_BOUND) & (hi < WIDEST_BOUND)]
    columns = (fates.packet, fates.hop, fates.owd_lo_ns, fates.owd_hi_ns)
    rows = zip(*(column[at].tolist() for column in columns), strict=True)
    return {(packet, hop): (low, high) for packet, hop, low, high in rows}
