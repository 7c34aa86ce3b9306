"""Requests with their replies, and how long they took at every place: delay without any clock comparison.

In: timelines, stamps of packets, the clocks' skew.
Out: ``ExchangeTable``; time on a hop (both directions added) as RTT upstream minus RTT downstream.
Method: algorithms section 4, D1: the same request and the same reply at u and v; what they took beyond v cancels, so
the host's own time never enters. Each flow's exchanges are found at the one place that saw most of it, since sequence
numbers may be rewritten on the way. Error: skew times the inner round trip, plus the stamps' quanta.
Not here: one-way delays (they need clocks), the hosts' own time (``hosts.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.metrics.pairing import Answers, echoed, is_opening
from correlate.metrics.stamps_kernel import time_between
from correlate.metrics.timeline import Timeline
from correlate.metrics.worth import is_worth_a_kernel
from correlate.model.arrays import I8, I64, Bool, frozen
from correlate.model.clocks import ClockModel
from correlate.model.metrics import NO_RTT, ExchangeTable
from correlate.model.packets import UDP
from correlate.model.trajectories import TrajectoryTable

HANDSHAKE, COVERED, RESPONSE, ECHO, DATAGRAMS = range(5)
"""``ExchangeTable.kind``."""

WIDEST_SKEW_PPB = 1_000_000
"""Skew of a clock about which nothing is known (algorithms section 1: the widest believed)."""

TOLERATED_NS = 100_000
"""A round trip so long that skew may distort it by more than this says little about a hop."""


def find_exchanges(line: Timeline, found: tuple[Answers, Answers], own: I64) -> ExchangeTable:
    """Return requests and replies with their round-trip times at every place that saw both.

    Parameters
    ----------
    line : Timeline
        Every flow at its home place.
    found : tuple of Answers
        Its :func:`~correlate.metrics.pairing.answers_of`.
    own : int64 array
        :func:`~correlate.metrics.stamps.own_stamps`.

    Returns
    -------
    ExchangeTable
        ``rtt_ns`` has one column per place, each on that place's own clock. Sorted by kind.
    """
    positions, kind = _by_kind(line, *found)
    request, reply = (frozen(line.packet[at], np.int64) for at in positions)
    return ExchangeTable(
        request=request,
        reply=reply,
        flow=frozen(line.flow[positions[0]], np.int32),
        kind=frozen(kind, np.int8),
        rtt_ns=frozen(_round_trips(own, request, reply), np.int64),
    )


def keep_exchanges(exchanges: ExchangeTable, kept: Bool, answers_kept: Bool) -> ExchangeTable:
    """Return the exchanges whose request and reply are kept (masks over packets)."""
    at = np.flatnonzero(kept[exchanges.request] & answers_kept[exchanges.reply])
    return ExchangeTable(
        request=frozen(exchanges.request[at]),
        reply=frozen(exchanges.reply[at]),
        flow=frozen(exchanges.flow[at]),
        kind=frozen(exchanges.kind[at]),
        rtt_ns=frozen(exchanges.rtt_ns[at]),
    )


def hop_round_trips(exchanges: ExchangeTable, trajectories: TrajectoryTable, clocks: ClockModel, hop: int) -> I64:
    """Return the time that exchanges spent on a hop, both directions added, ns.

    Parameters
    ----------
    exchanges : ExchangeTable
        All exchanges.
    trajectories : TrajectoryTable
        Tells which way each request travelled.
    clocks : ClockModel
        Only the hop's skew is used, to leave out round trips that it may distort by more than ``TOLERATED_NS``; if
        all are so long, the shortest tenth stays.
    hop : int
        Index into the path's hops.

    Returns
    -------
    int64 array
        One value per exchange seen at both ends; slightly negative where stamps are coarser than the delay.
    """
    both = exchanges.rtt_ns[:, hop : hop + 2]
    seen = (both != NO_RTT).all(axis=1)
    first, second = both[seen, 0], both[seen, 1]
    is_forward = trajectories.direction[exchanges.request[seen]] >= 0
    spent: I64 = np.where(is_forward, first - second, second - first)
    if not len(spent):
        return spent
    inner = np.minimum(first, second)
    longest = TOLERATED_NS * 1_000_000_000 // max(1, _skew_ppb(clocks, hop))
    tenth = (len(inner) - 1) // 10
    kept: I64 = spent[inner <= max(longest, int(np.partition(inner, tenth)[tenth]))]
    return kept


def _skew_ppb(clocks: ClockModel, hop: int) -> int:
    """Return the greatest skew that the hop's clocks may have, ppb."""
    if hop >= len(clocks.hops):
        return WIDEST_SKEW_PPB
    bounds = clocks.hops[hop].skew_lo_ppb, clocks.hops[hop].skew_hi_ppb
    return max(WIDEST_SKEW_PPB if bound is None else min(WIDEST_SKEW_PPB, abs(bound)) for bound in bounds)


def _by_kind(line: Timeline, covered: Answers, turned: Answers) -> tuple[Answers, I8]:
    """Return all exchanges of a timeline with their kinds; a response that also acknowledges counts once."""
    opening = is_opening(line, covered)
    asked = line.is_outbound[turned[0]]
    turned = turned[0][asked], turned[1][asked]
    is_datagram = line.proto[turned[0]] == UDP
    replied_by = np.full(len(line.packet), -1, np.int64)
    replied_by[turned[0]] = turned[1]
    is_covered_only = ~opening & (replied_by[covered[0]] != covered[1])
    parts: list[tuple[int, Answers]] = [
        (HANDSHAKE, _masked(covered, opening)),
        (COVERED, _masked(covered, is_covered_only)),
        (RESPONSE, _masked(turned, ~is_datagram)),
        (ECHO, echoed(line)),
        (DATAGRAMS, _masked(turned, is_datagram)),
    ]
    kind = np.concatenate([np.full(len(answers[0]), number, np.int8) for number, answers in parts])
    return (np.concatenate([part[0] for _, part in parts]), np.concatenate([part[1] for _, part in parts])), kind


def _masked(answers: Answers, where: Bool) -> Answers:
    """Return the answers of a mask."""
    return answers[0][where], answers[1][where]


def _round_trips(own: I64, request: I64, reply: I64) -> I64:
    """Return reply minus request at every place, ``NO_RTT`` where either has no stamp of its own there."""
    if is_worth_a_kernel(len(request)):
        out = np.empty((len(request), own.shape[1]), np.int64)
        time_between(own, request, reply, NO_RTT, out)
        return out
    first, second = own[request], own[reply]
    return np.where((first != NO_RTT) & (second != NO_RTT), second - first, NO_RTT)
