"""One packet along all vantages, on one clock.

**In:** packets, matches, path, clocks. **Out:** :class:`~correlate.model.trajectories.TrajectoryTable`.

**Method:** the match matrix in path order, each stamp moved to the reference clock with its bounds, packets numbered
by their first time. Packets that only unplaced vantages hold have no place and are left out.

**Not here:** which packets belong together (``match``), what absence means (``fates.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from correlate.model.arrays import I8, I16, I64, Bool, frozen
from correlate.model.clocks import UNBOUNDED, ClockModel, VantageClock
from correlate.model.matches import MatchTable
from correlate.model.ordering import stable_order
from correlate.model.packets import PacketFlag, PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable
from correlate.parallel import two_at_a_time
from correlate.trajectories.stamps import pair_stamps, widen

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
    columns = [np.ascontiguousarray(match.rows[:, vantage]) for vantage in path.order]
    is_placed = np.zeros(len(match), np.bool_)
    for column in columns:
        is_placed |= column >= 0
    kept = np.flatnonzero(is_placed)
    if len(kept) < len(match):
        columns = [column[kept] for column in columns]
    is_outbound = match.is_outbound[kept]
    direction = path.flow_direction[match.flow[kept]] * np.where(is_outbound, np.int8(1), np.int8(-1))
    calls = [
        partial(_stamped, table, rows, clock, direction)
        for table, rows, clock in zip(places, columns, clocks.vantages, strict=True)
    ]
    stamps = two_at_a_time(calls, packets=len(kept))
    sequence = _sequence(columns, stamps)
    kept, is_outbound, direction = kept[sequence], is_outbound[sequence], direction[sequence]
    rows = _beside(columns, sequence)
    del columns
    laying = [partial(_beside, [getattr(one, name) for one in stamps], sequence) for name in ("time", "lo", "hi")]
    del stamps
    times, lo, hi = two_at_a_time(laying, packets=len(kept))
    del laying
    pairing = pair_stamps(rows, places, direction)
    lo, hi = widen(lo, hi, rows >= 0, pairing)
    number = np.full(len(match), -1, np.int64)
    number[kept] = np.arange(len(kept))
    original = match.network_duplicate_of[kept]
    return TrajectoryTable(
        rows=frozen(rows),
        match_packet=frozen(kept, np.int64),
        flow=frozen(match.flow[kept]),
        direction=frozen(direction, np.int8),
        is_outbound=frozen(is_outbound),
        tier=frozen(match.tier[kept]),
        is_ambiguous=frozen(match.is_ambiguous[kept]),
        time_ns=frozen(times),
        lo_ns=frozen(lo),
        hi_ns=frozen(hi),
        copies=_copies(match, path, number),
        duplicate_of=frozen(np.where(original >= 0, number[original], -1), np.int64),
        is_paired_stamp=frozen(pairing.is_paired),
    )


class _Stamped(NamedTuple):
    """Sightings of one vantage on the reference clock, one entry per packet."""

    time: I64
    """0 where there is none."""
    lo: I64
    hi: I64
    is_timed: Bool


def _stamped(table: PacketTable, rows: I64, clock: VantageClock, direction: I8) -> _Stamped:
    """Return the stamps of rows of one vantage (-1 = none) on the reference clock."""
    stamped = _Stamped(
        time=np.zeros(len(rows), np.int64),
        lo=np.full(len(rows), -UNBOUNDED),
        hi=np.full(len(rows), UNBOUNDED),
        is_timed=np.zeros(len(rows), np.bool_),
    )
    held = np.flatnonzero(rows >= 0)
    at = rows[held]
    is_known = (table.columns.flags[at] & PacketFlag.NO_TIME) == 0
    if not is_known.all():
        held, at = held[is_known], at[is_known]
    times, lowest, highest = place_stamps(table.columns.ts_ns[at], clock)
    if any(clock.slack_ns):
        slack = np.where(direction[held] >= 0, clock.slack_ns[0], clock.slack_ns[1])
        lowest = np.where(lowest <= -UNBOUNDED, lowest, lowest - slack)
        highest = np.where(highest >= UNBOUNDED, highest, highest + slack)
    stamped.time[held], stamped.lo[held], stamped.hi[held], stamped.is_timed[held] = times, lowest, highest, True
    return stamped


def _beside(columns: Sequence[I64], order: I64) -> I64:
    """Return columns in another order, side by side."""
    found = np.empty((len(order), len(columns)), np.int64)
    for place, column in enumerate(columns):
        found[:, place] = column[order]
    return found


def place_stamps(ts_ns: I64, clock: VantageClock) -> tuple[I64, I64, I64]:
    """Return ``(estimate, lo, hi)`` of stamps on the reference clock; ``local - reference = offset``."""
    estimate, offset_lo, offset_hi = clock.offset_at(ts_ns)
    lo = np.where(offset_hi >= UNBOUNDED, -UNBOUNDED, ts_ns - np.where(offset_hi >= UNBOUNDED, 0, offset_hi))
    hi = np.where(offset_lo <= -UNBOUNDED, UNBOUNDED, ts_ns - np.where(offset_lo <= -UNBOUNDED, 0, offset_lo))
    return ts_ns - estimate, lo, hi


def _sequence(columns: Sequence[I64], stamps: Sequence[_Stamped]) -> I64:
    """Return the order by first time, then first place, then record."""
    count = len(columns[0]) if columns else 0
    first_ns = np.full(count, LATEST)
    place, row = np.zeros(count, np.int64), np.full(count, -1, np.int64)
    for at in reversed(range(len(columns))):
        rows, stamped = columns[at], stamps[at]
        first_ns = np.minimum(first_ns, np.where(stamped.is_timed, stamped.time, LATEST))
        is_held = rows >= 0
        place, row = np.where(is_held, at, place), np.where(is_held, rows, row)
    order = stable_order(first_ns)
    # Few packets share a time: only those need the other keys.
    is_tied = np.zeros(count, np.bool_)
    ordered = first_ns[order]
    is_same = ordered[1:] == ordered[:-1]
    is_tied[1:] |= is_same
    is_tied[:-1] |= is_same
    tied = order[is_tied]
    order[is_tied] = tied[stable_order(first_ns[tied], place[tied], row[tied])]
    return order


def _copies(match: MatchTable, path: Path, number: I64) -> tuple[I64, I16, I64]:
    """Return further sightings with places instead of vantages."""
    place_of = np.full(match.rows.shape[1], -1, np.int16)
    place_of[list(path.order)] = np.arange(len(path.order), dtype=np.int16)
    place = place_of[match.copies.vantage]
    # -1 is no packet: behind the last one it finds itself.
    packet = np.append(number, -1)[match.copies.packet]
    kept = (place >= 0) & (packet >= 0)
    return frozen(packet[kept], np.int64), frozen(place[kept], np.int16), frozen(match.copies.row[kept], np.int64)
