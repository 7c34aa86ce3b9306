"""The result as a table.

**In:** bundles of rows, repeats within captures, blocks. **Out:** ``MatchTable`` with vantages in input order.
**Method:** a row that repeats another and that no tap explains is a duplicate made by the network when some other
vantage holds the packet; when none does, nothing proves that the network did it and it counts as a copy.
**Not here:** where on the path a duplicate arose (``trajectories``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from correlate.match.bundle import Bundles
from correlate.match.copies import Repeats
from correlate.match.datagrams import incomplete_fragments
from correlate.match.lanes import Draft
from correlate.match.ranges import join_ranges
from correlate.match.severing import sever
from correlate.match.sides import Side
from correlate.match.terminations import Relayed, Terminations, find_terminations
from correlate.model.arrays import I8, I32, I64, Bool, frozen, take
from correlate.model.matches import CopyColumns, MatchTable, no_relays


def build_table(
    bundles: Bundles,
    sides: Sequence[Side],
    repeats: Sequence[Repeats],
    joined: tuple[Sequence[I32], Relayed],
    order: Sequence[int],
) -> tuple[MatchTable, Terminations | None]:
    """Return the match table and where connections end; ``order[k]`` is the input index of the k-th side.

    ``joined`` holds the block of every row, and the flows that only messages joined.
    """
    blocks, apart = joined
    is_used, rows, block = bundles.matrix(blocks, order)
    # In matching order; nothing is copied where that is the one given, or its reverse.
    rows = _columns(rows, order)
    duplicate_of, dropped, copies = _doubles(rows, (bundles, is_used), repeats, sides)
    draft = Draft(
        rows=rows,
        block=block,
        tier=bundles.tier[is_used],
        is_ambiguous=bundles.is_ambiguous[is_used],
        origin=np.arange(len(rows), dtype=np.int32),
    )
    draft = join_ranges(take(draft, ~dropped) if dropped.any() else draft, sides)
    ends = find_terminations(draft, sides, apart)
    relayed = no_relays()
    if ends is not None:
        draft, relayed = sever(draft, sides, ends)
    back = np.argsort(order).tolist()
    place, double = np.zeros(0, np.int64), np.full(len(draft.origin), -1)
    if copies:
        place = np.full(len(rows), -1, np.int64)
        place[draft.origin[::-1]] = np.arange(len(draft.origin))[::-1]
        double = duplicate_of[draft.origin]
        double = np.where(double >= 0, place[np.maximum(double, 0)], -1)
    inputs = np.array(order, np.int16)
    table = MatchTable(
        relayed=relayed._replace(first=frozen(inputs[relayed.first]), second=frozen(inputs[relayed.second])),
        rows=frozen(_columns(draft.rows, back), np.int64),
        flow=frozen(draft.block >> 1, np.int32),
        is_outbound=frozen((draft.block & 1) == 1),
        tier=frozen(draft.tier, np.int8),
        is_ambiguous=frozen(draft.is_ambiguous),
        copies=_copy_columns(copies, place, rows, draft.rows, order),
        network_duplicate_of=frozen(double),
        incomplete_fragments=tuple(
            frozen(incomplete_fragments(sides[at].packets, partial(_alone, draft, at, len(sides[at])))) for at in back
        ),
    )
    return table, ends and Terminations(*(frozen(part[:, back]) for part in ends))


def _columns(rows: I64, order: Sequence[int]) -> I64:
    """Return the columns in another order: a view where that is the same or the reverse."""
    every = list(range(rows.shape[1]))
    if list(order) == every:
        return rows
    return rows[:, ::-1] if list(order) == every[::-1] else rows[:, list(order)]


def _doubles(
    rows: I64, numbered: tuple[Bundles, Bool], repeats: Sequence[Repeats], sides: Sequence[Side]
) -> tuple[I64, Bool, list[tuple[I64, int, I64]]]:
    """Return per bundle what it duplicates (-1 = none) and whether it is dropped, and copies (bundle, place, row).

    ``numbered`` are the bundles, and which of them are the rows.
    """
    duplicate_of = np.full(len(rows), -1, np.int64)
    dropped = np.zeros(len(rows), np.bool_)
    copies: list[tuple[I64, int, I64]] = []
    again = [np.flatnonzero(repeat.is_repeat) for repeat in repeats]
    if not any(len(mine) or repeat.is_copy.any() for mine, repeat in zip(again, repeats, strict=True)):
        return duplicate_of, dropped, copies
    bundles, is_used = numbered
    number = np.full(len(bundles.seen_at), -1, np.int64)
    number[is_used] = np.arange(len(rows))
    of_row = [np.where(own >= 0, number[np.maximum(own, 0)], -1) for own in bundles.of_row]
    is_shared = _sightings(rows) > 1
    pairs = [(own[repeat.original(mine)], own[mine]) for own, repeat, mine in zip(of_row, repeats, again, strict=True)]
    is_tap = np.zeros(len(repeats), np.bool_)
    for place, (first, second) in enumerate(pairs):
        is_tap[place] = _is_doubled_here(rows, place, first[is_shared[first] & ~is_shared[second]], sides)
    # What only doubling taps hold twice they doubled, if two of them by coincidence.
    is_doubled = np.full(len(rows), is_tap.any())
    for place, repeat in enumerate(repeats) if is_tap.any() else ():
        seen = np.flatnonzero(rows[:, place] >= 0)
        is_doubled[seen] &= is_tap[place] & repeat.is_repeat[rows[seen, place]]
    for place, (repeat, (first, second)) in enumerate(zip(repeats, pairs, strict=True)):
        tapped = np.flatnonzero(repeat.is_copy)
        copies.append((of_row[place][repeat.original(tapped)], place, tapped))
        by_network = (is_shared[first] | is_shared[second]) & ~(is_doubled[second] & is_shared[first])
        # The one that other vantages hold is the original.
        swap = is_shared[second] & ~is_shared[first]
        copy, original = np.where(swap, first, second), np.where(swap, second, first)
        # Seen at the same places as the original and without telling IP ID, the sender may have sent it twice.
        is_twin = ~sides[place].prints.is_telling[again[place]]
        is_twin &= np.all((rows[copy] >= 0) == (rows[original] >= 0), axis=1)
        named = by_network & ~is_twin
        duplicate_of[copy[named]] = original[named]
        dropped[second[~by_network]] = True
        copies.append((first[~by_network], place, again[place][~by_network]))
    return duplicate_of, dropped, copies


def _is_doubled_here(rows: I64, place: int, doubled: I64, sides: Sequence[Side]) -> bool:
    """Tell whether a capture doubles packets that are single further on: a network cannot, a tap can.

    A higher TTL here than at another vantage shows that the packet passed here first. A tap doubles those as often as
    packets that come from there; a network before this place doubles only the latter.
    """
    falls = _falls(rows, place, doubled, sides)
    if falls[0] < 2:
        return False
    rate = falls / np.maximum(1, _falls(rows, place, np.flatnonzero(rows[:, place] >= 0), sides))
    return bool(rate[0] * 3 >= rate[1])


def _falls(rows: I64, place: int, packets: I64, sides: Sequence[Side]) -> I64:
    """Return how many of the packets have a higher TTL here than at another vantage, and how many a lower one."""
    own = sides[place]
    counts = np.zeros(2, np.int64)
    for other, side in enumerate(sides):
        if other == place:
            continue
        both = packets[rows[packets, other] >= 0]
        both = both[own.prints.is_telling[rows[both, place]] | ~own.prints.at("is_bare", rows[both, place])]
        fall = own.packets.columns.ttl[rows[both, place]].astype(np.int64)
        fall -= side.packets.columns.ttl[rows[both, other]]
        counts += np.count_nonzero(fall > 0), np.count_nonzero(fall < 0)
    return counts


def _sightings(rows: I64) -> I8:
    """Return at how many vantages each packet is seen."""
    count = np.zeros(len(rows), np.int8)
    for column in rows.T:
        count += column >= 0
    return count


def _copy_columns(
    copies: list[tuple[I64, int, I64]], place: I64, bundles: I64, rows: I64, order: Sequence[int]
) -> CopyColumns:
    """Return the copies with packets of the finished table: where the original's bundle went to pieces, its first one.

    A copy whose original stands in no packet any more is no copy of anything and is left out.
    """
    packets, vantages, found = [], [], []
    for bundle, at, row in copies:
        packet = place[bundle]
        gone = np.flatnonzero(packet < 0)
        if len(gone):
            held = np.flatnonzero(rows[:, at] >= 0)[::-1]
            packet_of = np.full(max(int(bundles[:, at].max()), int(rows[:, at].max(initial=-1))) + 1, -1, np.int64)
            packet_of[rows[held, at]] = held
            packet[gone] = packet_of[bundles[bundle[gone], at]]
        stays = packet >= 0
        packets.append(packet[stays])
        vantages.append(np.full(np.count_nonzero(stays), order[at]))
        found.append(row[stays])
    none = [np.zeros(0, np.int64)]
    return CopyColumns(
        frozen(np.concatenate(packets or none), np.int64),
        frozen(np.concatenate(vantages or none), np.int16),
        frozen(np.concatenate(found or none), np.int64),
    )


def _alone(draft: Draft, place: int, count: int) -> Bool:
    """Return per row of a vantage whether it matched nothing."""
    alone = np.zeros(count, np.bool_)
    single = _sightings(draft.rows) == 1
    mine = draft.rows[single, place]
    alone[mine[mine >= 0]] = True
    return alone
