"""Large groups of look-alikes, brought to one pace before they are cut.

**In:** due times of a group's members on A, real times of those on B. **Out:** better due times, and which members may
be another.
**Method:** sure pairs say where the first members are due; far from them the due times drift with the clocks, by more
than members lie apart. So both rows are followed along each other (``tracking_kernel.py``). Where the course was
lost, which member is which cannot be known: pairs there are doubtful.
**Not here:** the alignment (``alignment.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.match.pace import LEAST_SCATTER_NS, Expectation
from correlate.match.tracking_kernel import STEP, follow
from correlate.model.arrays import F64, I64, Bool, frozen

_AROUND = 128
"""Members around an edge, on either side, among which a group is cut at the widest gap."""


class Tracked(NamedTuple):
    """Per member of A, by time."""

    time: F64
    """Due on B."""
    scatter: F64
    is_doubtful: Bool
    """It may be another member."""


def track(due: Expectation, real: F64) -> Tracked:
    """Follow the members of one group; both sides ascending by time, something is known of their pace."""
    steps = -(-len(due.time) // STEP)
    middle, shift, deviation = np.zeros(steps), np.zeros(steps), np.zeros(steps)
    is_known = np.zeros(steps, np.bool_)
    follow(frozen(due.time), frozen(real), frozen(due.scatter), middle, shift, deviation, is_known)
    of = np.arange(len(due.time)) // STEP
    narrow = np.maximum(LEAST_SCATTER_NS, 2 * deviation)[of]
    by = np.clip(_course(due.time, middle, shift, is_known), -due.scatter, due.scatter)
    return Tracked(
        due.time + by,
        np.where(deviation[of] >= 0, np.minimum(due.scatter, narrow), due.scatter),
        ~is_known[of],
    )


def _course(time: F64, middle: F64, shift: F64, is_known: Bool) -> F64:
    """Return the shift at each time: straight between the middles of steps, and on from the first and the last two."""
    at, by = middle, shift
    if len(middle) > 1 and is_known[:2].all() and middle[1] > middle[0]:
        rate = (shift[1] - shift[0]) / (middle[1] - middle[0])
        at, by = np.append(time[0], at), np.append(shift[0] - rate * (middle[0] - time[0]), by)
    if len(middle) > 1 and is_known[-2:].all() and middle[-1] > middle[-2]:
        rate = (shift[-1] - shift[-2]) / (middle[-1] - middle[-2])
        at, by = np.append(at, time[-1]), np.append(by, shift[-1] + rate * (time[-1] - middle[-1]))
    return np.asarray(np.interp(time, at, by), np.float64)


def edges_of(time: F64, piece: int) -> I64:
    """Return where to cut ascending times into pieces of about ``piece``: before these, each behind a wide gap."""
    around = min(_AROUND, piece // 4)
    edges = []
    for edge in range(piece, len(time), piece):
        first, last = edge - around, min(edge + around, len(time))
        edges.append(first + int(np.argmax(np.diff(time[first - 1 : last]))))
    return np.array(edges, np.int64)
