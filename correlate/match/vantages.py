"""All captures matched: the stage's public function.

**In:** packets, flows and fingerprints of every vantage. **Out:** ``MatchTable`` and ``JoinedFlows``.
**Method:** vantages that share most are compared first (a maximum spanning tree), then every other pair for what is
left. Everything runs in an order of the vantages that depends on their content only, so the order of the arguments
changes nothing.
**Not here:** where the vantages lie on the path (``paths``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from typing import NamedTuple

import attrs
import numpy as np

from correlate.match.association import associate
from correlate.match.bundle import Bundles
from correlate.match.comparing import compare
from correlate.match.copies import Repeats, find_repeats
from correlate.match.endings import end_alike
from correlate.match.joining import FlowUnion
from correlate.match.joins import Join, KeyTable, join_tables, tabulate, unique_pairs
from correlate.match.joins_kernel import FREE
from correlate.match.ladder import Known, climb
from correlate.match.messages import join_exchanges
from correlate.match.pace import SurePairs
from correlate.match.rescue import rescue
from correlate.match.shifts import shown_shifts
from correlate.match.sides import Side, Sights, elapsed
from correlate.match.strays import pair_strays
from correlate.match.table import build_table
from correlate.match.votes import Edges
from correlate.model.arrays import I32, I64, take
from correlate.model.fingerprints import Fingerprints, mixed
from correlate.model.flows import FlowTable, JoinedFlows
from correlate.model.matches import MatchTable
from correlate.model.packets import PacketTable
from correlate.parallel import two_at_a_time

Fetch = Callable[[int, I64], list[bytes]]

_SAMPLE = 65_536
"""Packets per vantage that are enough to see which captures are most alike."""


class _Round(NamedTuple):
    """What all pairs of vantages are compared for."""

    with_altered: bool
    with_repeats: bool


_ROUNDS = (
    _Round(with_altered=False, with_repeats=False),
    _Round(with_altered=True, with_repeats=False),
    _Round(with_altered=True, with_repeats=True),
)


def match_vantages(
    packets: Sequence[PacketTable],
    flows: Sequence[FlowTable],
    prints: Sequence[Fingerprints],
    fetch: Fetch | None = None,
) -> tuple[MatchTable, JoinedFlows]:
    """Find the frames of all vantages that carry the same packet.

    Parameters
    ----------
    packets, flows, prints
        One of each per vantage, in input order.
    fetch
        ``(vantage, rows) -> raw frames``: where nothing but content joins flows, its bytes are looked at.

    Returns
    -------
    tuple[MatchTable, JoinedFlows]
        Every packet once, and flows joined over NAT. No clock, address or port is compared between vantages (equal
        addresses break ties between otherwise equal flows). Cost O(n log n) per pair of vantages.
    """
    order = _content_order(packets, prints)
    looks = [partial(_look_over, packets[v], flows[v], prints[v], fetch and partial(fetch, v)) for v in order]
    sides, repeats, tables = zip(*two_at_a_time(looks, packets=max(map(len, packets))), strict=True)
    pairs = _pairs_by_likeness(sides)
    union = FlowUnion(sides)
    exact = {(a, b): _join_exact(sides, tables, a, b) for a, b in pairs}
    del tables
    for a, b in pairs:
        _join_flows(union, sides, (a, b), exact[a, b])
    bundles = Bundles([repeat.is_copy for repeat in repeats], [repeat.is_repeat for repeat in repeats])
    blocks = [union.blocks(place, side) for place, side in enumerate(sides)]
    for round_ in _ROUNDS if len(sides) > 2 else _ROUNDS[1:]:
        for pair in pairs:
            _match_pair(bundles, sides, blocks, pair, round_, exact[pair])
    del exact
    for a, b in pairs:
        rows = bundles.open_rows(a, b, with_repeats=False), bundles.open_rows(b, a, with_repeats=False)
        known = partial(_known, bundles, sides, blocks, (a, b))
        bundles.merge(a, b, pair_strays(sides[a], sides[b], rows, known))
    relayed = [
        (pair, _join_exchanges(union, sides, pair, partial(_known, bundles, sides, blocks, pair))) for pair in pairs
    ]
    if any(len(edges.a) for _, edges in relayed):
        blocks = [union.blocks(place, side) for place, side in enumerate(sides)]
    apart = {pair: union.number_of(pair[0], edges.a) for pair, edges in relayed if len(edges.a)}
    table, ends = build_table(bundles, sides, repeats, (blocks, apart), order)
    joined = union.result(order)
    if ends is not None:
        joined = attrs.evolve(joined, handshake=ends.handshake, connection=ends.connection)
    return table, joined


def _content_order(packets: Sequence[PacketTable], prints: Sequence[Fingerprints]) -> list[int]:
    """Return vantage indices in an order that only their content decides; addresses and clocks have no say."""
    counts = [len(table) for table in packets]
    if len(set(counts)) == len(counts):
        return sorted(range(len(counts)), key=counts.__getitem__)

    def content(vantage: int) -> tuple[int, int]:
        keys = mixed(prints[vantage].exact, packets[vantage].columns.ttl) if len(packets[vantage]) else np.zeros(1, int)
        return len(packets[vantage]), int(np.bitwise_xor.reduce(keys))

    return sorted(range(len(packets)), key=content)


def _look_over(
    packets: PacketTable, flows: FlowTable, prints: Fingerprints, fetch: Callable[[I64], list[bytes]] | None
) -> tuple[Side, Repeats, KeyTable]:
    """Return a vantage as the matcher sees it, what it holds more than once, and the strictest keys but of copies."""
    table, time = tabulate(prints.exact, tells_before=True), elapsed(packets)
    repeats = find_repeats(packets, prints, time, table.before)
    if repeats.is_copy.any():
        table = tabulate(prints.exact[~repeats.is_copy])
    side = Side(packets=packets, flows=flows, prints=prints, time=time, is_copy=repeats.is_copy, fetch=fetch)
    return side, repeats, table._replace(before=table.before[:0].copy())


def _pairs_by_likeness(sides: Sequence[Side]) -> list[tuple[int, int]]:
    """Return all pairs: first a tree of those that share most, then the rest, most alike first."""
    if len(sides) == 2:
        return [(0, 1)]
    sampled = _samples(sides)
    likeness = {
        pair: len(unique_pairs(sampled[pair[0]], sampled[pair[1]])[0]) for pair in combinations(range(len(sides)), 2)
    }
    ranked = sorted(likeness, key=lambda pair: (-likeness[pair], pair))
    group = list(range(len(sides)))
    tree, rest = [], []
    for a, b in ranked:
        if group[a] == group[b]:
            rest.append((a, b))
            continue
        tree.append((a, b))
        old, new = group[b], group[a]
        group = [new if member == old else member for member in group]
    return tree + rest


def _samples(sides: Sequence[Side]) -> list[I64]:
    """Return the exact keys of each side; of large captures every 16th key value, the same ones everywhere."""
    keys = [side.prints.exact[~side.is_copy] for side in sides]
    if max((len(column) for column in keys), default=0) <= _SAMPLE:
        return keys
    return [column[(column & 15) == 0] for column in keys]


def _join_exact(sides: Sequence[Side], tables: Sequence[KeyTable], one: int, two: int) -> Join:
    """Return where packets of either vantage stand on the other by the strictest key; copies stand nowhere."""
    found, a, b = join_tables(tables[one], tables[two]), sides[one], sides[two]
    if len(found.partner) == len(a) and len(found.is_several) == len(b):
        return found
    rows_a, rows_b = np.flatnonzero(~a.is_copy), np.flatnonzero(~b.is_copy)
    partner, is_several = np.full(len(a), FREE, np.int32), np.zeros(len(b), np.bool_)
    partner[rows_a] = np.where(found.partner >= 0, rows_b[np.maximum(found.partner, 0)], found.partner)
    is_several[rows_b] = found.is_several
    return Join(partner, is_several)


def _join_flows(union: FlowUnion, sides: Sequence[Side], pair: tuple[int, int], exact: Join) -> None:
    """Join flows of two vantages, first by keys, then by time."""
    a, b = pair
    edges, support = associate(sides[a], sides[b], union.free(a, b), union.free(b, a), exact)
    union.add(a, b, edges)
    late = rescue(sides[a], sides[b], (union.free(a, b), union.free(b, a)), support if len(edges.a) else None)
    union.add(a, b, take(late, end_alike(sides[a], sides[b], late)))


def _join_exchanges(
    union: FlowUnion, sides: Sequence[Side], pair: tuple[int, int], known: Callable[[], SurePairs]
) -> Edges:
    """Join flows of two vantages whose messages alone are the same: no packet of theirs is one."""
    a, b = pair
    edges = join_exchanges(sides[a], sides[b], (union.free(a, b), union.free(b, a)), known)
    union.add(a, b, edges)
    return edges


def _match_pair(
    bundles: Bundles, sides: Sequence[Side], blocks: Sequence[I32], pair: tuple[int, int], round_: _Round, exact: Join
) -> None:
    """Pair the packets of two vantages that are not paired yet."""
    a, b = pair
    with_repeats = round_.with_repeats
    if with_repeats and not (bundles.is_repeat[a].any() and bundles.is_repeat[b].any()):
        return
    rows_a = bundles.open_rows(a, b, with_repeats=with_repeats)
    rows_b = bundles.open_rows(b, a, with_repeats=with_repeats)
    count = 1 + max(int(block.max(initial=0)) for block in blocks) | 1
    seen = np.zeros((2, count + 1), np.bool_)
    blocks_a, blocks_b = blocks[a][rows_a], blocks[b][rows_b]
    seen[0, blocks_a] = True
    seen[1, blocks_b] = True
    shared = seen[0] & seen[1]
    meets_a, meets_b = shared[blocks_a], shared[blocks_b]
    rows_a, rows_b, blocks_a, blocks_b = rows_a[meets_a], rows_b[meets_b], blocks_a[meets_a], blocks_b[meets_b]
    if not len(rows_a) or not len(rows_b):
        return
    known_a, known_b = bundles.sure_rows(a, b)
    before_a, before_b = (
        Sights(sides[v], rows, blocks[v][rows].astype(np.int64)) for v, rows in ((a, known_a), (b, known_b))
    )
    every = np.arange(len(known_a))
    known = Known(
        habits=compare(before_a, before_b, (every, every), count + 1, counts_altered=True).habits,
        pairs=SurePairs(before_a.block, before_a.time, before_b.time - before_a.time),
        numbering=shown_shifts(before_a, before_b, count + 1),
        exact=exact,
    )
    sights = Sights(sides[a], rows_a, blocks_a), Sights(sides[b], rows_b, blocks_b)
    bundles.merge(a, b, climb(*sights, known, with_altered=round_.with_altered))


def _known(bundles: Bundles, sides: Sequence[Side], blocks: Sequence[I32], pair: tuple[int, int]) -> SurePairs:
    """Return the pairs of two vantages that are sure by now."""
    a, b = pair
    rows_a, rows_b = bundles.sure_rows(a, b)
    return SurePairs(
        blocks[a][rows_a].astype(np.int64), sides[a].time[rows_a], sides[b].time[rows_b] - sides[a].time[rows_a]
    )
