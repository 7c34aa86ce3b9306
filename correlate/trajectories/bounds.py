"""The earliest and the latest time of a sighting on the reference clock, read off the clocks when they are asked for.

**In:** sightings, clocks. **Out:** :class:`LazyBound`, which is indexed as a matrix packets x places.

**Method:** few packets of a large capture are ever asked for: those that were lost, and those that a table shows. So
nothing is kept but what the bounds follow from. Bounds of a stamp that belongs to another constituent of its frame
reach the packet's other sightings: the frame's whole possible extent.

**Not here:** which stamps these are (``stamps.py``), the times themselves (``follow.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from correlate.model.arrays import I8, I64, Bool
from correlate.model.clocks import UNBOUNDED, VantageClock
from correlate.model.packets import PacketFlag, PacketTable
from correlate.trajectories.stamps import StampPairing


@attrs.frozen(kw_only=True, eq=False)
class Stamps:
    """What the bounds of all sightings follow from; matrices have the shape (packets, places)."""

    rows: I64
    tables: Sequence[PacketTable]
    clocks: Sequence[VantageClock]
    """Of each place."""
    direction: I8
    pairing: StampPairing

    def bounds(self, packets: I64, place: int) -> tuple[I64, I64]:
        """Return ``(lo, hi)`` of packets at one place; unbounded where they were not observed, or at no known time."""
        lo, hi = self._own(packets, place)
        held = self.rows[packets, place] >= 0
        shared = np.flatnonzero(held & ~self.pairing.is_paired[packets, place])
        if len(shared):
            earliest, latest = self._extent(packets[shared])
            late = self.pairing.is_late[packets[shared], place]
            lo[shared] = np.where(late, np.minimum(lo[shared], earliest), lo[shared])
            hi[shared] = np.where(late, hi[shared], np.maximum(hi[shared], latest))
        return lo, hi

    def _own(self, packets: I64, place: int) -> tuple[I64, I64]:
        """Return the bounds of the stamps themselves."""
        lo, hi = np.full(len(packets), -UNBOUNDED), np.full(len(packets), UNBOUNDED)
        columns, clock = self.tables[place].columns, self.clocks[place]
        rows = self.rows[packets, place]
        held = np.flatnonzero(rows >= 0)
        held = held[(columns.flags[rows[held]] & PacketFlag.NO_TIME) == 0]
        _, lowest, highest = place_stamps(columns.ts_ns[rows[held]], clock)
        if any(clock.slack_ns):
            slack = np.where(self.direction[packets[held]] >= 0, clock.slack_ns[0], clock.slack_ns[1])
            lowest = np.where(lowest <= -UNBOUNDED, lowest, lowest - slack)
            highest = np.where(highest >= UNBOUNDED, highest, highest + slack)
        lo[held], hi[held] = lowest, highest
        return lo, hi

    def _extent(self, packets: I64) -> tuple[I64, I64]:
        """Return the least and the greatest bound among all sightings of packets."""
        earliest = np.full(len(packets), np.iinfo(np.int64).max)
        latest = np.full(len(packets), np.iinfo(np.int64).min)
        for place in range(len(self.tables)):
            lo, hi = self._own(packets, place)
            held = self.rows[packets, place] >= 0
            earliest = np.where(held, np.minimum(earliest, lo), earliest)
            latest = np.where(held, np.maximum(latest, hi), latest)
        return earliest, latest


@attrs.frozen(eq=False)
class LazyBound:
    """One side of the bounds, shape (packets, places): ``bound[packets, place]``, ``bound[packet]``, ``bound[:]``.

    Numbers, arrays and slices of packets; numbers and arrays of places, none = all.
    """

    stamps: Stamps
    side: int
    """0: earliest, 1: latest."""

    def __getitem__(self, key: Any) -> Any:
        """Return the bounds asked for, int64 ns."""
        packets, places = key if isinstance(key, tuple) else (key, None)
        asked = np.arange(len(self.stamps.rows))[packets] if isinstance(packets, slice) else np.asarray(packets)
        if places is None:
            return self._read(asked[..., None], np.arange(len(self.stamps.tables)))[()]
        return self._read(asked, np.asarray(places))[()]

    def _read(self, packets: Any, places: Any) -> I64:
        packets, places = np.broadcast_arrays(packets, places)
        found = np.empty(packets.shape, np.int64)
        for place in range(len(self.stamps.tables)):
            mine: Bool = places == place
            if mine.any():
                found[mine] = self.stamps.bounds(packets[mine].astype(np.int64), place)[self.side]
        return found


def place_stamps(ts_ns: I64, clock: VantageClock) -> tuple[I64, I64, I64]:
    """Return ``(estimate, lo, hi)`` of stamps on the reference clock; ``local - reference = offset``."""
    estimate, offset_lo, offset_hi = clock.offset_at(ts_ns)
    lo = np.where(offset_hi >= UNBOUNDED, -UNBOUNDED, ts_ns - np.where(offset_hi >= UNBOUNDED, 0, offset_hi))
    hi = np.where(offset_lo <= -UNBOUNDED, UNBOUNDED, ts_ns - np.where(offset_lo <= -UNBOUNDED, 0, offset_lo))
    return ts_ns - estimate, lo, hi
