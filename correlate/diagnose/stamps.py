"""By how much the stamps of one capture may be late, whatever the network did.

In: stamps of a capture, in record order. Out: nanoseconds.
Method: a stamp is cut to its tick, and records that lie out of order show by how much stamps scatter.
Not here: clocks against one another (``clocks``), measuring ticks of well-behaved captures (``Vantage.tick_ns``).
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I64
from correlate.model.ordering import stable_order

ENDLESS_NS = 2**59
"""As good as unbounded; several of them still fit int64."""


def is_ordered(stamps: I64) -> bool:
    """Tell whether no stamp is below the one before it."""
    return bool((stamps[1:] >= stamps[:-1]).all())


def time_order(stamps: I64) -> I64:
    """Return the stable order of stamps, most of which are in order already.

    >>> time_order(np.array([1, 3, 2])).tolist()
    [0, 2, 1]
    """
    if is_ordered(stamps):
        return np.arange(len(stamps), dtype=np.int64)
    return stable_order(stamps)


def stamp_noise(stamps: I64, tick_ns: int) -> int:
    """Return by how much stamps may be late: their tick, and the largest jump back in record order. O(n log n)."""
    disorder = 0 if is_ordered(stamps) else int((np.maximum.accumulate(stamps) - stamps).max(initial=0))
    return max(tick_ns, grain(stamps)) + min(disorder, ENDLESS_NS // 4)


def grain(stamps: I64) -> int:
    """Return the least step of stamps most of which repeat another, ns; 0 where most are their own.

    A tick of a second over a short capture leaves too few values to be measured as one.

    >>> grain(np.array([0, 0, 0, 5, 5, 5])), grain(np.array([1, 2, 3]))
    (5, 0)
    """
    ordered = stamps if is_ordered(stamps) else np.sort(stamps)
    # Counted first: most captures' stamps are their own, and no step of theirs is looked at.
    count = int(np.count_nonzero(ordered[1:] > ordered[:-1]))
    if not count:
        return ENDLESS_NS // 4 if len(stamps) > 1 else 0
    if 2 * (count + 1) > len(stamps):
        return 0
    steps = np.diff(ordered)
    return int(steps[steps > 0].min())
