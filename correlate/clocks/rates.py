"""How fast all clocks of a path run against one of them.

In: skew and its range of every pair. Out: ``Rate`` per place.
Method: logarithms of rates add up along any way, so their ranges close over shortest paths like offsets do, and the
best values are weighted least squares on the graph, each pair weighing as it is narrow. Ranges that contradict one
another (a clock whose rate changed between the stretches that two pairs saw) are left as the way to the reference
adds them up.
Not here: offsets (``joint.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from correlate.clocks.joint import Branch
from correlate.model.clocks import HopClock

PPB = 1e9
LEAST_RANGE = 1e-10
"""Ranges below a tenth of a ppb weigh no more than that."""


class Rate(NamedTuple):
    """Skew against the reference, ppb; None = unknown."""

    skew: int | None
    lo: int | None
    hi: int | None


UNKNOWN = Rate(None, None, None)


def solve_rates(home: int, count: int, hops: Mapping[tuple[int, int], HopClock], tree: Sequence[Branch]) -> list[Rate]:
    """Return the rate of every place against ``home``."""
    chained = _along(home, count, hops, tree)
    upper = np.full((count, count), np.inf)
    np.fill_diagonal(upper, 0.0)
    for (a, b), hop in hops.items():
        if hop.skew_lo_ppb is not None and hop.skew_hi_ppb is not None:
            upper[a, b], upper[b, a] = _log(hop.skew_hi_ppb), -_log(hop.skew_lo_ppb)
    closed = upper.copy()
    for via in range(count):
        closed = np.minimum(closed, closed[:, via, None] + closed[None, via])
    if (np.diag(closed) < -LEAST_RANGE).any():
        return chained
    best = _least_squares(home, count, hops)
    rates = []
    for place in range(count):
        lo, hi = -closed[place, home], closed[home, place]
        middle = best[place]
        if np.isfinite(lo) and np.isfinite(hi) and middle is not None:
            rates.append(Rate(_ppb(min(max(middle, lo), hi)), _ppb(lo), _ppb(hi)))
        else:
            rates.append(chained[place])
    return rates


def _along(home: int, count: int, hops: Mapping[tuple[int, int], HopClock], tree: Sequence[Branch]) -> list[Rate]:
    """Return the rates added up along the tree."""
    rates = [UNKNOWN] * count
    rates[home] = Rate(0, 0, 0)
    for near, place in tree:
        hop = hops[min(near, place), max(near, place)]
        own = (hop.skew_ppb, hop.skew_lo_ppb, hop.skew_hi_ppb)
        if near > place:
            own = (_inverse(own[0]), _inverse(own[2]), _inverse(own[1]))
        rates[place] = Rate(*(_sum(mine, its) for mine, its in zip(rates[near], own, strict=True)))
    return rates


def _least_squares(home: int, count: int, hops: Mapping[tuple[int, int], HopClock]) -> list[float | None]:
    """Return the best logarithm of each rate, the home place's 0; None for places without any known pair."""
    known = [
        (a, b, _log(hop.skew_ppb), 1 / max(LEAST_RANGE, _log(hop.skew_hi_ppb) - _log(hop.skew_lo_ppb)))
        for (a, b), hop in hops.items()
        if hop.skew_ppb is not None and hop.skew_lo_ppb is not None and hop.skew_hi_ppb is not None
    ]
    if not known:
        return [0.0 if place == home else None for place in range(count)]
    rows = np.zeros((len(known) + 1, count))
    values = np.zeros(len(known) + 1)
    for row, (a, b, value, weight) in enumerate(known):
        rows[row, a], rows[row, b], values[row] = -weight, weight, value * weight
    rows[-1, home] = max(weight for *_, weight in known)
    found = np.linalg.lstsq(rows, values, rcond=None)[0]
    tied = {place for a, b, *_ in known for place in (a, b)}
    return [float(found[place]) if place in tied or place == home else None for place in range(count)]


def _log(ppb: int) -> float:
    return float(np.log1p(ppb / PPB))


def _ppb(log: float) -> int:
    return round(float(np.expm1(log)) * PPB)


def _inverse(ppb: int | None) -> int | None:
    return None if ppb is None else _ppb(-_log(ppb))


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else _ppb(_log(one) + _log(other))
