"""What is kept of a part once it is done.

In: the ``Correlation`` of a part. Out: ``Summary``, small whatever the part holds.
Method: counts, spreads, findings, groups of changes; everything per packet is in the part's Parquet files. Packets are
numbered from 1 among those that the part tells of, in its own order; flows keep the part's own numbers and bring the
hashes of their addresses, by which neighbouring parts know them again.
Not here: its file (``kept.py``), putting parts together (``whole.py``).
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from correlate.diagnose.loss import loss_counts
from correlate.metrics.exchanges import hop_round_trips
from correlate.model.arrays import I64, Bool
from correlate.model.clocks import UNBOUNDED
from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.model.metrics import HopMetrics, HostMetrics
from correlate.model.part import Part
from correlate.model.tallies import Tallies
from correlate.model.trajectories import NO_DELAY, Fate
from correlate.report.changes import mutation_groups
from correlate.report.conversations import flow_totals, flows_json, translations_json
from correlate.report.limits import LIMIT
from correlate.report.places import has_nothing_in_common, place_names
from correlate.report.sources import clocks_json
from correlate.report.transactions import transactions_json
from correlate.report.waterfall import slowest, totals
from correlate.scale.members import Members, members_of
from correlate.scale.spread import Spread, spread_of

Document = dict[str, Any]


@attrs.frozen(kw_only=True)
class Told:
    """Frames of one vantage that the part tells of."""

    matched: int
    unmatched: int
    copy: int
    fragment_incomplete: int
    duplicates: int


@attrs.frozen(kw_only=True)
class HopSpreads:
    """Durations on one hop, as values that add up."""

    forward: Spread
    reverse: Spread
    forward_slack: tuple[int | None, int | None]
    """Least ``lo - estimate`` and greatest ``hi - estimate`` of any packet, ns; None = unbounded."""
    reverse_slack: tuple[int | None, int | None]
    rtt: Spread


@attrs.frozen(kw_only=True)
class HostSpreads:
    """Time spent beyond an outermost vantage, as values that add up."""

    side: str
    """As of ``HostMetrics``."""
    think: Spread
    handshake: Spread


@attrs.frozen(kw_only=True)
class Summary:
    """One part, done."""

    number: int
    own: tuple[int, int]
    """Its time on the first vantage's clock."""
    order: tuple[str, ...]
    """Vantages in path order."""
    packets: int
    """Told of."""
    shares_packets: bool
    told: dict[str, Told]
    hops: tuple[HopMetrics, ...]
    spreads: tuple[HopSpreads, ...]
    hosts: tuple[HostSpreads, ...]
    seen: dict[str, int]
    """Packets that each vantage on the path holds."""
    findings: tuple[Finding, ...]
    tallies: Tallies | None
    """What its own packets count of losses and misses; None = there is no hop."""
    judged_by: Tallies | None
    """What they were judged by."""
    losses: list[list[int]]
    """Hop, direction, ``LossCounts``: what the number of lost packets rests on."""
    clocks: list[Document]
    flows: list[Document]
    """Entries of report.json, the part's own numbers."""
    members: Members
    translations: list[Document]
    translated: list[list[int]]
    """Flows of each of ``translations``."""
    mutations: list[Document]
    transactions: Document
    """As in report.json; packets are numbered as everywhere here."""

    def owns(self, at_ns: int) -> bool:
        """Tell whether a time, on about the first vantage's clock, is this part's own."""
        return owns(self.own, at_ns)


def owns(own: tuple[int, int], at_ns: int) -> bool:
    """Tell whether a time is within a part's own."""
    return own[0] <= at_ns < own[1]


def summary_of(run: Correlation, part: Part, number: int, own: tuple[int, int], least_ns: int = 0) -> Summary:
    """Return what is kept of a part; transactions of less than ``least_ns`` are counted, and not shown."""
    order = tuple(place_names(run))
    rank: I64 = np.cumsum(run.kept, dtype=np.int64)
    return Summary(
        number=number,
        own=own,
        order=order,
        packets=int(run.kept.sum()),
        shares_packets=not has_nothing_in_common(run),
        told={vantage.name: _told(run, index) for index, vantage in enumerate(run.vantages)},
        hops=run.metrics.hops,
        spreads=tuple(_spreads(run, hop.hop) for hop in run.metrics.hops),
        hosts=tuple(_host(one) for one in run.metrics.hosts),
        seen={
            name: int((rows[run.kept] >= 0).sum()) for name, rows in zip(order, run.trajectories.rows.T, strict=True)
        },
        findings=tuple(_numbered(one, rank, run.kept) for one in run.findings),
        tallies=run.tallies,
        judged_by=_judged_by(run.tallies, part.known),
        losses=[[*place, *counts] for place, counts in loss_counts(run).items()],
        clocks=clocks_json(run),
        flows=flows_json(run)["items"],
        members=members_of(run, part, flow_totals(run)),
        translations=translations_json(run),
        translated=[[int(flow) for flow in group.flows] for group in run.metrics.translations],
        mutations=[_renumbered(group, rank) for group in mutation_groups(run)],
        transactions=_transactions(run, rank, least_ns),
    )


def _judged_by(own: Tallies | None, known: Tallies | None) -> Tallies | None:
    """Return the counts of the whole, if they are of the part's own path, else its own."""
    return own if known is None or own is None or known.order != own.order else known


def _host(one: HostMetrics) -> HostSpreads:
    think, handshake = (spread_of(np.zeros(0, np.int64) if t is None else t) for t in (one.thinks, one.handshakes))
    return HostSpreads(side=one.side, think=think, handshake=handshake)


def _told(run: Correlation, index: int) -> Told:
    ledger = run.ledgers[index]
    return Told(
        matched=ledger.matched,
        unmatched=ledger.unmatched,
        copy=ledger.copy,
        fragment_incomplete=ledger.fragment_incomplete,
        duplicates=ledger.copy,
    )


def _numbered(finding: Finding, rank: I64, kept: Bool) -> Finding:
    """Return a finding whose packet has its number here; one that another part tells of has none."""
    if finding.packet is None:
        return finding
    return attrs.evolve(finding, packet=int(rank[finding.packet]) - 1 if kept[finding.packet] else None)


def _renumbered(group: Document, rank: I64) -> Document:
    examples = [{**one, "packet": int(rank[one["packet"] - 1])} for one in group["examples"]]
    return {**group, "examples": examples}


def _transactions(run: Correlation, rank: I64, least_ns: int) -> Document:
    """Return transactions; one whose reply another part tells of is counted, and not shown."""
    table, kept = run.metrics.transactions, run.kept
    rows = np.array(slowest(run, LIMIT), np.int64)
    rows = rows[kept[table.request[rows]] & kept[table.reply[rows]] & (totals(run, rows) >= least_ns)]
    told = transactions_json(run, rows.tolist())
    items = [
        {**one, "request": int(rank[one["request"] - 1]), "reply": int(rank[one["reply"] - 1])} for one in told["items"]
    ]
    return {"count": told["count"], "items": items}


def _spreads(run: Correlation, hop: int) -> HopSpreads:
    fates, table = run.fates, run.trajectories
    at = np.flatnonzero((fates.hop == hop) & (fates.owd_ns != NO_DELAY) & (fates.fate == Fate.DELIVERED))
    at = at[~table.is_ambiguous[fates.packet[at]]]
    is_forward = table.direction[fates.packet[at]] >= 0
    rtt = spread_of(hop_round_trips(run.metrics.exchanges, table, run.clocks, hop))
    forward, reverse = at[is_forward], at[~is_forward]
    return HopSpreads(
        forward=spread_of(fates.owd_ns[forward]),
        reverse=spread_of(fates.owd_ns[reverse]),
        forward_slack=_slack(run, forward),
        reverse_slack=_slack(run, reverse),
        rtt=rtt,
    )


def _slack(run: Correlation, rows: I64) -> tuple[int | None, int | None]:
    if not len(rows):
        return 0, 0
    owd, lo, hi = (column[rows] for column in (run.fates.owd_ns, run.fates.owd_lo_ns, run.fates.owd_hi_ns))
    below = int((lo - owd).min()) if (lo > -UNBOUNDED // 2).all() else None
    above = int((hi - owd).max()) if (hi < UNBOUNDED // 2).all() else None
    return below, above
