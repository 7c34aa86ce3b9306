"""The clocks of all vantages on a path.

In: packets, matches, path, stamp quanta. Out: ``ClockModel``.
Method: every hop of the path is fitted; then each vantage is tied to the nearest one closer to the reference with
which it shares two-way traffic (normally its neighbour), and offsets add up along the way (``compose.py``).
Not here: any formula.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from correlate.clocks.anchors import AnchorSource
from correlate.clocks.compose import Edge, downstream_edge, extend, reference_clock, upstream_edge
from correlate.clocks.hop import HopFit, fit_hop
from correlate.model.arrays import I64
from correlate.model.clocks import AnchorTable, ClockModel, VantageClock
from correlate.model.frames import NO_TIME
from correlate.model.matches import MatchTable
from correlate.model.packets import PacketTable
from correlate.model.path import Path


def fit_clocks(
    packets: Sequence[PacketTable], match: MatchTable, path: Path, ticks_ns: Sequence[int], *, reference: int | None
) -> ClockModel:
    """Bound every vantage's clock against the reference.

    Parameters
    ----------
    packets
        Tables in input order.
    match
        Which of their packets are the same.
    path
        Order of the vantages and direction of the flows.
    ticks_ns
        Stamp quantum of each vantage, input order, ns.
    reference
        Input index of the vantage whose clock is the reference; None = the first of the path. One that is not on the
        path cannot serve and is replaced by the first.

    Returns
    -------
    ClockModel
        Hops and vantages in path order; bounds hold for any asymmetry of the delays.
    """
    order = path.order
    home = order.index(reference) if reference in order else 0
    fitter = _Fitter(packets, match, path, ticks_ns)
    hops = tuple(fitter.hop(place, place + 1).clock for place in range(path.hop_count))
    clocks: dict[int, VantageClock] = {home: reference_clock(order[home])}
    for place in range(home + 1, len(order)):
        near, edge = fitter.best_edge(place, range(place - 1, home - 1, -1))
        clocks[place] = extend(clocks[near], edge, order[place])
    for place in range(home - 1, -1, -1):
        near, edge = fitter.best_edge(place, range(place + 1, home + 1))
        clocks[place] = extend(clocks[near], edge, order[place])
    return ClockModel(reference=order[home], hops=hops, vantages=tuple(clocks[place] for place in range(len(order))))


class _Fitter:
    """Fits pairs of places, each once."""

    def __init__(self, packets: Sequence[PacketTable], match: MatchTable, path: Path, ticks_ns: Sequence[int]) -> None:
        self._source = AnchorSource(packets, match, path)
        self._order = path.order
        self._ticks = ticks_ns
        self._spans = [_span(table.columns.ts_ns) for table in packets]
        self._done: dict[tuple[int, int], tuple[AnchorTable, HopFit]] = {}

    def hop(self, first: int, second: int) -> HopFit:
        """Return the clock of place ``second`` against place ``first``, ``first < second``."""
        return self._fitted(first, second)[1]

    def best_edge(self, place: int, candidates: range) -> tuple[int, Edge]:
        """Return the nearest of ``candidates`` with two-way evidence, else the nearest, and the edge to it."""
        for near in candidates:
            edge = self._edge(place, near)
            if edge.clock.grade != "inconclusive":
                return near, edge
        return candidates[0], self._edge(place, candidates[0])

    def _edge(self, place: int, near: int) -> Edge:
        anchors, fit = self._fitted(min(place, near), max(place, near))
        build = downstream_edge if place > near else upstream_edge
        if len(anchors.packet) == 0:
            return build(fit, 0, 0)
        up, down = self._order[min(place, near)], self._order[max(place, near)]
        age = max(_age(anchors.up_ns, self._spans[up]), _age(anchors.down_ns, self._spans[down]))
        return build(fit, age, int(np.ptp(anchors.up_ns)))

    def _fitted(self, first: int, second: int) -> tuple[AnchorTable, HopFit]:
        if (first, second) not in self._done:
            up, down = self._order[first], self._order[second]
            anchors = self._source.between(up, down)
            tick = max(self._ticks[up], self._ticks[down])
            self._done[first, second] = anchors, fit_hop(anchors, tick)
        return self._done[first, second]


def _span(ts_ns: I64) -> tuple[int, int]:
    """Return the first and last stamp, (0, 0) without any."""
    known = ts_ns[ts_ns != NO_TIME]
    return (int(known.min()), int(known.max())) if len(known) else (0, 0)


def _age(stamps: I64, span: tuple[int, int]) -> int:
    """Return how far the capture reaches beyond its first and last anchor, or a silence between, ns."""
    ends = max(int(stamps.min()) - span[0], span[1] - int(stamps.max()))
    gaps = np.diff(np.sort(stamps[:: max(1, len(stamps) // 4096)]))
    return max(0, ends, int(gaps.max()) // 2 if len(gaps) else 0)
