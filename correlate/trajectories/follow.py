"""One packet along all vantages, on one clock.

**In:** packets, matches, path, clocks. **Out:** :class:`~correlate.model.trajectories.TrajectoryTable`.

**Method:** the match matrix in path order, each stamp moved to the reference clock, packets numbered by their first
time. Packets that only unplaced vantages hold have no place and are left out. Many packets are stamped and laid by
kernels, in two halves at a time, few by columns; tests hold both ways to one result.

**Not here:** which packets belong together (``match``), how sure the times are (``bounds.py``), what absence means
(``fates.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from correlate.model.arrays import I8, I16, I32, I64, Bool, frozen
from correlate.model.clocks import ClockModel
from correlate.model.matches import MatchTable
from correlate.model.ordering import stable_order
from correlate.model.packets import PacketFlag, PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable
from correlate.parallel import two_at_a_time
from correlate.trajectories.bounds import LazyBound, Stamps
from correlate.trajectories.follow_kernel import lay_packets, stamp_packets
from correlate.trajectories.stamps import pair_stamps
from correlate.trajectories.worth import is_worth_a_kernel

LATEST = np.iinfo(np.int64).max


def follow_packets(
    packets: Sequence[PacketTable], match: MatchTable, path: Path, clocks: ClockModel
) -> TrajectoryTable:
    """Return every packet that a placed vantage holds, in the order of its first time on the reference clock.

    Parameters
    ----------
    packets
        One table per vantage, input order.
    match, path, clocks
        What earlier stages found; ``clocks.vantages`` is in path order.

    Returns
    -------
    TrajectoryTable
        ``time_ns = ts_ns - offset``; where nothing was observed the time is 0 and its bounds are unbounded.
    """
    places = [packets[vantage] for vantage in path.order]
    is_placed = np.zeros(len(match), np.bool_)
    for vantage in path.order:
        is_placed |= match.rows[:, vantage] >= 0
    kept = np.flatnonzero(is_placed)
    del is_placed
    is_many = is_worth_a_kernel(len(kept))
    stamped = (stamp_by_kernel if is_many else stamp_by_column)(places, match, path, clocks, kept)
    order = _sequence(stamped.first_ns, match.rows, kept, path)
    laid = (lay_by_kernel if is_many else lay_by_column)(match, path, kept, stamped.time_ns, order)
    is_shared = stamped.is_shared
    del kept, order, stamped
    pairing = pair_stamps(laid.rows, places, laid.direction, is_shared)
    stamps = Stamps(rows=laid.rows, tables=places, clocks=clocks.vantages, direction=laid.direction, pairing=pairing)
    copies, duplicate_of = _renumbered(match, path, laid.packet)
    return TrajectoryTable(
        rows=frozen(laid.rows),
        match_packet=frozen(laid.packet),
        flow=frozen(laid.flow),
        direction=frozen(laid.direction),
        is_outbound=frozen(laid.is_outbound),
        tier=frozen(laid.tier),
        is_ambiguous=frozen(laid.is_ambiguous),
        time_ns=frozen(laid.time_ns),
        lo_ns=LazyBound(stamps, is_latest=False),
        hi_ns=LazyBound(stamps, is_latest=True),
        copies=copies,
        duplicate_of=duplicate_of,
        is_paired_stamp=frozen(pairing.is_paired),
    )


class Stamped(NamedTuple):
    """Packets of a match that some place holds, in its order."""

    time_ns: I64
    """Shape (packets, places): on the reference clock, 0 where there is none."""
    first_ns: I64
    """The least of them, ``LATEST`` where there is none."""
    is_shared: list[bool]
    """Of each place: some of its rows are several packets."""


class Laid(NamedTuple):
    """Columns of the TrajectoryTable, in its order."""

    rows: I64
    packet: I64
    """Row of the MatchTable."""
    flow: I32
    direction: I8
    is_outbound: Bool
    tier: I8
    is_ambiguous: Bool
    time_ns: I64


def stamp_by_kernel(
    places: Sequence[PacketTable], match: MatchTable, path: Path, clocks: ClockModel, kept: I64
) -> Stamped:
    """Return the times of packets."""
    time_ns = np.empty((len(kept), len(places)), np.int64)
    first_ns = np.full(len(kept), LATEST)
    is_met = [np.zeros(len(table), np.bool_) for table in places]

    def stamp(half: slice) -> list[int]:
        found = []
        for place, (table, clock) in enumerate(zip(places, clocks.vantages, strict=True)):
            curve, columns = clock.curve, table.columns
            origin = int(curve.at_ns[0]) if len(curve.at_ns) else 0
            held = stamp_packets(
                kept[half],
                frozen(match.rows),
                path.order[place],
                place,
                columns.ts_ns,
                columns.flags,
                (curve.at_ns - origin).astype(np.float64),
                frozen(curve.estimate),
                origin,
                clock.base_ns,
                time_ns[half],
                first_ns[half],
                is_met[place],
            )
            found.append(int(held))
        return found

    held = np.array(two_at_a_time([partial(stamp, half) for half in _halves(len(kept))], packets=len(kept)))
    met = [int(np.count_nonzero(rows)) for rows in is_met]
    return Stamped(time_ns, first_ns, [one < all_ for one, all_ in zip(met, held.sum(axis=0).tolist(), strict=True)])


def stamp_by_column(
    places: Sequence[PacketTable], match: MatchTable, path: Path, clocks: ClockModel, kept: I64
) -> Stamped:
    """Return the same as :func:`stamp_by_kernel`, by columns."""
    time_ns = np.zeros((len(kept), len(places)), np.int64)
    first_ns = np.full(len(kept), LATEST)
    is_shared = []
    for place, (table, clock) in enumerate(zip(places, clocks.vantages, strict=True)):
        rows = match.rows[kept, path.order[place]]
        is_shared.append(bool((np.bincount(rows[rows >= 0], minlength=1) > 1).any()))
        held = np.flatnonzero(rows >= 0)
        held = held[(table.columns.flags[rows[held]] & PacketFlag.NO_TIME) == 0]
        stamps = table.columns.ts_ns[rows[held]]
        time_ns[held, place] = stamps - clock.offset_at(stamps)[0]
        first_ns[held] = np.minimum(first_ns[held], time_ns[held, place])
    return Stamped(time_ns, first_ns, is_shared)


def lay_by_kernel(match: MatchTable, path: Path, kept: I64, time_ns: I64, order: I64) -> Laid:
    """Return the packets in their order."""
    count, places = time_ns.shape
    laid = Laid(
        rows=np.empty((count, places), np.int64),
        packet=np.empty(count, np.int64),
        flow=np.empty(count, np.int32),
        direction=np.empty(count, np.int8),
        is_outbound=np.empty(count, np.bool_),
        tier=np.empty(count, np.int8),
        is_ambiguous=np.empty(count, np.bool_),
        time_ns=np.empty((count, places), np.int64),
    )

    def lay(half: slice) -> int:
        return int(
            lay_packets(
                order[half],
                kept,
                np.array(path.order, np.int64),
                frozen(match.rows),
                frozen(match.flow),
                frozen(match.is_outbound),
                frozen(match.tier),
                frozen(match.is_ambiguous),
                frozen(path.flow_direction),
                time_ns,
                *(column[half] for column in laid),
            )
        )

    two_at_a_time([partial(lay, half) for half in _halves(count)], packets=count)
    return laid


def lay_by_column(match: MatchTable, path: Path, kept: I64, time_ns: I64, order: I64) -> Laid:
    """Return the same as :func:`lay_by_kernel`, by columns."""
    packet = kept[order]
    is_outbound, flow = match.is_outbound[packet], match.flow[packet]
    return Laid(
        rows=match.rows[packet][:, list(path.order)],
        packet=packet,
        flow=flow,
        direction=path.flow_direction[flow] * np.where(is_outbound, np.int8(1), np.int8(-1)),
        is_outbound=is_outbound,
        tier=match.tier[packet],
        is_ambiguous=match.is_ambiguous[packet],
        time_ns=time_ns[order],
    )


def _halves(count: int) -> tuple[slice, slice]:
    return slice(0, count // 2), slice(count // 2, count)


def _sequence(first_ns: I64, match_rows: I64, kept: I64, path: Path) -> I64:
    """Return the order by first time, then first place, then record."""
    order = stable_order(first_ns)
    # Few packets share a time: only those need the other keys.
    ordered = first_ns[order]
    is_same = ordered[1:] == ordered[:-1]
    if not is_same.any():
        return order
    is_tied = np.zeros(len(order), np.bool_)
    is_tied[1:] |= is_same
    is_tied[:-1] |= is_same
    tied = order[is_tied]
    rows = match_rows[kept[tied]][:, list(path.order)]
    place = (rows >= 0).argmax(axis=1)
    order[is_tied] = tied[stable_order(first_ns[tied], place, rows[np.arange(len(tied)), place])]
    return order


def _renumbered(match: MatchTable, path: Path, packet: I64) -> tuple[tuple[I64, I16, I64], I64]:
    """Return further sightings, with places instead of vantages, and the packet that each packet copies (-1 = none)."""
    copied = match.network_duplicate_of
    if not len(match.copies.packet) and not (copied >= 0).any():
        # All are -1: as many of them as there are packets say so.
        none = frozen([], np.int64), frozen([], np.int16), frozen([], np.int64)
        return none, frozen(copied[: len(packet)], np.int64)
    number = np.full(len(match), -1, np.int64)
    number[packet] = np.arange(len(packet))
    original = copied[packet]
    duplicate_of = np.where(original >= 0, number[original], -1)
    place_of = np.full(match.rows.shape[1], -1, np.int16)
    place_of[list(path.order)] = np.arange(len(path.order), dtype=np.int16)
    place = place_of[match.copies.vantage]
    # -1 is no packet: behind the last one it finds itself.
    further = np.append(number, -1)[match.copies.packet]
    kept = (place >= 0) & (further >= 0)
    copies = frozen(further[kept], np.int64), frozen(place[kept], np.int16), frozen(match.copies.row[kept], np.int64)
    return copies, frozen(duplicate_of, np.int64)
