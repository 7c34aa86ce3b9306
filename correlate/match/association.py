"""Which flow of one vantage is which flow of another.

**In:** two sides, and which of their flows are still free. **Out:** ``Edges`` between flows.
**Method:** algorithms section 2, "Flow association": keys that occur once on each side vote for the pair of their
flows; kinds of keys from strict to loose, each only for flows that the stricter ones left over; mutual best with
margin. Addresses and ports are never looked at. A flow may take part in several edges (a NAT binding renewed, a
connection whose second SYN one capture missed), when exact keys say so.
**Not here:** packets (``ladder.py``), joining edges over many vantages (``joining.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from correlate.match.credit import are_credible
from correlate.match.endings import end_alike
from correlate.match.joins import Join, unique_pairs
from correlate.match.joins_kernel import SEVERAL
from correlate.match.pace import SurePairs
from correlate.match.recuts import may_be_cut
from correlate.match.sides import Side
from correlate.match.streams import carry_same_bytes
from correlate.match.votes import Edges, Tally, count_votes, mutual_best, sum_votes
from correlate.match.votes_kernel import Voters, cast_votes
from correlate.model.arrays import F64, I64, Bool, concatenate, frozen, take
from correlate.model.fingerprints import Fingerprints, mixed
from correlate.model.ordering import distinct, stable_order
from correlate.model.packets import TCP


class _Kind(NamedTuple):
    """A way to recognise a packet in another capture."""

    key: Callable[[Fingerprints, I64], I64]
    worth: Callable[[Fingerprints, I64], F64]
    """Bits per packet; packets worth less than 8 do not vote."""
    share: float
    """Least share of the smaller flow's voters that must reappear: loose keys meet by chance in long flows. 0 = key
    strict enough, even with altered payload."""
    least: int
    """Least number of votes."""
    is_cut: bool = False
    """Only packets vote of which one may be part of the other; payloads as wholes cannot be compared."""


def _mixed(names: tuple[str, ...], prints: Fingerprints, rows: I64) -> I64:
    return mixed(*(prints.at(name, rows) for name in names))


def _stamped_ident(prints: Fingerprints, rows: I64) -> I64:
    return mixed(prints.at("ident", rows), _stamped(prints, rows))


_plain = partial(_mixed, ("seq", "ack", "shape", "body", "stamp"))
_numbers = partial(_mixed, ("ident", "seq", "ack", "shape"))
_stamped = partial(_mixed, ("stamp", "length", "shape"))
_content = partial(_mixed, ("head",))
_judged = partial(_mixed, ("head", "seq", "ack", "shape", "is_wrong"))
_identified = partial(_mixed, ("ident", "length", "shape"))
_summed = partial(_mixed, ("ident", "total", "length", "shape"))
_opened = partial(_mixed, ("opening",))


def _opening_bits(prints: Fingerprints, rows: I64) -> F64:
    return np.where(prints.at("opening", rows) != 0, 30.0, 0.0)


def _all_bits(prints: Fingerprints, rows: I64) -> F64:
    return prints.bits[rows].astype(np.float64)


def _bits_without_ident(prints: Fingerprints, rows: I64) -> F64:
    return np.asarray(_all_bits(prints, rows) - 12.0 * prints.is_telling[rows], np.float64)


def _number_bits(prints: Fingerprints, rows: I64) -> F64:
    bits = (
        np.log2(prints.at("seq", rows) + 1.0) + np.log2(prints.at("ack", rows) + 1.0) + 12.0 * prints.is_telling[rows]
    )
    return np.asarray(bits, np.float64)


def _stamp_bits(prints: Fingerprints, rows: I64) -> F64:
    """Acknowledgements of a host's connections look alike, and they may share one timestamp clock."""
    return np.where((prints.at("stamp", rows) != 0) & (prints.at("length", rows) > 0), 30.0, 0.0)


def _bare_stamp_bits(prints: Fingerprints, rows: I64) -> F64:
    return np.where((prints.at("stamp", rows) != 0) & prints.at("is_bare", rows), 30.0, 0.0)


def _stamped_ident_bits(prints: Fingerprints, rows: I64) -> F64:
    return np.where((prints.at("stamp", rows) != 0) & prints.is_telling[rows], 30.0, 0.0)


def _content_bits(prints: Fingerprints, rows: I64) -> F64:
    return np.where((prints.at("head", rows) != 0) & (prints.at("length", rows) >= 12), 30.0, 0.0)


def _sum_bits(prints: Fingerprints, rows: I64) -> F64:
    is_known = (prints.at("total", rows) != 0) & (prints.at("length", rows) >= 8)
    return np.where(is_known, 14.0 + 12.0 * prints.is_telling[rows], 0.0)


def _ident_bits(prints: Fingerprints, rows: I64) -> F64:
    return np.where(prints.is_telling[rows], 12.0, 0.0)


_LEAST_BITS = 8
"""What a packet must be worth to vote."""

_KINDS = (
    # IP ID rewritten or lost (scrubber, NAT64).
    _Kind(_plain, _bits_without_ident, 0.0, 1),
    # Payload altered, nothing else of the flow seen.
    _Kind(_numbers, _number_bits, 0.0, 1),
    # Initial sequence numbers rewritten: the TCP timestamps stay, and mostly the IP IDs.
    _Kind(_stamped_ident, _stamped_ident_bits, 0.3, 2),
    _Kind(_stamped, _stamp_bits, 0.3, 2),
    # Nothing but acknowledgements: more than a handshake has.
    _Kind(_stamped, _bare_stamp_bits, 0.5, 4),
    # Relayed or rewritten connections: the bytes stay.
    _Kind(_content, _content_bits, 0.3, 1),
    # Packets of a test suite, equal in all but what their checksums say.
    _Kind(_judged, _content_bits, 0.5, 4),
    # Datagrams that one side holds in pieces, the other whole.
    _Kind(_opened, _opening_bits, 0.3, 1, is_cut=True),
    # Payload cut away by the snap length: the checksum still tells its sum.
    _Kind(_summed, _sum_bits, 0.3, 1),
    # Sequence numbers rewritten, no timestamps, payload not captured: IP ID and length in step.
    _Kind(_identified, _ident_bits, 0.5, 4),
)


def associate(a: Side, b: Side, free_a: Bool, free_b: Bool, exact: Join) -> tuple[Edges, Callable[[], SurePairs]]:
    """Return edges between free flows of two vantages, and the pairs of packets that support them.

    Parameters
    ----------
    a, b
        The two vantages.
    free_a, free_b
        Per flow: may take part.
    exact
        Where packets of either stand on the other by the strictest key.

    Returns
    -------
    tuple
        Edges, and what gathers the packets that voted for them (block = flow of A * 2 + outbound). Cost O(n) for
        packets with a unique strictest key, O(n log n) for those of flows that these leave over.
    """
    # Ten bits beyond what chance needs for one false pair among all pairs of flows.
    least_score = max(24.0, np.log2(max(1, len(free_a)) * max(1, len(free_b))) + 10)
    taken_a, taken_b = ~free_a, ~free_b
    edges, exact_rows = _by_exact_keys(a, b, (taken_a, taken_b), exact, least_score)
    taken_a[edges.a] = True
    taken_b[edges.b] = True
    parts: list[Edges] = [edges]
    voted: list[Callable[[], tuple[I64, I64]]] = [exact_rows]
    open_a, open_b = _open_rows(a, taken_a), _open_rows(b, taken_b)
    for kind in _KINDS:
        open_a, open_b = open_a[~taken_a[a.flows.of_packet[open_a]]], open_b[~taken_b[b.flows.of_packet[open_b]]]
        if not len(open_a) or not len(open_b):
            break
        rows_a, rows_b = (
            rows[kind.worth(side.prints, rows) >= _LEAST_BITS] for side, rows in ((a, open_a), (b, open_b))
        )
        if not len(rows_a) or not len(rows_b):
            continue
        at_a, at_b = unique_pairs(kind.key(a.prints, rows_a), kind.key(b.prints, rows_b))
        rows = rows_a[at_a], rows_b[at_b]
        if kind.is_cut:
            cut = may_be_cut(a.packets, rows[0]) | may_be_cut(b.packets, rows[1])
            rows = rows[0][cut], rows[1][cut]
        elif kind.share:
            agree = _bytes_agree(a.prints, rows[0], b.prints, rows[1])
            rows = rows[0][agree], rows[1][agree]
        tally = count_votes(a, b, rows, (kind.worth(a.prints, rows[0]), kind.worth(b.prints, rows[1])))
        is_enough = (tally.score >= least_score) & (tally.votes >= kind.least)
        if kind.share:
            is_enough &= _shares(a, b, (rows_a, rows_b), tally) >= kind.share
        chosen = mutual_best(tally, is_enough, margin=2.0)
        voted.append(partial(_same, rows))
        if kind.share:
            chosen[_lone_requests(a, b, tally, chosen)] = False
        edges = _ending_alike(a, b, tally, chosen)
        edges = take(edges, ~_accidents(a, b, rows, edges, (voted, concatenate(parts))))
        taken_a[edges.a] = True
        taken_b[edges.b] = True
        parts.append(edges)
    edges = concatenate(parts)
    return edges, partial(_support, a, b, voted, edges)


def _open_rows(side: Side, is_taken: Bool) -> I64:
    """Return the rows of flows that are not taken, no copies."""
    is_open = ~is_taken[side.flows.of_packet]
    is_open &= ~side.is_copy
    return np.flatnonzero(is_open)


def _same(rows: tuple[I64, I64]) -> tuple[I64, I64]:
    return rows


def _by_exact_keys(
    a: Side, b: Side, taken: tuple[Bool, Bool], exact: Join, least_score: float
) -> tuple[Edges, Callable[[], tuple[I64, I64]]]:
    """Return the edges that strictest keys, once on each side, vote for, and what gathers the voters.

    A flow may take part in several.
    """
    named, votes, best = np.full(len(a.flows), -1, np.int64), *np.zeros((2, len(a.flows)), np.int64)
    is_numbered, is_other = np.zeros(len(a.flows), np.bool_), np.zeros(len(a), np.bool_)
    voters = [
        Voters(
            bits=side.prints.bits,
            flow=side.flows.of_packet,
            is_outbound=side.flows.is_outbound,
            is_telling=side.prints.is_telling,
            ip_id=side.packets.columns.ip_id,
            is_taken=frozen(part.copy()),
        )
        for side, part in ((a, taken[0]), (b, taken[1]))
    ]
    told = a.packets.columns
    partner = frozen(exact.partner)
    cast_votes(
        partner,
        voters[0],
        voters[1],
        told.proto,
        told.flags,
        told.seq,
        _LEAST_BITS,
        named,
        votes,
        best,
        is_numbered,
        is_other,
    )
    most = np.flatnonzero(votes)
    direct = Edges(most, named[most] >> 1, (named[most] & 1) == 1)
    further = _again_unique(a, b, voters, exact)
    other = np.flatnonzero(is_other)
    rest = np.concatenate([other, further[0]]), np.concatenate([partner[other], further[1]])
    tally = count_votes(a, b, rest, (_all_bits(a.prints, rest[0]), _all_bits(b.prints, rest[1])))
    if len(tally.votes):
        every = concatenate([direct, tally.edges])
        worth = np.concatenate([best[most], tally.score - 2.0 * (tally.votes - 1)])
        tally = sum_votes(every, np.concatenate([votes[most], tally.votes]), worth)
    else:
        tally = sum_votes(direct, votes[most], best[most].astype(np.float64))
    is_enough = (tally.score >= least_score) & (tally.votes >= 1)
    chosen = mutual_best(tally, is_enough, margin=1.0)
    chosen |= _further(a, b, tally, chosen, is_enough)
    edges = _ending_alike(a, b, tally, chosen)
    rows = partial(_exact_voters, voters, exact, further)
    # Equal numbers or identifications are no accident; only where keys have none are the voters looked at.
    shown = is_numbered[edges.a] & (named[edges.a] == edges.b * 2 + edges.is_swapped)
    if shown.all():
        return edges, rows
    open_ = take(edges, ~shown)
    is_open = np.zeros(len(a.flows), np.bool_)
    is_open[open_.a] = True
    mine = _exact_voters(voters, exact, further, is_open)
    by_chance = np.zeros(len(edges.a), np.bool_)
    by_chance[~shown] = _accidents(a, b, mine, open_, ([rows], take(edges, shown)))
    return take(edges, ~by_chance), rows


def _again_unique(a: Side, b: Side, voters: list[Voters], exact: Join) -> tuple[I64, I64]:
    """Return the pairs whose key is unique among voters only."""
    rows = []
    for side, some, several in ((a, voters[0], exact.partner == SEVERAL), (b, voters[1], exact.is_several)):
        again = np.flatnonzero(several)
        again = again[(some.bits[again] >= _LEAST_BITS) & ~some.is_taken[some.flow[again]]]
        rows.append((again, side.prints.exact[again]))
    at_a, at_b = unique_pairs(rows[0][1], rows[1][1])
    return rows[0][0][at_a], rows[1][0][at_b]


def _exact_voters(
    voters: list[Voters], exact: Join, further: tuple[I64, I64], of_flows: Bool | None = None
) -> tuple[I64, I64]:
    """Return the pairs that voted, ascending on A; of some flows of A only."""
    a, b = voters
    is_asked = exact.partner >= 0
    if of_flows is not None:
        is_asked &= of_flows[a.flow]
        kept = of_flows[a.flow[further[0]]]
        further = further[0][kept], further[1][kept]
    one = np.flatnonzero(is_asked)
    two = exact.partner[one].astype(np.int64)
    good = (a.bits[one] >= _LEAST_BITS) & ~a.is_taken[a.flow[one]]
    good &= (b.bits[two] >= _LEAST_BITS) & ~b.is_taken[b.flow[two]]
    one, two = np.concatenate([one[good], further[0]]), np.concatenate([two[good], further[1]])
    order = stable_order(one)
    return one[order], two[order]


def _ending_alike(a: Side, b: Side, tally: Tally, chosen: Bool) -> Edges:
    """Return the chosen edges of flows of which none goes on where the other ended."""
    edges = take(tally.edges, chosen)
    return take(edges, end_alike(a, b, edges))


def _bytes_agree(a: Fingerprints, at_a: I64, b: Fingerprints, at_b: I64) -> Bool:
    """Return where what is known of the payloads does not differ: loose keys need no second excuse."""
    good = np.ones(len(at_a), np.bool_)
    for name in ("head", "total", "mapping"):
        one, two = a.at(name, at_a), b.at(name, at_b)
        good &= (one == 0) | (two == 0) | (one == two)
    return good


def _shares(a: Side, b: Side, voters: tuple[I64, I64], tally: Tally) -> F64:
    """Return per tally the share of the smaller flow's voters that reappeared in the other flow."""
    had_a = np.bincount(a.flows.of_packet[voters[0]], minlength=len(a.flows))[tally.edges.a]
    had_b = np.bincount(b.flows.of_packet[voters[1]], minlength=len(b.flows))[tally.edges.b]
    return np.asarray(tally.votes / np.maximum(1, np.minimum(had_a, had_b)))


def _lone_requests(a: Side, b: Side, tally: Tally, chosen: Bool) -> I64:
    """Return chosen pairs of connections with one equal packet (a request that many send?) and other bytes else."""
    at = np.flatnonzero(chosen & (tally.votes < 2) & (a.flows.columns.proto[tally.edges.a] == TCP))
    return at[~carry_same_bytes(a, b, take(tally.edges, at))]


def _accidents(
    a: Side,
    b: Side,
    rows: tuple[I64, I64],
    edges: Edges,
    told: tuple[list[Callable[[], tuple[I64, I64]]], Edges],
) -> Bool:
    """Return the edges that nothing but equal payload supports, and that payload not well enough.

    ``told`` are the voters and the edges so far; they and the other new edges set the pace.
    """
    one, two = rows
    numbers = (a.prints.at("seq", one) | a.prints.at("ack", one)) != 0
    numbers &= (a.prints.at("seq", one) == b.prints.at("seq", two)) & (
        a.prints.at("ack", one) == b.prints.at("ack", two)
    )
    same_ident = (
        a.prints.is_telling[one] & b.prints.is_telling[two] & (a.prints.at("ident", one) == b.prints.at("ident", two))
    )
    same_stamp = (a.prints.at("stamp", one) != 0) & (a.prints.at("stamp", one) == b.prints.at("stamp", two))
    has_more = numbers | same_ident | same_stamp | (a.prints.at("head", one) == 0)
    flow_a, flow_b = (side.flows.of_packet[part[has_more]].astype(np.int64) for side, part in ((a, one), (b, two)))
    width = max(1, len(b.flows))
    bare = ~np.isin(edges.a * width + edges.b, distinct(flow_a * width + flow_b))
    if not bare.any():
        return bare
    sure = concatenate([told[1], take(edges, ~bare)])
    bare[bare] = ~are_credible(a, b, rows, take(edges, bare), _support(a, b, told[0], sure))
    return bare


def _further(a: Side, b: Side, tally: Tally, chosen: Bool, is_enough: Bool) -> Bool:
    """Return more edges of flows that have one already, where exact keys are many or most of the smaller flow."""
    taken_a, taken_b = np.zeros(len(a.flows), np.bool_), np.zeros(len(b.flows), np.bool_)
    taken_a[tally.edges.a[chosen]] = True
    taken_b[tally.edges.b[chosen]] = True
    smaller = np.minimum(a.flows.columns.packets[tally.edges.a], b.flows.columns.packets[tally.edges.b])
    is_plenty = (tally.votes >= 2) | (tally.votes * 2 >= smaller)
    is_loose = ~taken_a[tally.edges.a] | ~taken_b[tally.edges.b]
    return is_enough & is_plenty & is_loose


def _support(a: Side, b: Side, voted: list[Callable[[], tuple[I64, I64]]], edges: Edges) -> SurePairs:
    """Return the pairs that lie within edges."""
    one, two = (np.concatenate(part) for part in zip(*(rows() for rows in voted), strict=True))
    flow_a, flow_b = a.flows.of_packet[one].astype(np.int64), b.flows.of_packet[two]
    # Most flows have one edge: only the others are looked for among all edges.
    named = np.full(len(a.flows), -1, np.int64)
    named[edges.a] = edges.b
    is_in = named[flow_a] == flow_b
    rest = np.flatnonzero(~is_in & (np.bincount(edges.a, minlength=len(a.flows)) > 1)[flow_a])
    width = max(1, len(b.flows))
    is_in[rest] = np.isin(flow_a[rest] * width + flow_b[rest], edges.a * width + edges.b)
    one, two = one[is_in], two[is_in]
    block = flow_a[is_in] * 2 + a.flows.is_outbound[one]
    return SurePairs(block, a.time[one], b.time[two] - a.time[one])
