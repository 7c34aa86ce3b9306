"""One packet along all vantages, on one clock.

**In:** packets, matches, path, clocks. **Out:** :class:`~correlate.model.trajectories.TrajectoryTable`.

**Method:** the match matrix in path order, each stamp moved to the reference clock with its bounds, packets numbered
by their first time. Packets that only unplaced vantages hold have no place and are left out.

**Not here:** which packets belong together (``match``), what absence means (``fates.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from correlate.model.arrays import I16, I64, Bool, frozen
from correlate.model.clocks import UNBOUNDED, ClockModel, VantageClock
from correlate.model.matches import MatchTable
from correlate.model.ordering import stable_order
from correlate.model.packets import PacketFlag, PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable
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
    kept = np.flatnonzero((match.rows[:, list(path.order)] >= 0).any(axis=1))
    rows = match.rows[kept][:, list(path.order)]
    times = np.zeros(rows.shape, np.int64)
    lo = np.full(rows.shape, -UNBOUNDED)
    hi = np.full(rows.shape, UNBOUNDED)
    is_timed = np.zeros(rows.shape, np.bool_)
    for place, table in enumerate(places):
        held = np.flatnonzero(rows[:, place] >= 0)
        at = rows[held, place]
        held = held[(table.columns.flags[at] & PacketFlag.NO_TIME) == 0]
        clock = clocks.vantages[place]
        times[held, place], lowest, highest = place_stamps(table.columns.ts_ns[rows[held, place]], clock)
        way = path.flow_direction[match.flow[kept[held]]] * np.where(match.is_outbound[kept[held]], 1, -1)
        slack = np.where(way >= 0, clock.slack_ns[0], clock.slack_ns[1])
        lo[held, place] = np.where(lowest <= -UNBOUNDED, lowest, lowest - slack)
        hi[held, place] = np.where(highest >= UNBOUNDED, highest, highest + slack)
        is_timed[held, place] = True
    sequence = _sequence(rows, times, is_timed)
    kept, rows, times, lo, hi = kept[sequence], rows[sequence], times[sequence], lo[sequence], hi[sequence]
    is_outbound = match.is_outbound[kept]
    direction = path.flow_direction[match.flow[kept]] * np.where(is_outbound, 1, -1)
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


def place_stamps(ts_ns: I64, clock: VantageClock) -> tuple[I64, I64, I64]:
    """Return ``(estimate, lo, hi)`` of stamps on the reference clock; ``local - reference = offset``."""
    estimate, offset_lo, offset_hi = clock.offset_at(ts_ns)
    lo = np.where(offset_hi >= UNBOUNDED, -UNBOUNDED, ts_ns - np.where(offset_hi >= UNBOUNDED, 0, offset_hi))
    hi = np.where(offset_lo <= -UNBOUNDED, UNBOUNDED, ts_ns - np.where(offset_lo <= -UNBOUNDED, 0, offset_lo))
    return ts_ns - estimate, lo, hi


def _sequence(rows: I64, times: I64, is_timed: Bool) -> I64:
    """Return the order by first time, then first place, then record."""
    first_ns = np.where(is_timed, times, LATEST).min(axis=1, initial=LATEST)
    place = (rows >= 0).argmax(axis=1) if len(rows) else np.zeros(0, np.int64)
    return stable_order(first_ns, place, rows[np.arange(len(rows)), place])


def _copies(match: MatchTable, path: Path, number: I64) -> tuple[I64, I16, I64]:
    """Return further sightings with places instead of vantages."""
    place_of = np.full(match.rows.shape[1], -1, np.int16)
    place_of[list(path.order)] = np.arange(len(path.order), dtype=np.int16)
    place = place_of[match.copies.vantage]
    # -1 is no packet: behind the last one it finds itself.
    packet = np.append(number, -1)[match.copies.packet]
    kept = (place >= 0) & (packet >= 0)
    return frozen(packet[kept], np.int64), frozen(place[kept], np.int16), frozen(match.copies.row[kept], np.int64)
