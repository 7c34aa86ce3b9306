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
from typing import NamedTuple

import numpy as np

from correlate.match.credit import are_credible
from correlate.match.endings import end_alike
from correlate.match.joins import unique_pairs
from correlate.match.pace import SurePairs
from correlate.match.recuts import may_be_cut
from correlate.match.sides import Side
from correlate.match.streams import carry_same_bytes
from correlate.match.votes import Edges, Tally, count_votes, mutual_best, no_edges
from correlate.model.arrays import F64, I64, Bool, concatenate, take
from correlate.model.fingerprints import FingerprintColumns, mixed
from correlate.model.packets import TCP


class _Kind(NamedTuple):
    """A way to recognise a packet in another capture."""

    key: Callable[[FingerprintColumns, I64], I64]
    worth: Callable[[FingerprintColumns, I64], F64]
    """Bits per packet; packets worth less than 8 do not vote."""
    share: float
    """Least share of the smaller flow's voters that must reappear: loose keys meet by chance in long flows. 0 = key
    strict enough, even with altered payload."""
    least: int
    """Least number of votes."""
    is_cut: bool = False
    """Only packets vote of which one may be part of the other; payloads as wholes cannot be compared."""


def _exact(prints: FingerprintColumns, rows: I64) -> I64:
    return prints.exact[rows]


def _plain(prints: FingerprintColumns, rows: I64) -> I64:
    return mixed(prints.seq[rows], prints.ack[rows], prints.shape[rows], prints.body[rows], prints.stamp[rows])


def _numbers(prints: FingerprintColumns, rows: I64) -> I64:
    return mixed(prints.ident[rows], prints.seq[rows], prints.ack[rows], prints.shape[rows])


def _stamped(prints: FingerprintColumns, rows: I64) -> I64:
    return mixed(prints.stamp[rows], prints.length[rows], prints.shape[rows])


def _stamped_ident(prints: FingerprintColumns, rows: I64) -> I64:
    return mixed(prints.ident[rows], _stamped(prints, rows))


def _content(prints: FingerprintColumns, rows: I64) -> I64:
    return mixed(prints.head[rows])


def _judged(prints: FingerprintColumns, rows: I64) -> I64:
    return mixed(prints.head[rows], prints.seq[rows], prints.ack[rows], prints.shape[rows], prints.is_wrong[rows])


def _identified(prints: FingerprintColumns, rows: I64) -> I64:
    return mixed(prints.ident[rows], prints.length[rows], prints.shape[rows])


def _summed(prints: FingerprintColumns, rows: I64) -> I64:
    return mixed(prints.ident[rows], prints.total[rows], prints.length[rows], prints.shape[rows])


def _opened(prints: FingerprintColumns, rows: I64) -> I64:
    return mixed(prints.opening[rows])


def _opening_bits(prints: FingerprintColumns, rows: I64) -> F64:
    return np.where(prints.opening[rows] != 0, 30.0, 0.0)


def _all_bits(prints: FingerprintColumns, rows: I64) -> F64:
    return prints.bits[rows].astype(np.float64)


def _bits_without_ident(prints: FingerprintColumns, rows: I64) -> F64:
    return np.asarray(_all_bits(prints, rows) - 12.0 * prints.is_telling[rows], np.float64)


def _number_bits(prints: FingerprintColumns, rows: I64) -> F64:
    bits = np.log2(prints.seq[rows] + 1.0) + np.log2(prints.ack[rows] + 1.0) + 12.0 * prints.is_telling[rows]
    return np.asarray(bits, np.float64)


def _stamp_bits(prints: FingerprintColumns, rows: I64) -> F64:
    """Acknowledgements of a host's connections look alike, and they may share one timestamp clock."""
    return np.where((prints.stamp[rows] != 0) & (prints.length[rows] > 0), 30.0, 0.0)


def _bare_stamp_bits(prints: FingerprintColumns, rows: I64) -> F64:
    return np.where((prints.stamp[rows] != 0) & prints.is_bare[rows], 30.0, 0.0)


def _stamped_ident_bits(prints: FingerprintColumns, rows: I64) -> F64:
    return np.where((prints.stamp[rows] != 0) & prints.is_telling[rows], 30.0, 0.0)


def _content_bits(prints: FingerprintColumns, rows: I64) -> F64:
    return np.where((prints.head[rows] != 0) & (prints.length[rows] >= 12), 30.0, 0.0)


def _sum_bits(prints: FingerprintColumns, rows: I64) -> F64:
    is_known = (prints.total[rows] != 0) & (prints.length[rows] >= 8)
    return np.where(is_known, 14.0 + 12.0 * prints.is_telling[rows], 0.0)


def _ident_bits(prints: FingerprintColumns, rows: I64) -> F64:
    return np.where(prints.is_telling[rows], 12.0, 0.0)


_KINDS = (
    _Kind(_exact, _all_bits, 0.0, 1),
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


def associate(a: Side, b: Side, free_a: Bool, free_b: Bool) -> tuple[Edges, SurePairs]:
    """Return edges between free flows of two vantages, and the pairs of packets that support them.

    Parameters
    ----------
    a, b
        The two vantages.
    free_a, free_b
        Per flow: may take part.

    Returns
    -------
    tuple
        Edges, and the packets that voted for them (block = flow of A * 2 + outbound). Cost O(n log n).
    """
    parts: list[Edges] = []
    voted: list[tuple[I64, I64]] = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    # Ten bits beyond what chance needs for one false pair among all pairs of flows.
    least_score = max(24.0, np.log2(max(1, len(free_a)) * max(1, len(free_b))) + 10)
    taken_a, taken_b = ~free_a, ~free_b
    for kind in _KINDS:
        rows_a, rows_b = _voters(a, taken_a, kind), _voters(b, taken_b, kind)
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
        is_first = kind is _KINDS[0]
        chosen = mutual_best(tally, is_enough, margin=1.0 if is_first else 2.0)
        voted.append(rows)
        if is_first:
            chosen |= _further(a, b, tally, chosen, is_enough)
        if kind.share:
            chosen[_lone_requests(a, b, tally, chosen)] = False
        at = np.flatnonzero(chosen)
        chosen[at[~end_alike(a, b, take(tally.edges, at))]] = False
        edges = take(tally.edges, chosen)
        edges = take(edges, ~_accidents(a, b, rows, edges, (_columns(voted), concatenate([no_edges(), *parts]))))
        taken_a[edges.a] = True
        taken_b[edges.b] = True
        parts.append(edges)
    edges = concatenate([no_edges(), *parts])
    return edges, _support(a, b, _columns(voted), edges)


def _bytes_agree(a: FingerprintColumns, at_a: I64, b: FingerprintColumns, at_b: I64) -> Bool:
    """Return where what is known of the payloads does not differ: loose keys need no second excuse."""
    good = np.ones(len(at_a), np.bool_)
    for name in ("head", "total", "mapping"):
        one, two = getattr(a, name)[at_a], getattr(b, name)[at_b]
        good &= (one == 0) | (two == 0) | (one == two)
    return good


def _voters(side: Side, taken: Bool, kind: _Kind) -> I64:
    """Return the rows whose keys count: of free flows, no copies, worth something."""
    rows = np.flatnonzero(~side.is_copy & ~taken[side.flows.of_packet])
    return rows[kind.worth(side.prints, rows) >= 8.0]


def _shares(a: Side, b: Side, voters: tuple[I64, I64], tally: Tally) -> F64:
    """Return per tally the share of the smaller flow's voters that reappeared in the other flow."""
    had_a = np.bincount(a.flows.of_packet[voters[0]], minlength=len(a.flows))[tally.edges.a]
    had_b = np.bincount(b.flows.of_packet[voters[1]], minlength=len(b.flows))[tally.edges.b]
    return np.asarray(tally.votes / np.maximum(1, np.minimum(had_a, had_b)))


def _lone_requests(a: Side, b: Side, tally: Tally, chosen: Bool) -> I64:
    """Return chosen pairs of connections with one equal packet (a request that many send?) and other bytes else."""
    at = np.flatnonzero(chosen & (tally.votes < 2) & (a.flows.columns.proto[tally.edges.a] == TCP))
    return at[~carry_same_bytes(a, b, take(tally.edges, at))]


def _accidents(a: Side, b: Side, rows: tuple[I64, I64], edges: Edges, told: tuple[tuple[I64, I64], Edges]) -> Bool:
    """Return the edges that nothing but equal payload supports, and that payload not well enough.

    ``told`` are the voters and the edges so far; they and the other new edges set the pace.
    """
    one, two = rows
    numbers = (a.prints.seq[one] | a.prints.ack[one]) != 0
    numbers &= (a.prints.seq[one] == b.prints.seq[two]) & (a.prints.ack[one] == b.prints.ack[two])
    same_ident = a.prints.is_telling[one] & b.prints.is_telling[two] & (a.prints.ident[one] == b.prints.ident[two])
    same_stamp = (a.prints.stamp[one] != 0) & (a.prints.stamp[one] == b.prints.stamp[two])
    has_more = numbers | same_ident | same_stamp | (a.prints.head[one] == 0)
    flow_a, flow_b = (side.flows.of_packet[part[has_more]] for side, part in ((a, one), (b, two)))
    bare = ~np.isin(mixed(edges.a, edges.b), mixed(flow_a, flow_b))
    if not bare.any():
        return bare
    sure = concatenate([told[1], take(edges, ~bare)])
    bare[bare] = ~are_credible(a, b, rows, take(edges, bare), _support(a, b, told[0], sure))
    return bare


def _columns(voted: list[tuple[I64, I64]]) -> tuple[I64, I64]:
    """Return the voters of all kinds."""
    rows_a, rows_b = (np.concatenate(part) for part in zip(*voted, strict=True))
    return rows_a, rows_b


def _further(a: Side, b: Side, tally: Tally, chosen: Bool, is_enough: Bool) -> Bool:
    """Return more edges of flows that have one already, where exact keys are many or most of the smaller flow."""
    taken_a, taken_b = np.zeros(len(a.flows), np.bool_), np.zeros(len(b.flows), np.bool_)
    taken_a[tally.edges.a[chosen]] = True
    taken_b[tally.edges.b[chosen]] = True
    smaller = np.minimum(a.flows.columns.packets[tally.edges.a], b.flows.columns.packets[tally.edges.b])
    is_plenty = (tally.votes >= 2) | (tally.votes * 2 >= smaller)
    is_loose = ~taken_a[tally.edges.a] | ~taken_b[tally.edges.b]
    return is_enough & is_plenty & is_loose


def _support(a: Side, b: Side, rows: tuple[I64, I64], edges: Edges) -> SurePairs:
    """Return the pairs that lie within edges."""
    flow_a = a.flows.of_packet[rows[0]].astype(np.int64)
    flow_b = b.flows.of_packet[rows[1]].astype(np.int64)
    width = max(1, len(b.flows))
    is_in = np.isin(flow_a * width + flow_b, edges.a * width + edges.b)
    at_a, at_b = rows[0][is_in], rows[1][is_in]
    block = flow_a[is_in] * 2 + a.flows.is_outbound[at_a]
    return SurePairs(block, a.time[at_a], b.time[at_b] - a.time[at_a])
