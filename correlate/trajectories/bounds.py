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
from correlate.model.clocks import UNBOUNDED, VantageClock, read_bound
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

    def bound(self, packets: I64, place: int, *, is_latest: bool) -> I64:
        """Return one bound of packets at one place; none where they were not observed, or at no known time."""
        found = self._own(packets, place, is_latest=is_latest)
        is_shared = (self.rows[packets, place] >= 0) & ~self.pairing.is_paired[packets, place]
        shared = np.flatnonzero(is_shared)
        shared = shared[self.pairing.is_late[packets[shared], place] != is_latest]
        if len(shared):
            farther = np.maximum if is_latest else np.minimum
            found[shared] = farther(found[shared], self._extent(packets[shared], is_latest=is_latest))
        return found

    def _own(self, packets: I64, place: int, *, is_latest: bool) -> I64:
        """Return the bound of the stamps themselves."""
        found = np.full(len(packets), UNBOUNDED if is_latest else -UNBOUNDED)
        columns, clock = self.tables[place].columns, self.clocks[place]
        rows = self.rows[packets, place]
        held = np.flatnonzero(rows >= 0)
        held = held[(columns.flags[rows[held]] & PacketFlag.NO_TIME) == 0]
        stamps = columns.ts_ns[rows[held]]
        offset = read_bound(clock.curve, clock.base_ns, stamps, is_highest=not is_latest)
        is_known = offset > -UNBOUNDED if is_latest else offset < UNBOUNDED
        bound = stamps - np.where(is_known, offset, 0)
        if any(clock.slack_ns):
            slack = np.where(self.direction[packets[held]] >= 0, clock.slack_ns[0], clock.slack_ns[1])
            bound += slack if is_latest else -slack
        found[held] = np.where(is_known, bound, found[held])
        return found

    def _extent(self, packets: I64, *, is_latest: bool) -> I64:
        """Return the farthest bound among all sightings of packets."""
        limits = np.iinfo(np.int64)
        found = np.full(len(packets), limits.min if is_latest else limits.max)
        for place in range(len(self.tables)):
            bound = self._own(packets, place, is_latest=is_latest)
            farther = np.maximum(found, bound) if is_latest else np.minimum(found, bound)
            found = np.where(self.rows[packets, place] >= 0, farther, found)
        return found


@attrs.frozen(eq=False)
class LazyBound:
    """One side of the bounds, shape (packets, places): ``bound[packets, place]``, ``bound[packet]``, ``bound[:]``.

    Numbers, arrays and slices of packets; numbers and arrays of places, none = all.
    """

    stamps: Stamps
    is_latest: bool

    def __getitem__(self, key: Any) -> Any:
        """Return the bounds asked for, int64 ns."""
        packets, places = key if isinstance(key, tuple) else (key, None)
        asked = np.arange(len(self.stamps.rows))[packets] if isinstance(packets, slice) else np.asarray(packets)
        if places is None:
            return self._read(asked[..., None], np.arange(len(self.stamps.tables)))[()]
        where = np.asarray(places)
        # Most ask for one place: alone, or for each packet.
        if where.size and (where.ndim == 0 or (where.shape == asked.shape and (where == where.flat[0]).all())):
            flat = asked.reshape(-1).astype(np.int64, copy=False)
            return self.stamps.bound(flat, int(where.flat[0]), is_latest=self.is_latest).reshape(asked.shape)[()]
        return self._read(asked, where)[()]

    def _read(self, packets: Any, places: Any) -> I64:
        packets, places = np.broadcast_arrays(packets, places)
        found = np.empty(packets.shape, np.int64)
        for place in range(len(self.stamps.tables)):
            mine: Bool = places == place
            if mine.any():
                at = packets[mine].astype(np.int64)
                found[mine] = self.stamps.bound(at, place, is_latest=self.is_latest)
        return found


def place_stamps(ts_ns: I64, clock: VantageClock) -> tuple[I64, I64, I64]:
    """Return ``(estimate, lo, hi)`` of stamps on the reference clock; ``local - reference = offset``."""
    estimate, offset_lo, offset_hi = clock.offset_at(ts_ns)
    lo = np.where(offset_hi >= UNBOUNDED, -UNBOUNDED, ts_ns - np.where(offset_hi >= UNBOUNDED, 0, offset_hi))
    hi = np.where(offset_lo <= -UNBOUNDED, UNBOUNDED, ts_ns - np.where(offset_lo <= -UNBOUNDED, 0, offset_lo))
    return ts_ns - estimate, lo, hi
