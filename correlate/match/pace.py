"""Where in B's time a packet of A is to be expected.

**In:** sure pairs. **Out:** expected time on B and the scatter to allow, per packet of A.
**Method:** stamp difference interpolated between the sure pairs before and after in the same direction of the same
flow; failing that of the same flow, failing that of any. No model of the clocks: offsets of hours, skew and steps
between far pairs do not matter, because only neighbours are asked. Medians of five guard against a single wrong pair.
**Not here:** clock bounds (``clocks``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np

from correlate.model.arrays import F64, I64, Bool, Int, take
from correlate.model.ordering import stable_order

LEAST_SCATTER_NS = 100_000.0
"""Half a scheduler tick of a busy host; below this order says more than time."""
_OTHER_WAY_NS = 2_000_000.0
"""Allowed on top where only the opposite direction or other flows are known."""
_SAMPLE = 50_000
"""Pairs on which the scatter is measured."""
_AT_ONCE = 1 << 14
"""Packets asked for at once: what is made of them stays in the processor's cache."""
_RHO = 1e-3
"""Widest skew believed (algorithms section 1: 1000 ppm)."""


class SurePairs(NamedTuple):
    """Pairs that nothing but a forged packet could fake."""

    block: Int
    time: F64
    """On A."""
    delta: F64
    """Time on B minus time on A."""

    def some(self, at: Any) -> SurePairs:
        """Return those at positions, ascending, or at those of a slice."""
        return take(self, at)


class Witnesses(Protocol):
    """Sure pairs, of which only some are looked at."""

    @property
    def block(self) -> Int:
        """Direction of each."""

    def some(self, at: Any) -> SurePairs:
        """Return those at positions, ascending, or at those of a slice."""


class Expectation(NamedTuple):
    """Per packet of A."""

    time: F64
    """On B."""
    scatter: F64
    """Nanoseconds that cost one unit; negative = nothing is known."""


class _Neighbours(NamedTuple):
    is_known: Bool
    delta: F64
    scatter: F64


class _Measured(NamedTuple):
    scatter: float
    """Within a direction of a flow."""
    other: float
    """Where only the opposite direction or other flows are known."""
    every: SurePairs
    """Some of all, in one block, by time."""


class Pace:
    """Sure pairs of two vantages, asked for the few packets that need it.

    Only the flows asked for are sorted; what holds for all (scatter, other flows) is measured on a sample. Given as a
    function, the pairs are gathered when they are first asked for.
    """

    def __init__(self, sure: Witnesses | Callable[[], Witnesses]) -> None:
        self._given = sure

    @cached_property
    def _sure(self) -> Witnesses:
        return self._given() if callable(self._given) else self._given

    @cached_property
    def _measured(self) -> _Measured:
        """What holds for all flows; there are sure pairs."""
        sure = self._sure
        flows = int(sure.block.max() >> 1) + 1
        some = _of_flows(sure, np.arange(flows) % (len(sure.block) // _SAMPLE + 1) == 0)
        again = some.block[1:] == some.block[:-1]
        jumps = np.abs(np.diff(some.delta))[again]
        scatter = max(LEAST_SCATTER_NS, 2 * float(np.median(jumps)) if len(jumps) else 0.0)
        thin = sure.some(slice(None, None, len(sure.block) // _SAMPLE + 1))
        every = _sorted(thin._replace(block=np.zeros(len(thin.time), np.int64)))
        in_time = take(thin, stable_order(thin.time))
        return _Measured(scatter, _OTHER_WAY_NS + scatter + _spread(in_time), every)

    def expect(self, block: Int, time: F64) -> Expectation:
        """Return where packets of ``block`` seen on A at ``time`` are due on B."""
        if not len(block) or not len(self._sure.block):
            return Expectation(time.copy(), np.full(len(time), -1.0))
        measured = self._measured
        asked = np.zeros(max(int(block.max(initial=0)), int(self._sure.block.max())) // 2 + 1, np.bool_)
        asked[block[block >= 0] >> 1] = True
        near = _of_flows(self._sure, asked)
        near = near._replace(delta=_median_of_five(near))
        groups = block, block >> 1, np.zeros(len(block), np.int64)
        levels: tuple[tuple[Callable[[], SurePairs], float], ...] = (
            (lambda: near, measured.scatter),
            (lambda: _sorted(near._replace(block=near.block >> 1)), measured.other),
            (lambda: measured.every, measured.other),
        )
        delta, width = np.zeros(len(time)), np.zeros(len(time))
        is_open = np.ones(len(time), np.bool_)
        for group, (sure, scatter) in zip(groups, levels, strict=True):
            known = sure()
            for begin in range(0, len(time), _AT_ONCE):
                some = begin + np.flatnonzero(is_open[begin : begin + _AT_ONCE])
                found = _between(known, group[some], time[some], scatter)
                delta[some], width[some], is_open[some] = found.delta, found.scatter, ~found.is_known
            if not is_open.any():
                break
        return Expectation(time + delta, width)


def _sorted(sure: SurePairs) -> SurePairs:
    """Return the pairs by block, then time."""
    return take(sure, stable_order(sure.block, sure.time))


def _of_flows(sure: Witnesses, wanted: Bool) -> SurePairs:
    """Return the pairs of wanted flows, sorted."""
    at = np.flatnonzero(wanted[np.minimum(sure.block >> 1, len(wanted) - 1)])
    return _sorted(sure.some(at))


def _spread(sure: SurePairs) -> float:
    """Return how much neighbours in time of different flows or directions differ: 9 of 10 differ less."""
    jumps = np.abs(np.diff(sure.delta))[np.diff(sure.block) != 0]
    return float(np.quantile(jumps, 0.9)) if len(jumps) else 0.0


def _median_of_five(sure: SurePairs) -> F64:
    """Return the running median of five within each block, the value itself near the block's ends."""
    if len(sure.time) < 5:
        return sure.delta
    windows = np.lib.stride_tricks.sliding_window_view(sure.delta, 5)
    steady = sure.delta.copy()
    is_inside = sure.block[4:] == sure.block[:-4]
    steady[2:-2][is_inside] = np.median(windows[is_inside], axis=1)
    return steady


def _between(sure: SurePairs, group: Int, time: F64, scatter: float) -> _Neighbours:
    """Interpolate between the neighbours of the same group, extrapolate flat beyond them; ``sure`` is sorted."""
    known, asked = len(sure.time), len(time)
    if not known:
        return _Neighbours(np.zeros(asked, np.bool_), np.zeros(asked), np.zeros(asked))
    after = _after(sure, group, time)
    left, right = np.maximum(after - 1, 0), np.minimum(after, known - 1)
    has_left = (after > 0) & (sure.block[left] == group)
    has_right = (after < known) & (sure.block[right] == group)
    left = np.where(has_left, left, right)
    right = np.where(has_right, right, left)
    span = sure.time[right] - sure.time[left]
    weight = np.where(span > 0, np.clip((time - sure.time[left]) / np.where(span > 0, span, 1.0), 0, 1), 0.0)
    change = sure.delta[right] - sure.delta[left]
    distance = np.minimum(np.abs(time - sure.time[left]), np.abs(sure.time[right] - time))
    is_known = has_left | has_right
    both = has_left & has_right
    return _Neighbours(
        is_known,
        np.where(is_known, sure.delta[left] + weight * change, 0.0),
        scatter + np.where(both, 0.1 * _RHO, _RHO) * distance + 0.5 * np.abs(change),
    )


def _after(sure: SurePairs, group: Int, time: F64) -> I64:
    """Return how many pairs come before each (group, time), or with it."""
    if sure.block[0] == sure.block[-1] and (group == sure.block[0]).all():
        return np.searchsorted(sure.time, time, side="right")
    # Complex numbers are ordered by their real part first.
    return np.searchsorted(sure.block + 1j * sure.time, group + 1j * time, side="right")
