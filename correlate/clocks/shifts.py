"""Where the clock may have stepped although one line still fits.

In: ``Evidence`` of a stretch and its line. Out: brackets of suspected steps.
Method: delays push the two floors apart or move one alone; only a clock moves both the same way. So: floors of a few
bounds before and after every time, at several scales; both jump the same way, by similar amounts, well above their
usual jumps. Where one direction is silent from some time on, a jump of the other floor alone is enough, since nothing
tells it from a step. A needless cut widens the bounds a little, a missing one makes them lie: suspicion suffices.
Not here: proof (``breaks.py``).
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from correlate.clocks.breaks import Bracket
from correlate.clocks.evidence import Evidence
from correlate.clocks.line import Line
from correlate.model.arrays import F64, I64

SCALES = (2, 4, 8, 16, 32, 64, 128)
"""Bounds of one direction that make a floor."""

NEAR = 24
"""Bounds among which a packet's opposite number is looked for."""

LONGEST_FLIGHT = 0.5
"""Bounds further apart than this, s, show a clock that moved and not a packet that was under way."""

CLEAR = 5.0
"""A jump counts above this many times its median size elsewhere."""

TAIL = 4
"""Bounds of a lone direction, before and after the other falls silent, that show a jump."""

LONE_CLEAR = 12.0
"""The same for a lone direction, against its median change from bound to bound."""

ALIKE = 0.4
"""The smaller of the two jumps is at least this share of the larger."""

CORRIDOR_SHARE = 0.02
"""Steps below this share of the corridor drown in the margin of the bounds."""

IMPLAUSIBLE_DELAY = 3e9
"""No network holds a packet longer than this, ns: a lone direction that jumps by more shows its clock."""

MAX_CUTS = 16


def suspect_brackets(evidence: Evidence, line: Line, first: float, last: float) -> list[Bracket]:
    """Return brackets of suspected steps between ``first`` and ``last``, in order of time."""
    found: list[Bracket] = []
    waiting = [(first, last)]
    while waiting and len(found) < MAX_CUTS:
        begin, end = waiting.pop()
        part = evidence.between(begin, end)
        bracket = _common_shift(part, line) or _lone_shift(part, line)
        if bracket:
            found.append(bracket)
            waiting += [(begin, bracket.before), (bracket.after, end)]
    return sorted(found)


def _common_shift(evidence: Evidence, line: Line) -> Bracket | None:
    """Return the clearest time at which both floors jump alike."""
    upper, lower = _residuals(evidence, line)
    flat = evidence._replace(upper=upper, lower=lower)
    times = evidence.times()
    shift, score = common_shifts(flat, times, longest_flight(flat), ALIKE)
    width = float(np.median(upper) - np.median(lower)) if len(upper) and len(lower) else 0.0
    score = np.where(np.abs(shift) > CORRIDOR_SHARE * abs(width), score, 0.0)
    peak = int(np.argmax(score))
    return _around(times, score, peak) if score[peak] > CLEAR else None


def common_shifts(flat: Evidence, times: F64, flight: float, alike: float) -> tuple[F64, F64]:
    """Return by how much both floors jump alike at each time, ns, and how many times their usual jump that is.

    ``flat`` has its line taken out. A packet under way shows the clock of the moment at which it is stamped second, so
    floors before a time are of packets that had arrived by then, floors after it of packets sent later. Jumps of which
    the smaller is below the share ``alike`` of the larger do not count.
    """
    shift, best = np.zeros(len(times)), np.zeros(len(times))
    upper_ends = np.searchsorted(flat.upper_x, times - flight), np.searchsorted(flat.upper_x, times)
    lower_ends = np.searchsorted(flat.lower_x, times), np.searchsorted(flat.lower_x, times + flight)
    for scale in SCALES:
        if min(len(flat.upper), len(flat.lower)) < 3 * scale:
            break
        rise_upper, noise_upper = _jumps(flat.upper, *upper_ends, scale)
        rise_lower, noise_lower = _jumps(-flat.lower, *lower_ends, scale)
        rise_lower = -rise_lower
        small = np.minimum(np.abs(rise_upper), np.abs(rise_lower))
        large = np.maximum(np.abs(rise_upper), np.abs(rise_lower))
        is_alike = (rise_upper * rise_lower > 0) & (small >= alike * large)
        score = np.where(is_alike, np.minimum(np.abs(rise_upper) / noise_upper, np.abs(rise_lower) / noise_lower), 0.0)
        is_better = score > best
        best = np.where(is_better, score, best)
        shift = np.where(is_better, np.sign(rise_upper) * small, shift)
    return shift, best


def longest_flight(flat: Evidence) -> float:
    """Return for how long packets are under way at most, s: a bound may be as old as that."""
    if not flat.is_two_way:
        return 0.0
    reach = min(NEAR, len(flat.lower))
    tops = sliding_window_view(flat.lower, reach).max(axis=1)
    first = np.clip(np.searchsorted(flat.lower_x, flat.upper_x) - reach // 2, 0, len(tops) - 1)
    return min(max(0.0, float((flat.upper - tops[first]).max()) / 1e9), LONGEST_FLIGHT)


def _residuals(evidence: Evidence, line: Line) -> tuple[F64, F64]:
    """Return both sides above the line."""
    return evidence.upper - line.skew * evidence.upper_x, evidence.lower - line.skew * evidence.lower_x


def _jumps(upper: F64, before: I64, after: I64, scale: int) -> tuple[F64, float]:
    """Return by how much the floor of ``scale`` bounds from ``after`` on lies above that up to ``before``.

    With its median size; 0 where one side has too few bounds.
    """
    floors = sliding_window_view(upper, scale).min(axis=1)
    is_known = (before >= scale) & (after <= len(upper) - scale)
    rise = np.zeros(len(after))
    rise[is_known] = floors[after[is_known]] - floors[before[is_known] - scale]
    usual = float(np.median(np.abs(rise[is_known]))) if is_known.any() else 0.0
    return rise, max(usual, 1.0)


def _around(times: F64, score: F64, peak: int) -> Bracket:
    """Return the times around a peak that score at least half as much, and one bound more on either side."""
    low = score < score[peak] / 2
    left, right = peak, peak
    while left > 0 and not low[left]:
        left -= 1
    while right < len(times) - 1 and not low[right]:
        right += 1
    return Bracket(float(times[max(0, left - 1)]), float(times[right]))


def _lone_shift(evidence: Evidence, line: Line) -> Bracket | None:
    """Return a jump of one floor before the first or after the last bound of the other direction."""
    if not evidence.is_two_way:
        return None
    upper, lower = _residuals(evidence, line)
    for x, floor, other in ((evidence.upper_x, upper, evidence.lower_x), (evidence.lower_x, -lower, evidence.upper_x)):
        for sign in (1, -1):
            bracket = _tail_jump(sign * x[::sign], floor[::sign], float((sign * other).max()))
            if bracket:
                return bracket if sign > 0 else Bracket(-bracket.after, -bracket.before)
    return None


def _tail_jump(x: F64, floor: F64, silent_from: float) -> Bracket | None:
    """Return where the floor jumps once the other direction has fallen silent."""
    begin = int(np.searchsorted(x, silent_from, side="right"))
    if begin == 0 or begin == len(x):
        return None
    before, tail = floor[:begin], floor[begin:]
    if len(tail) >= TAIL and begin >= TAIL:
        level = float(before[-TAIL:].min())
        noise = max(1.0, float(np.median(np.abs(np.diff(before)))))
        moved = np.flatnonzero(np.abs(sliding_window_view(tail, TAIL).min(axis=1) - level) > LONE_CLEAR * noise)
        if len(moved):
            return Bracket(float(x[begin - 1]), float(x[begin + moved[0]]))
    if np.abs(tail - before.min()).max() > IMPLAUSIBLE_DELAY:
        return Bracket(float(x[begin - 1]), float(x[begin]))
    return None
