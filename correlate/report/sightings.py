"""Every frame of every packet, in blocks of packets.

**In:** trajectories, the match table (for vantages that could not be placed), the clocks. **Out:** ``Sightings``.
**Method:** per block of packets and vantage one column of rows; copies are found by bisection; times of copies come
from the clock model, those of first sightings from the trajectories.
**Not here:** how they are written (``tables.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from correlate.model.arrays import I64, Bool, concatenate, take
from correlate.model.clocks import UNBOUNDED
from correlate.model.correlation import Correlation
from correlate.model.frames import NO_TIME
from correlate.model.path import Direction


class Sightings(NamedTuple):
    """One row per packet and frame that carries it, by packet, then along the path, first sightings before copies."""

    packet: I64
    """Row of the TrajectoryTable; packets that only unplaced vantages hold are numbered after those."""
    flow: I64
    direction: I64
    """``Direction`` along the path; unknown off it."""
    rank: I64
    """Position of the vantage: its place, or beyond the path if it has none."""
    vantage: I64
    """Input index."""
    file: I64
    frame: I64
    captured_ns: I64
    is_stamped: Bool
    time_ns: I64
    is_placed: Bool
    lo_ns: I64
    has_lo: Bool
    hi_ns: I64
    has_hi: Bool
    is_copy: Bool


def sightings_of(correlation: Correlation, block_size: int) -> Iterator[Sightings]:
    """Return the sightings of consecutive blocks of ``block_size`` packets, at least one block."""
    numbered = number_packets(correlation)
    copies = _sorted_copies(correlation, numbered)
    is_told = np.ones(len(numbered.match_packet), np.bool_)
    is_told[: len(correlation.trajectories)] = correlation.kept
    for start in range(0, max(1, len(numbered.match_packet)), block_size):
        packets = np.arange(start, min(len(numbered.match_packet), start + block_size))
        parts = [_firsts_at(correlation, numbered, packets, place) for place in range(len(correlation.path.order))]
        ranks = range(len(correlation.path.unplaced))
        parts += [_unplaced_at(correlation, numbered, packets, rank) for rank in ranks]
        parts += _copies_in(correlation, numbered, copies, packets)
        rows = concatenate(parts)
        rows = take(rows, np.flatnonzero(is_told[rows.packet]))
        yield take(rows, np.lexsort((rows.is_copy, rows.rank, rows.packet)))


class Numbered(NamedTuple):
    """All packets in the order of their numbers for people."""

    match_packet: I64
    """Row in the MatchTable."""
    direction: I64


def number_packets(correlation: Correlation) -> Numbered:
    """Give every packet its number: those on the path as they are, then those that only unplaced vantages hold."""
    table = correlation.trajectories
    is_stray = np.ones(len(correlation.match), np.bool_)
    is_stray[table.match_packet] = False
    strays = np.flatnonzero(is_stray)
    direction = np.concatenate([table.direction, np.full(len(strays), Direction.UNKNOWN)]).astype(np.int64)
    return Numbered(np.concatenate([table.match_packet, strays]).astype(np.int64), direction)


def _firsts_at(correlation: Correlation, numbered: Numbered, packets: I64, place: int) -> Sightings:
    """First sightings at one place of the path."""
    table = correlation.trajectories
    on_path = packets[packets < len(table)]
    rows = table.rows[on_path, place]
    seen = on_path[rows >= 0]
    times = tuple(column[seen, place] for column in (table.time_ns, table.lo_ns, table.hi_ns))
    spot = _Spot(place, correlation.path.order[place], is_copy=False)
    return _assemble(correlation, numbered, seen, spot, rows[rows >= 0], times)


def _unplaced_at(correlation: Correlation, numbered: Numbered, packets: I64, rank: int) -> Sightings:
    """Sightings at a vantage that shares no packet with the others: no time on the reference clock."""
    vantage = correlation.path.unplaced[rank]
    rows = correlation.match.rows[numbered.match_packet[packets], vantage]
    spot = _Spot(len(correlation.path.order) + rank, vantage, is_copy=False)
    return _assemble(correlation, numbered, packets[rows >= 0], spot, rows[rows >= 0], None)


class _Copies(NamedTuple):
    packet: I64
    vantage: I64
    row: I64


def _sorted_copies(correlation: Correlation, numbered: Numbered) -> _Copies:
    """Return all copies by packet number."""
    number = np.zeros(len(correlation.match), np.int64)
    number[numbered.match_packet] = np.arange(len(numbered.match_packet))
    copies = correlation.match.copies
    packet = number[copies.packet]
    order = np.argsort(packet, kind="stable")
    return _Copies(packet[order], copies.vantage[order].astype(np.int64), copies.row[order])


def _copies_in(correlation: Correlation, numbered: Numbered, copies: _Copies, packets: I64) -> list[Sightings]:
    """Return the copies of the packets of a block, one part per vantage."""
    if len(packets) == 0:
        return []
    first, last = np.searchsorted(copies.packet, [packets[0], packets[-1] + 1])
    packet, vantage, row = (column[first:last] for column in copies)
    ranks = {index: rank for rank, index in enumerate((*correlation.path.order, *correlation.path.unplaced))}
    parts = []
    for index in np.unique(vantage).tolist():
        here = vantage == index
        spot = _Spot(ranks[index], index, is_copy=True)
        times = _times_of(correlation, index, row[here])
        parts.append(_assemble(correlation, numbered, packet[here], spot, row[here], times))
    return parts


def _times_of(correlation: Correlation, vantage: int, rows: I64) -> tuple[I64, ...] | None:
    """Return (best, earliest, latest) reference time of packet rows; None = the vantage has no place."""
    clock = next((one for one in correlation.clocks.vantages if one.vantage == vantage), None)
    if clock is None:
        return None
    local = correlation.packets[vantage].columns.ts_ns[rows]
    estimate, lo, hi = clock.offset_at(local)
    earliest = np.where(hi >= UNBOUNDED, -UNBOUNDED, local - np.minimum(hi, UNBOUNDED - 1))
    latest = np.where(lo <= -UNBOUNDED, UNBOUNDED, local - np.maximum(lo, 1 - UNBOUNDED))
    return local - estimate, earliest, latest


class _Spot(NamedTuple):
    """Which vantage, and whether its further sightings."""

    rank: int
    vantage: int
    is_copy: bool


def _assemble(
    correlation: Correlation, numbered: Numbered, packet: I64, spot: _Spot, rows: I64, times: tuple[I64, ...] | None
) -> Sightings:
    """Fill in the columns of packets at one vantage; ``times`` = (best, earliest, latest) or None."""
    columns = correlation.packets[spot.vantage].columns
    size = len(rows)
    nothing = np.zeros(size, np.int64)
    captured = correlation.packets[spot.vantage].captured_ns[rows]
    is_stamped = captured != NO_TIME
    is_placed = is_stamped & (times is not None)
    best, lo, hi = times if times is not None else (nothing, nothing, nothing)
    return Sightings(
        packet=packet.astype(np.int64),
        flow=correlation.match.flow[numbered.match_packet[packet]].astype(np.int64),
        direction=numbered.direction[packet],
        rank=np.full(size, spot.rank, np.int64),
        vantage=np.full(size, spot.vantage, np.int64),
        file=columns.file[rows].astype(np.int64),
        frame=columns.frame[rows],
        captured_ns=captured,
        is_stamped=is_stamped,
        time_ns=best,
        is_placed=is_placed,
        lo_ns=lo,
        has_lo=is_placed & (lo > -UNBOUNDED),
        hi_ns=hi,
        has_hi=is_placed & (hi < UNBOUNDED),
        is_copy=np.full(size, spot.is_copy, np.bool_),
    )
