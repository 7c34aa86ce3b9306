"""Whether the acknowledgements of renumbered connections were forwarded or are a proxy's own.

**In:** bare acknowledgements of both sides in one numbering, those paired, and the pace of data. **Out:** flows whose
acknowledgements were forwarded.
**Method:** data of one direction sets the stamp difference of what is forwarded that way, data of the other direction
that of what is forwarded back; between them lies the two-way transit W. A forwarded acknowledgement has the difference
of its own direction. A proxy answers data the moment it comes, before the far end can know of it: its acknowledgements
lie before that by W less the way from the proxy to the far vantage and back, those of the other direction by W less the
rest of the way; together at least by W, wherever it stands. So where both directions acknowledge, time alone decides.
Where one does, a proxy beside its vantage would look alike; it still acknowledges by a stack of its own, so nearly all
acknowledgements of all such flows must be there on both sides, in time.
**Not here:** what else shows forwarding (``terminations.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.match.pace import Pace, SurePairs
from correlate.model.arrays import F64, I64, Bool

_NEAR = 0.25
"""Of the two-way transit: within this of its due time an acknowledgement counts as forwarded. Two such directions lie
off by half of it at the most, a proxy's by all of it."""
_FAR = 0.5
"""Of the two-way transit: so much too early, it counts as a proxy's."""
_GENERAL = 20
"""Acknowledgements of all flows together before they speak for each; for one too early so many must be in time."""
_MOST = 0.9
"""Share of all acknowledgements, and of each flow's within a tenth of it, that must be there on both sides."""


class Acknowledgements(NamedTuple):
    """Distinct bare acknowledgements of renumbered flows."""

    block: I64
    """Joined flow * 2 + outbound, of those seen on either side."""
    is_shared: Bool
    """Seen on both sides."""


def forwarded_flows(block: I64, time: F64, lag: F64, data: SurePairs, all_: Acknowledgements, flows: int) -> Bool:
    """Return per joined flow whether its acknowledgements were forwarded.

    Parameters
    ----------
    block
        Joined flow * 2 + outbound, one per acknowledgement that was paired.
    time, lag
        Stamp on A and stamp difference B minus A, nanoseconds.
    data
        Pairs with payload.
    all_
        What either side acknowledges.
    flows
        Number of joined flows.

    Returns
    -------
    Bool array, shape (flows,)
        False also where too few acknowledgements are there to tell, or data in one direction only. Those held up on the
        way speak neither way.
    """
    has_data = np.bincount(data.block, minlength=2 * flows) > 0
    told = np.flatnonzero(has_data[block] & has_data[block ^ 1])
    block, time, lag = block[told], time[told], lag[told]
    pace = Pace(data)
    own, other = (pace.expect(way, time).time - time for way in (block, block ^ 1))
    width = own - other
    early = np.where(width != 0, (own - lag) / np.where(width != 0, width, 1.0), np.inf)
    yes = np.bincount(block[np.abs(early) <= _NEAR], minlength=2 * flows).reshape(-1, 2)
    no = np.bincount(block[early > _FAR] >> 1, minlength=flows)
    is_timely = (no == 0) & (2 * yes.sum(axis=1) >= np.bincount(block >> 1, minlength=flows))
    shared, seen = (np.bincount(all_.block[mask] >> 1, minlength=flows) for mask in (all_.is_shared, all_.block >= 0))
    is_general = yes.sum() >= _GENERAL * max(1, int(no.sum())) and shared.sum() >= _MOST * seen.sum()
    alike = is_general & (yes.sum(axis=1) >= 1) & (shared >= (_MOST - 0.1) * seen)
    return np.asarray(is_timely & ((yes > 0).all(axis=1) | alike))
