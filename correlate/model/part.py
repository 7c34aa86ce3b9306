"""A part of the time of large captures, correlated on its own.

In: made by ``scale``, which cuts captures that memory does not hold. Out: used by ``load`` and ``pipeline``.
Method: a part reads more than it owns, so that what happens at its edges is judged with what came before and after.
Whether it owns a packet depends on recorded stamps alone, so that neighbouring parts agree.
Not here: where to cut (``scale/cuts.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from correlate.model.arrays import I64, Bool
from correlate.model.frames import Stretch
from correlate.model.packets import PacketTable
from correlate.model.tallies import Tallies


@attrs.frozen(kw_only=True)
class Part:
    """What of each vantage is read, and what of that is told."""

    stretches: Mapping[str, Mapping[int, Stretch]]
    """Vantage as named on the command line -> file index -> the frames read; files that are missing are not read."""
    owned: Mapping[str, tuple[int, int]]
    """The same -> recorded stamps of the packets told of, first and behind the last, ns. Whose clock can be trusted
    most comes first."""

    known: Tallies | None = None
    """What the whole counts of losses and misses, or is expected to; None = nobody knows."""

    def owns(self, names: Sequence[str], packets: Sequence[PacketTable], rows: I64) -> Bool:
        """Return which packets this part tells of: by the stamp at the first vantage of ``owned`` that holds it.

        Parameters
        ----------
        names
            Per vantage, input order: the name under which ``owned`` knows it.
        packets
            Per vantage.
        rows : int64 array, shape (packets, vantages)
            Rows at each vantage, -1 = not observed. A packet that nobody holds is told of.
        """
        is_owned = np.ones(len(rows), np.bool_)
        is_open = np.ones(len(rows), np.bool_)
        places = list(self.owned)
        for column in sorted(range(len(names)), key=lambda column: places.index(names[column])):
            held = np.flatnonzero(is_open & (rows[:, column] >= 0))
            stamp = packets[column].captured_ns[rows[held, column]]
            low, high = self.owned[names[column]]
            is_owned[held] = (stamp >= low) & (stamp < high)
            is_open[held] = False
        return is_owned
