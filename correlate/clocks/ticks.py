"""How coarse the stamps of a capture really are.

In: time stamps of one vantage and the resolution its file declares.
Out: the measured stamp quantum, ns.
Method: stamps are ``phase + k * tick``. The greatest common divisor of the gaps between distinct stamps is the tick
if every stamp obeys; else the coarsest of the ticks seen in practice that all but 1 % obey. A wrong claim needs 20
distinct stamps to agree by chance: below 1 in 500,000 even for twice the true tick. Stamps of whole seconds have few
distinct values: of stamps that repeat, so many suffice for a tick seen in practice as chance could not make obey it.
Not here: what a tick does to bounds (``evidence.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I64
from correlate.model.frames import NO_TIME
from correlate.model.vantage import STANDING_TICK_NS

MIN_DISTINCT = 20
"""Fewer distinct stamps never prove a tick coarser than the declared one."""

USUAL_NS = 1_000
"""The step of most captures; what a coarser one is measured against."""

CHANCE = 1e-6
"""Fewer stamps prove one of the known ticks if stamps of the usual step would all obey it no more often than this."""

REPEATS = 1.5
"""Each stamp must stand so often on average: a sender's own timer makes round gaps, but sends one packet at each."""

STANDING = 4
"""So many equal stamps and no other: the clock stood."""

OBEYING_SHARE = 0.99
KNOWN_TICKS_NS = (1_000_000_000, 15_625_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100)
"""Whole seconds, Windows and 1/64 s timers, 100 Hz and 1000 Hz kernels, ..., NTFS time; coarsest first."""

SAMPLE = 4096


def measure_tick(ts_ns: I64, declared_tick_ns: int) -> int:
    """Return the stamp quantum of a capture.

    Parameters
    ----------
    ts_ns
        Stamps, int64 ns, any order; those equal to ``NO_TIME`` are ignored.
    declared_tick_ns
        Resolution that the file declares, ns, at least 1.

    Returns
    -------
    int
        The coarsest step, ns, of which (nearly) all gaps are multiples; never finer than declared, and the declared
        one when fewer than 20 distinct stamps exist.

    Examples
    --------
    >>> measure_tick(np.arange(40) ** 2 * 15_625_000 + 895_000, 1_000)
    15625000
    """
    stamps = np.asarray(ts_ns, np.int64)
    sample = _distinct(stamps[:: max(1, len(stamps) // SAMPLE)])
    if len(sample) < MIN_DISTINCT:
        sample = _distinct(stamps)
    if len(sample) < MIN_DISTINCT:
        return _of_few(sample, len(stamps), declared_tick_ns)
    divisor = int(np.gcd.reduce(np.diff(sample)))
    if divisor <= declared_tick_ns:
        return _mostly_obeyed(sample, declared_tick_ns)
    return int(np.gcd(divisor, np.gcd.reduce(np.diff(_distinct(stamps)))))


def _distinct(stamps: I64) -> I64:
    return np.unique(stamps[stamps != NO_TIME])


def _of_few(distinct: I64, count: int, declared_tick_ns: int) -> int:
    """Return the coarsest known tick that a few stamps prove, the declared one if they prove none.

    Stamps of whole seconds or of a slow timer have few values. Each gap obeys a tick by chance as often as the usual
    step fits into it.
    """
    if len(distinct) == 1 and count >= STANDING:
        return STANDING_TICK_NS
    if len(distinct) < 2 or count < REPEATS * len(distinct):
        return declared_tick_ns
    divisor = int(np.gcd.reduce(np.diff(distinct)))
    step = max(USUAL_NS, declared_tick_ns)
    for tick in KNOWN_TICKS_NS:
        if tick > step and divisor % tick == 0 and (step / tick) ** (len(distinct) - 1) <= CHANCE:
            return tick
    return declared_tick_ns


def _mostly_obeyed(stamps: I64, declared_tick_ns: int) -> int:
    """Return the coarsest known tick of which all but a few stamps are multiples, up to a common phase."""
    for tick in KNOWN_TICKS_NS:
        if tick <= declared_tick_ns:
            break
        phases, counts = np.unique(stamps % tick, return_counts=True)
        if len(phases) > 1 and counts.max() >= max(MIN_DISTINCT, OBEYING_SHARE * len(stamps)):
            return tick
    return declared_tick_ns
