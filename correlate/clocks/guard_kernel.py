"""Bounds of one side between any two bounds, guarded against movement that nobody saw.

In: bounds of both sides, times. Out: the guarded bound of one side just after each time.
Method: the steps of :func:`guard_side`, for the upper side; the lower one is the same problem negated, the past the
same reversed.

1. Floors of the last ``long`` upper bounds up to each time, and of the first ``short`` from each time on; of the last
   ``short`` lower ones up to each time, and of the first ``long`` from each time on; each as far off as the clock may
   drift until then.
2. For each gap and each earlier upper bound: the clock may have risen in between by as much as *both* floors rose. Or
   it drifted and jumped over the highest wall between them, a jump of both floors at one time (``walls[g]`` lies after
   ``at[g]``).
3. The bound is raised by the larger of the two; the least over all bounds holds at the gap's beginning.

Not here: segments, lines, floors' noise (``guard.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.jit import kernel
from correlate.model.arrays import F64


@kernel
def guard_side(
    upper_x: F64,
    upper: F64,
    lower_x: F64,
    lower: F64,
    at: F64,
    walls: F64,
    rate: float,
    short: int,
    long: int,
    noise_upper: float,
    noise_lower: float,
    flight_upper: float,
    flight_lower: float,
    out: F64,
) -> int:
    """Write into ``out[g]`` what upper bounds at or before ``at[g]`` say just after it; infinite if there are none.

    All times ascend. The lines are taken out of the bounds. ``noise_*`` is what one bound usually lies above its floor.
    ``flight_*`` is for how long before its time a bound may have been made: 0 for the side that is stamped at the
    beginning of its flight.
    """
    infinite = np.inf
    n, m = len(upper), len(lower)
    # Where nothing follows any more, what came last stands for it: of the side that was heard last, at least.
    last_upper, last_lower = n, m
    if n > 0 and (m == 0 or upper_x[n - 1] >= lower_x[m - 1]):
        last_upper = n - 1
    elif m > 0:
        last_lower = m - 1
    lowest = infinite
    for k in range(n):
        lowest = min(lowest, upper[k])
    for g in range(len(at)):
        begin = at[g]
        # Floors after the gap: the first bounds later than its beginning.
        known = np.searchsorted(upper_x, begin, side="right")
        u = min(np.searchsorted(upper_x, begin + flight_upper, side="right"), last_upper)
        v = min(np.searchsorted(lower_x, begin + flight_lower, side="right"), last_lower)
        upper_after = infinite
        for k in range(u, min(u + short, n)):
            upper_after = min(upper_after, upper[k] + rate * max(0.0, upper_x[k] - begin))
        lower_after = -infinite
        for k in range(v, min(v + long, m)):
            lower_after = max(lower_after, lower[k])
        if v < m:
            lower_after += rate * max(0.0, lower_x[v] - begin)
        doubt_lower = noise_lower / max(1, min(long, m - v))
        best = infinite
        wall, behind = 0.0, g
        for i in range(known - 1, -1, -1):
            while behind >= 0 and at[behind] >= upper_x[i]:
                wall = max(wall, walls[behind])
                behind -= 1
            drifted = upper[i] + rate * (begin - upper_x[i]) + wall
            if drifted >= best:
                # Nor can an earlier one be better, if even the lowest bound of all would not be so here.
                if lowest + rate * (begin - upper_x[i]) + wall >= best:
                    break
                continue
            floor = infinite
            for k in range(max(0, i - long + 1), i + 1):
                floor = min(floor, upper[k])
            rise = upper_after - floor + noise_upper / min(long, i + 1)
            w = np.searchsorted(lower_x, upper_x[i] - flight_upper, side="right")
            if w > 0 and lower_after > -infinite:
                ceiling = -infinite
                for k in range(max(0, w - short), w):
                    ceiling = max(ceiling, lower[k] - rate * (upper_x[i] - lower_x[k]))
                rise = min(rise, lower_after - ceiling + doubt_lower)
            best = min(best, drifted if rise == infinite else max(drifted, upper[i] + rise))
        out[g] = best
    return 0
