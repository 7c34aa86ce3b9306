"""Kernels that read a clock's curve as ``model.clocks.read_curve`` does.

**In:** samples, a time. **Out:** the value there.

**Method:** ``numpy.interp`` step by step, in the same order, so that both give the same bits.

**Not here:** what the curve means (``model/clocks.py``).
"""

from __future__ import annotations

import math
from typing import Any

from correlate.jit import kernel


@kernel
def segment_of(at: Any, x: Any, guess: int) -> int:
    """Return the last sample at or before ``x``: -1 = before all, the number of samples = behind the last.

    Stamps come nearly in order, so the segment of the one before is tried first.
    """
    count = len(at)
    if x > at[count - 1]:
        return count
    if x < at[0]:
        return -1
    if 0 <= guess < count - 1 and at[guess] <= x:
        if x < at[guess + 1]:
            return guess
        if guess + 2 < count and x < at[guess + 2]:
            return guess + 1
    low, high = 0, count
    while high - low > 1:
        middle = (low + high) // 2
        if at[middle] <= x:
            low = middle
        else:
            high = middle
    return low


@kernel
def value_at(at: Any, values: Any, x: Any, segment: int) -> Any:
    """Return what ``numpy.interp`` returns at ``x``, which lies in ``segment``."""
    if segment < 0:
        return values[0]
    if segment >= len(at) - 1:
        return values[len(at) - 1]
    if at[segment] == x:
        return values[segment]
    slope = (values[segment + 1] - values[segment]) / (at[segment + 1] - at[segment])
    found = slope * (x - at[segment]) + values[segment]
    if math.isnan(found):
        found = slope * (x - at[segment + 1]) + values[segment + 1]
        if math.isnan(found) and values[segment] == values[segment + 1]:
            found = values[segment]
    return found
