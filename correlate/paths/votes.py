"""Evidence of single flows: which of two vantages lies nearer the flow's initiator.

**In:** packets per vantage, matches. **Out:** one signed count of votes per flow and pair of vantages.

**Method:** algorithms section 6. Nesting: ``z = stamp_v - stamp_u`` of one packet is ``theta + d`` outbound and
``theta - d'`` inbound, so the difference of two neighbours in opposite directions is ``d + d'``, the two-way transit
between the vantages: positive if u is nearer the initiator, whatever the clocks say and whether or not one packet
answers the other. Only skew over the gap and the stamp quantum blur it. TTL: a packet has the larger one nearer its
source; a tie orders nothing (some firewalls do not decrement).

**Not here:** making one order of all votes (``order.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import attrs
import numpy as np

from correlate.model.arrays import I8, I64, Bool, frozen
from correlate.model.matches import MatchTable, Tier
from correlate.model.ordering import stable_order
from correlate.model.packets import PacketFlag, PacketTable
from correlate.paths.votes_kernel import cast_votes

SKEW_DIVISOR = 1000
"""Two clocks drift apart by at most 1000 ppm (algorithms section 1): 1 ns per 1000 ns of gap."""

_FEW = 20_000
"""Shared packets up to which the kernel would take longer to load than it saves."""

TICK_SAMPLE = 20_000
"""Stamps looked at for the quantum; the greatest common divisor settles after a few dozen."""

LEAST_STAMPS = 8
"""Below this the common divisor is that of chance (two stamps are always multiples of their difference)."""


@attrs.frozen(kw_only=True)
class PairVotes:
    """Votes on one pair of vantages; arrays have one entry per joined flow."""

    first: int
    """Input index of the vantage that positive votes put nearer the initiator."""
    second: int
    nesting: I64
    """Votes of round trips, signed."""
    hop_limit: I64
    """Votes of TTL or hop limit, signed."""

    @property
    def nearness(self) -> I8:
        """1: ``first`` is nearer the initiator, -1: ``second``, 0: silent. Nesting outranks TTL (boxes may set it).

        But one round trip does not: a clock that steps in the midst of it turns it inside out.
        """
        nesting, hop_limit = np.sign(self.nesting), np.sign(self.hop_limit)
        is_split = (np.abs(self.nesting) == 1) & (hop_limit == -nesting)
        return np.where(is_split, 0, np.where(nesting != 0, nesting, hop_limit)).astype(np.int8)

    @property
    def is_lone(self) -> Bool:
        """Whether one round trip is all there is."""
        return np.asarray((np.abs(self.nesting) == 1) & (self.hop_limit == 0), np.bool_)


@attrs.frozen(kw_only=True)
class SharedPackets:
    """Packets that two vantages hold, in record order of the first within each flow."""

    index: I64
    """Rows of the MatchTable."""
    flow: I64
    is_outbound: Bool
    first_ns: I64
    second_ns: I64
    has_time: Bool


def vote(packets: Sequence[PacketTable], match: MatchTable, flow_count: int) -> list[PairVotes]:
    """Return the votes of every pair of vantages that share packets.

    Cost: one pass over the packets per pair.
    """
    ticks = [tick_of(table) for table in packets]
    is_sent_anew = _is_sent_anew(match)
    votes = []
    for first, second in combinations(range(len(packets)), 2):
        shares = int(np.count_nonzero((match.rows[:, first] >= 0) & (match.rows[:, second] >= 0)))
        if shares == 0:
            continue
        quantum_ns = ticks[first] + ticks[second]
        cast = (
            _in_one_pass(packets, match, (first, second), is_sent_anew, quantum_ns, flow_count)
            if shares > _FEW
            else None
        )
        nesting, hop_limit = cast or _by_sorting(packets, match, (first, second), is_sent_anew, quantum_ns, flow_count)
        # Round trips of two clocks are known within bounds only, and nest by chance.
        is_timed = not (packets[first].has_two_clocks or packets[second].has_two_clocks)
        votes.append(PairVotes(first=first, second=second, nesting=nesting * is_timed, hop_limit=hop_limit))
    return votes


def _by_sorting(
    packets: Sequence[PacketTable],
    match: MatchTable,
    pair: tuple[int, int],
    is_sent_anew: Bool,
    quantum_ns: int,
    flow_count: int,
) -> tuple[I64, I64]:
    """Return the votes of round trips and of TTLs of a pair per flow."""
    every = np.flatnonzero((match.rows[:, pair[0]] >= 0) & (match.rows[:, pair[1]] >= 0))
    every = every[~is_sent_anew[every]] if len(is_sent_anew) else every
    nesting = _nesting(shared_packets(packets, match, *pair), quantum_ns, flow_count)
    return nesting, _hop_limit(packets, match, every, pair, flow_count)


def _in_one_pass(
    packets: Sequence[PacketTable],
    match: MatchTable,
    pair: tuple[int, int],
    is_sent_anew: Bool,
    quantum_ns: int,
    flow_count: int,
) -> tuple[I64, I64] | None:
    """Return the same by the kernel; None where one row is in several sure packets."""
    ours, theirs = (packets[vantage].columns for vantage in pair)
    nesting, hop_limit = np.zeros((2, flow_count), np.int64)
    is_shared_row = cast_votes(
        *pair,
        match.rows,
        match.flow,
        match.is_outbound,
        match.is_ambiguous,
        match.tier,
        frozen(is_sent_anew),
        ours.ts_ns,
        theirs.ts_ns,
        ours.flags,
        theirs.flags,
        ours.ttl,
        theirs.ttl,
        quantum_ns,
        SKEW_DIVISOR,
        np.full(len(packets[pair[0]]), -1, np.int32),
        np.full(flow_count, -1, np.int32),
        nesting,
        hop_limit,
    )
    return None if is_shared_row else (nesting, hop_limit)


def find_lone(votes: Sequence[PairVotes], flow_count: int) -> Bool:
    """Return which joined flows have an order from single round trips only, which a step of a clock can turn round."""
    lone, firm = np.zeros(flow_count, np.bool_), np.zeros(flow_count, np.bool_)
    for pair in votes:
        lone |= pair.is_lone
        firm |= (pair.nearness != 0) & ~pair.is_lone
    return np.asarray(lone & ~firm, np.bool_)


def sure_packets(match: MatchTable, first: int, second: int) -> I64:
    """Return the rows of the MatchTable that both vantages surely hold."""
    is_sure = (match.rows[:, first] >= 0) & (match.rows[:, second] >= 0)
    return np.flatnonzero(is_sure & ~match.is_ambiguous & (match.tier < Tier.RANGE))


def shared_packets(packets: Sequence[PacketTable], match: MatchTable, first: int, second: int) -> SharedPackets:
    """Return what both vantages surely hold: no ambiguous copies, no pieces of a frame cut differently elsewhere."""
    index = sure_packets(match, first, second)
    index = index[stable_order(match.flow[index], match.rows[index, first])]
    ours, theirs = packets[first].columns, packets[second].columns
    one, two = match.rows[index, first], match.rows[index, second]
    untimed = (ours.flags[one] | theirs.flags[two]) & PacketFlag.NO_TIME
    return SharedPackets(
        index=index,
        flow=match.flow[index].astype(np.int64),
        is_outbound=match.is_outbound[index],
        first_ns=ours.ts_ns[one],
        second_ns=theirs.ts_ns[two],
        has_time=untimed == 0,
    )


def tick_of(table: PacketTable) -> int:
    """Return the step that the first stamps are all multiples of, ns; 1 where there are too few to tell."""
    stamps = table.columns.ts_ns[(table.columns.flags & PacketFlag.NO_TIME) == 0][:TICK_SAMPLE]
    return max(1, int(np.gcd.reduce(np.abs(np.diff(stamps))))) if len(stamps) >= LEAST_STAMPS else 1


def _nesting(shared: SharedPackets, quantum_ns: int, flow_count: int) -> I64:
    """Compare neighbours of one flow that travel in opposite directions."""
    z = shared.second_ns - shared.first_ns
    turns = shared.is_outbound[1:] != shared.is_outbound[:-1]
    turns &= (shared.flow[1:] == shared.flow[:-1]) & shared.has_time[1:] & shared.has_time[:-1]
    at = np.flatnonzero(turns)
    difference = np.where(shared.is_outbound[at], z[at] - z[at + 1], z[at + 1] - z[at])
    gap = np.abs(shared.first_ns[at + 1] - shared.first_ns[at])
    # Each stamp is early by less than its quantum, so a difference of both quanta together is certain.
    is_clear = np.abs(difference) >= gap // SKEW_DIVISOR + quantum_ns
    return _sum_per_flow(shared.flow[at], np.sign(difference) * is_clear, flow_count)


def _is_sent_anew(match: MatchTable) -> Bool:
    """Mark packets whose bytes a proxy sent on (``with_relays``): round trips nest there, TTL begins again.

    Empty where no proxy is known.
    """
    if not len(match.relayed.flow):
        return np.zeros(0, np.bool_)
    found = np.zeros(len(match.rows), np.bool_)
    for vantage, column in enumerate(match.rows.T):
        found |= np.isin(column, match.relayed.first_row[match.relayed.first == vantage])
    return found


def _hop_limit(
    packets: Sequence[PacketTable], match: MatchTable, index: I64, pair: tuple[int, int], flow_count: int
) -> I64:
    """Compare TTLs; which copy of a packet was matched does not matter here, so ambiguous ones vote as well."""
    ours, theirs = (packets[v].columns.ttl[match.rows[index, v]].astype(np.int64) for v in pair)
    outbound = np.where(match.is_outbound[index], 1, -1)
    return _sum_per_flow(match.flow[index].astype(np.int64), np.sign(ours - theirs) * outbound, flow_count)


def _sum_per_flow(flow: I64, values: I64, flow_count: int) -> I64:
    return np.rint(np.bincount(flow, weights=values, minlength=flow_count)).astype(np.int64)
