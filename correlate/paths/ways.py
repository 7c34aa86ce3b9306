"""Which vantages lie on which flow's way: paths that branch.

**In:** packets, matches, the order of the vantages. **Out:** :class:`Ways`.

**Method:** algorithms section 6, and rule 0 of section 3. An inner vantage is on the way of a flow and direction as
soon as it shows one packet of it. Where it shows none, though ``k`` packets that were seen before and beyond it passed
while its capture ran, it is off the way if its capture cannot have missed all of them: ``miss^k <= 1e-3``, with the
share that it misses of flows that it does show. The vantages at the ends are never off: what does not reach them may
have been lost. Inner vantages that share no packet are side by side: bundle members, ECMP, a return route, a standby.

**Not here:** what absence then means (``trajectories``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import attrs
import numpy as np

from correlate.model.arrays import I64, Bool
from correlate.model.matches import MatchTable
from correlate.model.packets import PacketTable

BYPASS_CHANCE = 1e-3
"""As in ``trajectories/groups.py``."""

LEAST_PACKETS = 10
"""Each of two vantages side by side must hold as many that others hold as well."""


@attrs.frozen(kw_only=True)
class Ways:
    """Where flows pass."""

    is_on_way: Bool
    """Shape (joined flows, 2, places): [flow, 1] outbound packets, [flow, 0] return packets; True unless shown off."""
    side_by_side: tuple[tuple[int, int], ...]
    """Places that no packet passes both."""


def find_ways(packets: Sequence[PacketTable], match: MatchTable, order: Sequence[int], flow_count: int) -> Ways:
    """Return the ways of all flows. Cost O(packets x places^2)."""
    if len(order) < 3:
        return Ways(is_on_way=np.ones((flow_count, 2, len(order)), np.bool_), side_by_side=())
    rows = match.rows[:, list(order)]
    held = rows >= 0
    kind = match.flow.astype(np.int64) * 2 + match.is_outbound
    places = len(order)
    is_on_way = np.ones((2 * flow_count, places), np.bool_)
    for place in range(1, places - 1):
        passed = held[:, :place].any(axis=1) & held[:, place + 1 :].any(axis=1)
        passed &= _is_in_span(packets, order, rows, place)
        here = np.bincount(kind[held[:, place]], minlength=2 * flow_count)
        absent = np.bincount(kind[passed & ~held[:, place]], minlength=2 * flow_count)
        shown = here > 0
        miss = (absent[shown].sum() + 1) / (absent[shown].sum() + here[shown].sum() + 2)
        is_on_way[:, place] = shown | (absent == 0) | (miss ** np.minimum(absent, 1000) > BYPASS_CHANCE)
    return Ways(is_on_way=is_on_way.reshape(flow_count, 2, places), side_by_side=_side_by_side(held))


def _is_in_span(packets: Sequence[PacketTable], order: Sequence[int], rows: I64, place: int) -> Bool:
    """Return which packets passed while the capture ran, by the clock of any vantage that shares packets with it."""
    inside = np.zeros(len(rows), np.bool_)
    here = rows[:, place] >= 0
    for other, vantage in enumerate(order):
        both = here & (rows[:, other] >= 0)
        if other == place or not both.any():
            continue
        seen = np.flatnonzero(rows[:, other] >= 0)
        stamps = packets[vantage].columns.ts_ns[rows[seen, other]]
        shared = stamps[both[seen]]
        inside[seen] |= (stamps >= shared.min()) & (stamps <= shared.max())
    return inside


def _side_by_side(held: Bool) -> tuple[tuple[int, int], ...]:
    """Return the pairs of inner places without a common packet, each with enough that ends hold."""
    places = held.shape[1]
    inner = range(1, places - 1)
    met = held.astype(np.float32).T @ held.astype(np.float32) if places > 3 else np.zeros((0, 0))
    return tuple(
        (one, other)
        for one, other in combinations(inner, 2)
        if met[one, other] == 0 and min(met[place, [0, -1]].max() for place in (one, other)) >= LEAST_PACKETS
    )
