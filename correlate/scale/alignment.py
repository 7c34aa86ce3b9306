"""Coarse offsets between captures, good enough to cut them at the same time.

In: the ``Sample`` of each survey. Out: ``Offset`` of each vantage against the first, over the time.
Method: packets that both samples hold, each once; over successive runs of them the median of their stamp differences,
which steps, time zones and hours between the captures leave alone. A vantage that shares none with the first is tied to
one that does.
Not here: clocks (``clocks``): nothing that is told rests on these offsets.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from correlate.model.arrays import F64, I64
from correlate.scale.survey import Sample

LEAST_COMMON = 8
"""Packets that two samples must share; fewer may be chance."""

MOST_RUNS = 256
"""Medians over the whole time at most, of at least ``LEAST_COMMON`` packets each."""


@attrs.frozen(kw_only=True)
class Offset:
    """Clock of a vantage minus the first one's, over its own clock."""

    at_ns: I64
    """Ascending."""
    offset_ns: I64
    is_known: bool
    """False: it shares no packets with the others, and zero is as good as any."""

    def own_time(self, reference_ns: int) -> int:
        """Return the vantage's own time at a time of the first vantage."""
        if not len(self.at_ns):
            return reference_ns
        places = self.at_ns - self.offset_ns
        order = np.argsort(places, kind="stable")
        return reference_ns + int(_between(reference_ns, places[order], self.offset_ns[order]))

    def reference_times(self, own_ns: I64) -> I64:
        """Return the first vantage's time at times of this one."""
        if not len(self.at_ns):
            return own_ns
        base = int(self.at_ns[0])
        shift = int(self.offset_ns[0])
        moved = np.interp((own_ns - base).astype(np.float64), _rel(self.at_ns, base), _rel(self.offset_ns, shift))
        return own_ns - shift - np.rint(moved).astype(np.int64)


def _rel(values: I64, base: int) -> F64:
    return (values - base).astype(np.float64)


def _between(at: int, places: I64, values: I64) -> int:
    """Interpolate without losing nanoseconds of large numbers."""
    base, shift = int(places[0]), int(values[0])
    return shift + int(np.rint(np.interp(float(at - base), _rel(places, base), _rel(values, shift))))


def align(samples: Sequence[Sample]) -> list[Offset]:
    """Return the offset of every vantage against the first."""
    unknown = Offset(at_ns=np.zeros(0, np.int64), offset_ns=np.zeros(0, np.int64), is_known=False)
    found: list[Offset] = [unknown] * len(samples)
    found[0] = attrs.evolve(unknown, is_known=True)
    tied, left = [0], list(range(1, len(samples)))
    while left and tied:
        base = tied.pop(0)
        for index in list(left):
            at, difference = _runs(samples[base], samples[index])
            if len(at):
                to_first = found[base].reference_times(at - difference)
                found[index] = Offset(at_ns=at, offset_ns=at - to_first, is_known=True)
                tied.append(index)
                left.remove(index)
    return found


def _runs(one: Sample, other: Sample) -> tuple[I64, I64]:
    """Return (time at ``other``, other minus one) as medians over runs of the packets that both hold once."""
    keys = np.intersect1d(_once(one.key), _once(other.key))
    if len(keys) < LEAST_COMMON:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    at_one, at_other = (_times(sample, keys) for sample in (one, other))
    order = np.argsort(at_other, kind="stable")
    at_one, at_other = at_one[order], at_other[order]
    runs = np.array_split(np.arange(len(keys)), max(1, min(MOST_RUNS, len(keys) // LEAST_COMMON)))
    middle = [int(np.median(at_other[run] - at_other[run[0]])) + int(at_other[run[0]]) for run in runs]
    difference = [_median(at_other[run] - at_one[run]) for run in runs]
    return np.array(middle, np.int64), np.array(difference, np.int64)


def _median(values: I64) -> int:
    return int(np.sort(values)[len(values) // 2])


def _once(keys: I64) -> I64:
    values, counts = np.unique(keys, return_counts=True)
    return np.asarray(values[counts == 1], np.int64)


def _times(sample: Sample, keys: I64) -> I64:
    """Return the stamps of some keys, ascending, each of which is there once."""
    order = np.argsort(sample.key, kind="stable")
    return sample.ts_ns[order[np.searchsorted(sample.key[order], keys)]]
