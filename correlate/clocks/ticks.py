"""How coarse the stamps of a capture really are.

In: time stamps of one vantage and the resolution its file declares.
Out: the measured stamp quantum, ns.
Method: stamps are ``phase + k * tick``. The greatest common divisor of the gaps between distinct stamps is the tick
if every stamp obeys; else the coarsest of the ticks seen in practice that all but 1 % obey. A wrong claim needs 20
distinct stamps to agree by chance: below 1 in 500,000 even for twice the true tick. Stamps of whole seconds have few
distinct values: eight suffice for a tick seen in practice, a hundred times the declared one, of stamps that repeat.
Not here: what a tick does to bounds (``evidence.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I64
from correlate.model.frames import NO_TIME

MIN_DISTINCT = 20
"""Fewer distinct stamps never prove a tick coarser than the declared one."""

FEW_DISTINCT = 8
MUCH_COARSER = 100
REPEATS = 2
"""Of fewer stamps, these: at least so many distinct ones, a tick so much coarser, and each stamp so often on average.

By chance, eight stamps agree on a tick a hundred times the true one once in 10**14.
"""

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
    """Return the coarsest known tick that all of a few, often repeated stamps obey; the declared one if none does."""
    if len(distinct) < FEW_DISTINCT or count < REPEATS * len(distinct):
        return declared_tick_ns
    divisor = int(np.gcd.reduce(np.diff(distinct)))
    coarse = (tick for tick in KNOWN_TICKS_NS if divisor % tick == 0 and tick >= MUCH_COARSER * declared_tick_ns)
    return next(coarse, declared_tick_ns)


def _mostly_obeyed(stamps: I64, declared_tick_ns: int) -> int:
    """Return the coarsest known tick of which all but a few stamps are multiples, up to a common phase."""
    for tick in KNOWN_TICKS_NS:
        if tick <= declared_tick_ns:
            break
        phases, counts = np.unique(stamps % tick, return_counts=True)
        if len(phases) > 1 and counts.max() >= max(MIN_DISTINCT, OBEYING_SHARE * len(stamps)):
            return tick
    return declared_tick_ns
