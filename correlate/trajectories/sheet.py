"""The table of fates while it is written: every row has a place of its own, so nothing is sorted or joined.

**In:** rows in any order, from two threads at once. **Out:** :class:`~correlate.model.trajectories.FateColumns`.

**Method:** ordered by packet and, within it, travel: hops count upwards forward and downwards in reverse. A packet has
one row per hop at most.

**Not here:** what the rows say (``fates.py``).
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from correlate.model.arrays import I64, Bool, freeze, take
from correlate.model.trajectories import NO_DELAY, Fate, FateColumns, FateGrade, Reason


@attrs.frozen(kw_only=True)
class Sheet:
    """Rows by packet and travel; those that nobody wrote are none."""

    rows: FateColumns
    is_written: Bool
    hops: int

    @classmethod
    def blank(cls, packets: int, hops: int) -> Sheet:
        """Return an empty table; its memory is taken as rows are written."""
        size = packets * hops
        small, long = (np.int8, np.int8, np.int8), (np.int64, np.int64, np.int64)
        kinds: tuple[Any, ...] = (np.int64, np.int16, *small, *long, np.int32)
        rows = FateColumns(*(np.empty(size, kind) for kind in kinds))
        return cls(rows=rows, is_written=np.zeros(size, np.bool_), hops=hops)

    def put(self, part: FateColumns, direction: int) -> None:
        """Write rows of packets that travel in ``direction``."""
        along = part.hop if direction > 0 else self.hops - 1 - part.hop
        place = part.packet * self.hops + along
        columns: tuple[Any, ...] = self.rows
        for column, values in zip(columns, part, strict=True):
            column[place] = values
        self.is_written[place] = True

    def laid(self) -> FateColumns:
        """Return the finished table."""
        return freeze(self.rows) if self.is_written.all() else take(self.rows, self.is_written)


def blank_rows(packets: I64, hop: int, fate: Fate, reason: Reason) -> FateColumns:
    """Return rows of one hop with everything but the packets still to fill in."""
    count = len(packets)
    no_delay = np.full(count, NO_DELAY)
    return FateColumns(
        packet=packets,
        hop=np.full(count, hop, np.int16),
        fate=np.full(count, fate, np.int8),
        grade=np.full(count, FateGrade.INCONCLUSIVE, np.int8),
        reason=np.full(count, reason, np.int8),
        owd_ns=no_delay,
        owd_lo_ns=no_delay,
        owd_hi_ns=no_delay,
        witness=np.full(count, -1, np.int32),
    )
