"""All figures of a run.

In: every table from packets to mutations. Out: ``MetricsTable``.
Method: counts are bincounts over fates; delays are quantiles; see the modules that find exchanges, turns, reordering.
Not here: what the figures mean (``diagnose``), how they print (``report``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import attrs
import numpy as np

from correlate.metrics.exchanges import find_exchanges, hop_round_trips, keep_exchanges
from correlate.metrics.hosts import measure_hosts
from correlate.metrics.pairing import Answers, answers_of
from correlate.metrics.quantiles import bounded_quantiles, quantiles
from correlate.metrics.reordering import find_reordered
from correlate.metrics.stamps import own_stamps
from correlate.metrics.timeline import Timeline, timelines
from correlate.metrics.transactions import find_transactions, keep_transactions
from correlate.metrics.translations import find_translations
from correlate.model.arrays import I64, Bool
from correlate.model.clocks import ClockModel
from correlate.model.flows import FlowTable, JoinedFlows
from correlate.model.metrics import DirectionMetrics, HopMetrics, MetricsTable, OneWayDelay
from correlate.model.mutations import MutationTable
from correlate.model.packets import PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import NO_DELAY, Fate, FateColumns, TrajectoryTable
from correlate.parallel import two_at_a_time


def measure(  # noqa: PLR0913, PLR0917  -- the pipeline's signature: a figure may need any table
    packets: Sequence[PacketTable],
    flows: Sequence[FlowTable],
    joined: JoinedFlows,
    path: Path,
    clocks: ClockModel,
    trajectories: TrajectoryTable,
    fates: FateColumns,
    mutations: MutationTable,
    kept: Bool | None = None,
    answers_kept: Bool | None = None,
) -> MetricsTable:
    """Return the figures per hop, direction and host.

    Parameters
    ----------
    packets, flows : sequences
        Input order of vantages.
    joined, path, clocks, trajectories, fates, mutations
        Results of the earlier stages.
    kept
        Per packet: figures speak of it; None = of all.
    answers_kept
        The same for what answers one that is kept, where a neighbouring part tells of the answer; None = ``kept``.

    Returns
    -------
    MetricsTable
        ``sent`` of every hop and direction is the sum of its five fates. Packets of unknown direction count as
        forward. Cost: a few sorts of all packets, about 1 s per million packets and three hops.
    """
    *ends, home = timelines(packets, path, trajectories)
    answers = _answers(ends, home)
    hosts = measure_hosts(packets, path, ends, [answers[id(end)][1] for end in ends], kept)
    # The last place's timeline is asked no more.
    found = answers[id(home)]
    del ends, answers
    own = own_stamps(packets, path, trajectories)
    calls: list[Callable[[], Any]] = [
        partial(find_transactions, packets, path, trajectories, home, own),
        partial(find_exchanges, home, found, own),
        partial(find_reordered, packets, path, trajectories),
        partial(find_translations, packets, flows, joined, path, trajectories),
        partial(_fate_counts, path, trajectories, fates),
        partial(_delays, path, trajectories, fates),
    ]
    made = two_at_a_time(calls, packets=len(trajectories))
    transactions, exchanges, reordered, translations, counted, delays = made
    if kept is not None:
        is_kept = kept[reordered[0]]
        reordered = (reordered[0][is_kept], reordered[1][is_kept])
        answered = kept if answers_kept is None else answers_kept
        exchanges = keep_exchanges(exchanges, kept, answered)
        transactions = keep_transactions(transactions, kept, answered)
    counts = _Counts(
        fates=counted,
        duplicated=_per_direction(path, trajectories, *_duplicates(trajectories, fates)),
        reordered=_per_direction(path, trajectories, *reordered),
        mutated=_per_direction(path, trajectories, *_altered(path, trajectories, fates, mutations)),
    )
    rtts = [hop_round_trips(exchanges, trajectories, clocks, hop) for hop in range(path.hop_count)]
    return MetricsTable(
        hops=_hops(counts, delays, rtts),
        hosts=hosts,
        exchanges=exchanges,
        translations=translations,
        reordering=reordered,
        transactions=transactions,
    )


def _answers(ends: Sequence[Timeline], home: Timeline) -> dict[int, tuple[Answers, Answers]]:
    """Return the answers of each timeline by its id; one may be several of the three."""
    lines = list({id(line): line for line in (home, *ends)}.values())
    calls = [partial(answers_of, line, turns_only=line is not home) for line in lines]
    return dict(zip(map(id, lines), two_at_a_time(calls, packets=len(home.packet)), strict=True))


Ways = tuple[OneWayDelay | None, OneWayDelay | None]
"""Forward and reverse."""


@attrs.frozen(kw_only=True)
class _Counts:
    """Packets per hop and direction (0 forward, 1 reverse)."""

    fates: I64
    """Shape (hops, 2, fates)."""
    duplicated: I64
    """Shape (hops, 2), as the rest."""
    reordered: I64
    mutated: I64


def _hops(counts: _Counts, delays: Sequence[Ways], rtts: Sequence[I64]) -> tuple[HopMetrics, ...]:
    """Return the figures of each hop."""
    return tuple(
        HopMetrics(
            hop=hop,
            forward=_direction(counts, forward, hop, side=0),
            reverse=_direction(counts, reverse, hop, side=1),
            rtt_ns=quantiles(rtt),
        )
        for hop, ((forward, reverse), rtt) in enumerate(zip(delays, rtts, strict=True))
    )


def _delayed(fates: FateColumns, trajectories: TrajectoryTable, hop: int) -> tuple[I64, I64]:
    """Return the rows of fates with a delay on a hop, packets forward and in reverse."""
    at = np.flatnonzero((fates.hop == hop) & (fates.owd_ns != NO_DELAY) & (fates.fate == Fate.DELIVERED))
    packet = fates.packet[at]
    is_clear, is_forward = ~trajectories.is_ambiguous[packet], trajectories.direction[packet] >= 0
    return at[is_clear & is_forward], at[is_clear & ~is_forward]


def _delays(path: Path, trajectories: TrajectoryTable, fates: FateColumns) -> list[Ways]:
    """Return the one-way delays of each hop, forward and in reverse."""
    ways = (_delayed(fates, trajectories, hop) for hop in range(path.hop_count))
    return [(_bounded(fates, forward), _bounded(fates, reverse)) for forward, reverse in ways]


def _bounded(fates: FateColumns, at: I64) -> OneWayDelay | None:
    """Return the quantiles of some fates' delays."""
    return bounded_quantiles(fates.owd_ns[at], fates.owd_lo_ns[at], fates.owd_hi_ns[at])


def _direction(counts: _Counts, owd: OneWayDelay | None, hop: int, *, side: int) -> DirectionMetrics:
    """Return the figures of one hop in one direction."""
    of = counts.fates[hop, side]
    return DirectionMetrics(
        delivered=int(of[Fate.DELIVERED]),
        lost=int(of[Fate.LOST]),
        not_captured=int(of[Fate.NOT_CAPTURED]),
        absorbed=int(of[Fate.ABSORBED]),
        ambiguous=int(of[Fate.AMBIGUOUS]),
        originated=int(of[Fate.ORIGINATED]),
        duplicated=int(counts.duplicated[hop, side]),
        reordered=int(counts.reordered[hop, side]),
        mutated=int(counts.mutated[hop, side]),
        owd_ns=owd,
        excess_ns=owd.quantiles.above_least() if owd is not None else None,
    )


def _fate_counts(path: Path, trajectories: TrajectoryTable, fates: FateColumns) -> I64:
    """Return packets per hop, direction and fate."""
    is_reverse = trajectories.direction[fates.packet] < 0
    key = (fates.hop.astype(np.int64) * 2 + is_reverse) * len(Fate) + fates.fate
    return np.bincount(key, minlength=path.hop_count * 2 * len(Fate)).reshape(path.hop_count, 2, len(Fate))


def _per_direction(path: Path, trajectories: TrajectoryTable, packet: I64, hop: np.ndarray) -> I64:
    """Return how many of these packets there are per hop and direction."""
    key = hop.astype(np.int64) * 2 + (trajectories.direction[packet] < 0)
    return np.bincount(key, minlength=path.hop_count * 2).reshape(path.hop_count, 2)


def _duplicates(trajectories: TrajectoryTable, fates: FateColumns) -> tuple[I64, np.ndarray]:
    """Return the copies that the network made, with the hop that made them."""
    is_made = (fates.fate == Fate.ORIGINATED) & (trajectories.duplicate_of[fates.packet] >= 0)
    return fates.packet[is_made], fates.hop[is_made]


def _altered(
    path: Path, trajectories: TrajectoryTable, fates: FateColumns, mutations: MutationTable
) -> tuple[I64, np.ndarray]:
    """Return delivered packets with a change that is not expected, once per hop; rows are sorted by packet and hop."""
    columns = mutations.odd
    news = np.flatnonzero(~columns.expected)
    packet, hop = columns.packet[news].astype(np.int64), columns.hop[news]
    if not len(news):
        return packet, hop
    is_delivered = np.zeros((len(trajectories), path.hop_count), np.bool_)
    delivered = fates.fate == Fate.DELIVERED
    is_delivered[fates.packet[delivered], fates.hop[delivered]] = True
    is_mine = is_delivered[packet, hop]
    packet, hop = packet[is_mine], hop[is_mine]
    is_first = np.ones(len(packet), np.bool_)
    is_first[1:] = (packet[1:] != packet[:-1]) | (hop[1:] != hop[:-1])
    return packet[is_first], hop[is_first]
