"""Coarse offsets between captures, good enough to cut them at the same time.

In: the ``Sample`` of each survey. Out: ``Offset`` of each vantage against the first, over the time.
Method: packets that both samples hold, each once; over successive runs of them, in record order, the median of their
stamp differences, which steps, time zones and hours between the captures leave alone. A vantage that shares none with
the first is tied to one that does.
Not here: clocks (``clocks``): nothing that is told rests on these offsets.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from correlate.model.arrays import F64, I32, I64, Bool
from correlate.model.frames import NO_TIME
from correlate.scale.survey import Places, Sample

LEAST_COMMON = 8
"""Packets that two samples must share; fewer may be chance."""

MOST_RUNS = 256
"""Medians over the whole time at most, of at least ``LEAST_COMMON`` packets each."""

STEP_NS = 10**9
"""Offsets next to each other that differ by more tell that the clock was set in between."""


@attrs.frozen(kw_only=True)
class Offset:
    """Clock of a vantage minus the first one's, along its capture."""

    place: I64
    """Row of ``Places`` where each was seen, ascending."""
    at_ns: I64
    """Own time; a clock that is set back shows some times twice."""
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

    def own_ends(self, reference_ns: int) -> tuple[int, int]:
        """Return before which own time all was recorded before a time of the first vantage, and from which all behind.

        Both are ``own_time``, unless the clock was set close by or shows those times twice.
        """
        own = self.own_time(reference_ns)
        places = self.at_ns - self.offset_ns
        order = np.argsort(places, kind="stable")
        at, offset = places[order], self.offset_ns[order]
        low = at[:-1] + np.minimum(offset[:-1], offset[1:])
        high = at[1:] + np.maximum(offset[:-1], offset[1:])
        is_set = np.abs(np.diff(offset)) > STEP_NS
        behind = low[is_set & (at[1:] >= reference_ns)].min(initial=own)
        before = high[is_set & (at[:-1] <= reference_ns)].max(initial=own)
        return int(behind), int(before)

    def reference_times(self, own_ns: I64) -> I64:
        """Return the first vantage's time at times of this one; of times shown twice, some time between."""
        if not len(self.at_ns):
            return own_ns
        order = np.argsort(self.at_ns, kind="stable")
        at, offset = self.at_ns[order], self.offset_ns[order]
        base, shift = int(at[0]), int(offset[0])
        moved = np.interp((own_ns - base).astype(np.float64), _rel(at, base), _rel(offset, shift))
        return own_ns - shift - np.rint(moved).astype(np.int64)

    def chunk_times(self, places: Places) -> tuple[I64, I64]:
        """Return the first and the last time of each chunk on the first vantage's clock; ``NO_TIME`` stays.

        The offset of a chunk is between the least and the greatest of those seen in it and next to it. Where the clock
        was set that says little, and the chunk lies between its neighbours of the same file.
        """
        low, high = places.low_ns, places.high_ns
        if not len(self.at_ns) or not len(low):
            return low, high
        rows = np.arange(len(low))
        first = np.maximum(np.searchsorted(self.place, rows, "left") - 1, 0)
        behind = np.minimum(np.searchsorted(self.place, rows, "right") + 1, len(self.place))
        pairs = np.column_stack([first, behind]).ravel()
        least = np.minimum.reduceat(np.append(self.offset_ns, self.offset_ns[-1]), pairs)[::2]
        most = np.maximum.reduceat(np.append(self.offset_ns, self.offset_ns[-1]), pairs)[::2]
        has_time = low != NO_TIME
        begin, end = np.where(has_time, low - most, low), np.where(has_time, high - least, high)
        return _narrowed(begin, end, places.file, has_time & (most - least <= STEP_NS))


def _narrowed(begin: I64, end: I64, file: I32, is_sure: Bool) -> tuple[I64, I64]:
    """Return times of chunks, those that are not sure no wider than their nearest sure neighbours allow."""
    rows = np.arange(len(file))
    before = np.maximum.accumulate(np.where(is_sure, rows, -1))
    behind = np.minimum.accumulate(np.where(is_sure, rows, len(file))[::-1])[::-1]
    has_both = ~is_sure & (begin != NO_TIME) & (before >= 0) & (behind < len(file))
    before, behind = np.maximum(before, 0), np.minimum(behind, len(file) - 1)
    has_both &= (file[before] == file) & (file[behind] == file)
    low, high = np.maximum(begin, begin[before]), np.minimum(end, end[behind])
    has_both &= low <= high
    return np.where(has_both, low, begin), np.where(has_both, high, end)


def _rel(values: I64, base: int) -> F64:
    return (values - base).astype(np.float64)


def _between(at: int, places: I64, values: I64) -> int:
    """Interpolate without losing nanoseconds of large numbers."""
    base, shift = int(places[0]), int(values[0])
    return shift + int(np.rint(np.interp(float(at - base), _rel(places, base), _rel(values, shift))))


def align(samples: Sequence[Sample]) -> list[Offset]:
    """Return the offset of every vantage against the first."""
    nothing = np.zeros(0, np.int64)
    unknown = Offset(place=nothing, at_ns=nothing, offset_ns=nothing, is_known=False)
    found: list[Offset] = [unknown] * len(samples)
    found[0] = attrs.evolve(unknown, is_known=True)
    tied, left = [0], list(range(1, len(samples)))
    while left and tied:
        base = tied.pop(0)
        for index in list(left):
            place, at, difference = _runs(samples[base], samples[index])
            if len(at):
                to_first = found[base].reference_times(at - difference)
                found[index] = Offset(place=place, at_ns=at, offset_ns=at - to_first, is_known=True)
                tied.append(index)
                left.remove(index)
    return found


def _runs(one: Sample, other: Sample) -> tuple[I64, I64, I64]:
    """Return (place in ``other``, time there, other minus one) of the packet with the median difference of each run.

    Runs are of packets that both hold once, in record order of ``other``, which a clock that is set leaves alone.
    """
    keys = np.intersect1d(_once(one.key), _once(other.key))
    if len(keys) < LEAST_COMMON:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64)
    row_one, row_other = (_rows(sample, keys) for sample in (one, other))
    order = np.argsort(row_other, kind="stable")
    row_one, row_other = row_one[order], row_other[order]
    difference = other.ts_ns[row_other] - one.ts_ns[row_one]
    runs = np.array_split(np.arange(len(keys)), max(1, min(MOST_RUNS, len(keys) // LEAST_COMMON)))
    middle = np.array([run[np.argsort(difference[run], kind="stable")[len(run) // 2]] for run in runs])
    places = other.place[row_other[middle]]
    order = np.argsort(places, kind="stable")
    middle = middle[order]
    return places[order], other.ts_ns[row_other[middle]], difference[middle]


def _once(keys: I64) -> I64:
    values, counts = np.unique(keys, return_counts=True)
    return np.asarray(values[counts == 1], np.int64)


def _rows(sample: Sample, keys: I64) -> I64:
    """Return the rows of some keys, ascending, each of which is there once."""
    order = np.argsort(sample.key, kind="stable")
    return np.asarray(order[np.searchsorted(sample.key[order], keys)], np.int64)
