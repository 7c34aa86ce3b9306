"""How a duration is spread, in a form that adds up over parts.

In: int64 nanoseconds of one part; spreads of many parts. Out: ``Spread``; ``Quantiles``.
Method: values at evenly spaced ranks stand for all values around them, so ranks of merged figures are off by at most
one part in ``POINTS``; least and greatest are exact. One part with no more values than points is exact throughout.
Sums of many spreads are thinned pairwise, as a binary counter carries (Munro and Paterson, 1980): they stay small.
Not here: where durations come from.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from correlate.model.arrays import F64, I64
from correlate.model.metrics import Quantiles

POINTS = 2048

MOST = 8192
"""Values that sums of spreads are thinned to: each doubling of their number costs up to one rank in 16,384."""

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


Run = tuple[I64, F64]
"""Values, ascending, and how many values each stands for."""


@attrs.define(kw_only=True)
class SpreadSum:
    """Spreads added so far; some ``MOST`` values for each doubling of their number."""

    count: int = 0
    least: int = 2**63 - 1
    most: int = -(2**63)
    runs: list[Run | None] = attrs.field(factory=list)
    """As the digits of a binary counter: the run at place n holds 2**n spreads."""

    def take(self, one: Spread) -> None:
        """Add a spread."""
        if not one.count:
            return
        points = np.array(one.points, np.int64)
        self.count += one.count
        self.least, self.most = min(self.least, one.points[0]), max(self.most, one.points[-1])
        run: Run = (points, np.full(len(points), one.count / len(points)))
        for place, other in enumerate(self.runs):
            if other is None:
                self.runs[place] = run
                return
            self.runs[place] = None
            run = _thinned(_joined([other, run]))
        self.runs.append(run)

    def quantiles(self) -> Quantiles | None:
        """Return the quantiles, nearest rank; None = there are no values."""
        if not self.count:
            return None
        points, weight = _joined([run for run in self.runs if run is not None])
        # Half a value of slack: weights are fractions, and their sum must not fall short of a rank by rounding.
        ranks = [np.ceil(level * self.count) - 0.5 for level in LEVELS]
        at = np.minimum(np.searchsorted(np.cumsum(weight), ranks), len(points) - 1)
        p50, p95, p99 = points[at].tolist()
        return Quantiles(min=self.least, p50=p50, p95=p95, p99=p99, max=self.most, count=self.count)


def _joined(runs: Sequence[Run]) -> Run:
    points, weight = (np.concatenate(column) for column in zip(*runs, strict=True))
    order = np.argsort(points, kind="stable")
    return points[order], weight[order]


def _thinned(run: Run) -> Run:
    """Return a run of ``MOST`` values at most, each in the middle of those that it stands for."""
    points, weight = run
    if len(points) <= MOST:
        return run
    passed = np.cumsum(weight)
    each = passed[-1] / MOST
    at = np.searchsorted(passed, (np.arange(MOST) + 0.5) * each)
    return points[np.minimum(at, len(points) - 1)], np.full(MOST, each)
