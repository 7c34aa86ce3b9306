"""How far a slew may reach beyond the bracket that proves it.

In: ``Evidence`` and the brackets of proven breaks. Out: a bracket that holds the slew's beginning and end as well.
Method: a corridor hides as much of a slew as it is wide. So what may be a slew's beginning or end is no evidence of the
stretch beside it: so much of either side goes to the bracket as the slew, at the rate that the bracket shows, needs
to cross the corridor. A step's rate is so high that nothing changes.
Not here: finding brackets (``breaks.py``), what happened in them (``jumps.py``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from correlate.clocks.breaks import Bracket
from correlate.clocks.evidence import MAX_SKEW, Evidence
from correlate.clocks.line import Line, widest_line
from correlate.model.arrays import F64

USUAL = 0.2
"""Share of a stretch's bounds that show a corridor no wider than what counts: its least width may be rare."""

RETREATS = 4
"""Where so much goes to the bracket that nothing two-way is left, half as much does, and so on, so often."""


def corridors(evidence: Evidence) -> F64:
    """Return per upper bound the two-way transit, ns, that it shows together with the nearest lower ones."""
    right = np.clip(np.searchsorted(evidence.lower_x, evidence.upper_x), 0, len(evidence.lower) - 1)
    left = np.maximum(right - 1, 0)
    widths = [
        evidence.upper - evidence.lower[k] + MAX_SKEW * np.abs(evidence.upper_x - evidence.lower_x[k])
        for k in (left, right)
    ]
    return np.asarray(np.minimum(*widths), np.float64)


def eased(evidence: Evidence, cuts: list[Bracket], index: int) -> Bracket:
    """Return the bracket ``cuts[index]`` with a slew's hidden ends."""
    cut = cuts[index]
    first = cuts[index - 1].after if index else -np.inf
    last = cuts[index + 1].before if index + 1 < len(cuts) else np.inf
    old, new = evidence.between(first, cut.before), evidence.between(cut.after, last)
    if not (old.is_two_way and new.is_two_way):
        return cut
    left, right = widest_line(old), widest_line(new)
    moved = abs(right.offset + right.skew * cut.after - left.offset - left.skew * cut.before)
    length = cut.after - cut.before

    def reach(side: Evidence, line: Line, is_fine: Callable[[float], bool]) -> float:
        room = length * min(1.0, max(0.0, 2 * line.room) / max(moved, 1.0))
        return max(room if is_fine(room) else 0.0, _most(_hidden(side, moved, length), is_fine))

    return Bracket(
        cut.before - reach(old, left, lambda by: evidence.between(first, cut.before - by).is_two_way),
        cut.after + reach(new, right, lambda by: evidence.between(cut.after + by, last).is_two_way),
    )


def _hidden(side: Evidence, moved: float, length: float) -> float:
    """Return for how long, s, a clock that moves by ``moved`` ns within ``length`` s goes unseen in a corridor.

    The room of a line that leans into the slew is less than the corridor that hid it; but of slow movements that is
    too much to give away, and the skews that fit beside them cover them.
    """
    rate = max(moved / max(length, 1e-9), MAX_SKEW)
    return min(length, max(0.0, float(np.quantile(corridors(side), USUAL))) / rate)


def _most(reach: float, is_fine: Callable[[float], bool]) -> float:
    """Return the greatest of ``reach``, its half, its quarter, ... that is fine; else 0."""
    return next((part for part in (reach / 2**k for k in range(RETREATS)) if is_fine(part)), 0.0)
