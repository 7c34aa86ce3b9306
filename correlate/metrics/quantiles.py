"""Quantiles of durations, plain and of durations known only within bounds.

In: int64 nanoseconds. Out: ``Quantiles``, ``OneWayDelay``.
Method: nearest rank (the value at position ceil(p n)): every figure is a delay that some packet had, and stays an
integer. Order statistics are monotone, so the quantiles of the lower bounds lie below those of the truth, and those of
the upper bounds above.
Not here: where delays come from.
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I64
from correlate.model.clocks import UNBOUNDED
from correlate.model.metrics import OneWayDelay, Quantiles

_LEVELS = (0.5, 0.95, 0.99)


def quantiles(values_ns: I64) -> Quantiles | None:
    """Return minimum, three quantiles and maximum, None without values.

    Parameters
    ----------
    values_ns : int64 array
        Durations, ns, any order.

    Returns
    -------
    Quantiles or None
        Nearest-rank figures. Cost O(n).

    Examples
    --------
    >>> quantiles(np.array([5, 1, 3])).p50
    3
    """
    if not len(values_ns):
        return None
    figures = _figures(values_ns)
    return Quantiles(
        min=figures[0], p50=figures[1], p95=figures[2], p99=figures[3], max=figures[4], count=len(values_ns)
    )


def bounded_quantiles(values_ns: I64, lo_ns: I64, hi_ns: I64) -> OneWayDelay | None:
    """Return the quantiles of estimates with what the truth may be off, None without values.

    Parameters
    ----------
    values_ns : int64 array
        Estimated one-way delays, ns.
    lo_ns, hi_ns : int64 arrays
        Absolute bounds of each delay, ns; at or beyond ``UNBOUNDED`` (half of it, since sums were made) = none.

    Returns
    -------
    OneWayDelay or None
        Every true figure lies in [figure + lo_ns, figure + hi_ns], lo_ns <= 0 <= hi_ns.
    """
    found = quantiles(values_ns)
    if found is None:
        return None
    figures = np.array([found.min, found.p50, found.p95, found.p99, found.max])
    is_bounded_below = bool((lo_ns > -UNBOUNDED // 2).all())
    is_bounded_above = bool((hi_ns < UNBOUNDED // 2).all())
    lo = min(0, int((np.array(_figures(lo_ns)) - figures).min())) if is_bounded_below else None
    hi = max(0, int((np.array(_figures(hi_ns)) - figures).max())) if is_bounded_above else None
    return OneWayDelay(quantiles=found, lo_ns=lo, hi_ns=hi)


def _figures(values: I64) -> list[int]:
    """Return minimum, p50, p95, p99 and maximum by nearest rank."""
    size = len(values)
    ranks = [0, *(int(np.ceil(level * size)) - 1 for level in _LEVELS), size - 1]
    ordered = np.sort(values)  # of numbers that are no objects quicker than a partition at several ranks
    return [int(ordered[rank]) for rank in ranks]
