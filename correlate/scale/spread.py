"""How a duration is spread, in a form that adds up over parts.

In: int64 nanoseconds of one part; spreads of many parts. Out: ``Spread``; ``Quantiles``.
Method: values at evenly spaced ranks stand for all values around them, so ranks of merged figures are off by at most
one part in ``POINTS``; least and greatest are exact. One part with no more values than points is exact throughout.
Not here: where durations come from.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from correlate.model.arrays import I64
from correlate.model.metrics import Quantiles

POINTS = 2048

LEVELS = (0.5, 0.95, 0.99)


@attrs.frozen(kw_only=True)
class Spread:
    """Values at evenly spaced ranks, ascending, and how many there are."""

    points: tuple[int, ...] = ()
    count: int = 0


def spread_of(values_ns: I64) -> Spread:
    """Return the spread of some durations. Cost O(n log n)."""
    size = len(values_ns)
    if size == 0:
        return Spread()
    ordered = np.sort(values_ns)
    ranks = np.unique(np.rint(np.linspace(0, size - 1, min(size, POINTS))).astype(np.int64))
    return Spread(points=tuple(ordered[ranks].tolist()), count=size)


def spread_from(figures: Quantiles | None) -> Spread:
    """Return the spread that five figures leave: a line between neighbours."""
    if figures is None:
        return Spread()
    at = np.array([figures.min, figures.p50, figures.p95, figures.p99, figures.max], np.float64)
    size = min(figures.count, POINTS)
    points = np.interp(np.linspace(0, 1, size), [0, *LEVELS, 1], at) if size > 1 else at[1:2]
    return Spread(points=tuple(np.rint(points).astype(np.int64).tolist()), count=figures.count)


def merged(spreads: Sequence[Spread]) -> Quantiles | None:
    """Return the quantiles, nearest rank, of all values of some spreads; None = there are none."""
    full = [one for one in spreads if one.count]
    if not full:
        return None
    points = np.concatenate([np.array(one.points, np.int64) for one in full])
    weight = np.concatenate([np.full(len(one.points), one.count / len(one.points)) for one in full])
    order = np.argsort(points, kind="stable")
    points, passed = points[order], np.cumsum(weight[order])
    count = sum(one.count for one in full)
    # Half a value of slack: weights are fractions, and their sum must not fall short of a rank by rounding.
    at = np.minimum(np.searchsorted(passed, [np.ceil(level * count) - 0.5 for level in LEVELS]), len(points) - 1)
    p50, p95, p99 = points[at].tolist()
    return Quantiles(min=int(points[0]), p50=p50, p95=p95, p99=p99, max=int(points[-1]), count=count)
