"""Clocks of all vantages against one reference, with words and grades.

In: pair fits and the joint bounds. Out: ``VantageClock`` per place, ``HopClock`` per hop.
Method: bounds are the joint ones, solved from each vantage's own clock. What is no bound (grade, age of the evidence,
counts, breaks) is that of the way over the nearest two-way neighbours to the reference. A hop's own curve stands
unless the others narrow it.
Not here: bounds (``joint.py``), skews (``rates.py``), whose clock stepped (``steppers.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import attrs
import numpy as np

from correlate.clocks.curves import JUMP_NS, seen_from
from correlate.clocks.envelope import Samples, thin_out
from correlate.clocks.evidence import MAX_SKEW
from correlate.clocks.guard import FAR
from correlate.clocks.hop import HopFit, as_curve, empty_curve, fit_hop
from correlate.clocks.joint import Branch, Curves, Solution, solve, spanning_tree
from correlate.clocks.pairs import NO_ANCHORS, PairFit
from correlate.clocks.rates import UNKNOWN, Rate, solve_rates
from correlate.model.arrays import F64, I64
from correlate.model.clocks import ClockPiece, Grade, HopClock, OffsetCurve, VantageClock

GRADES: tuple[Grade, ...] = ("proven", "likely", "inconclusive")

NARROWER = 0.98
"""The joint bounds of a hop replace its own where their median width is below this share of them."""

FRESH_NS = 1_000_000_000
FRESH_SHARE = 3
"""Evidence older than a second and this percentage of its span is called extrapolated (algorithms section 1, 8)."""


class Composer:
    """Everything about a path's clocks that follows from the fits of its pairs."""

    def __init__(self, pairs: Mapping[tuple[int, int], PairFit], fits: Mapping[tuple[int, int], HopFit], count: int):
        self.pairs = pairs
        self.fits = fits
        self.count = count
        self.curves: Curves = {
            way: seen_from(fit, is_downstream=way != pair) for pair, fit in fits.items() for way in (pair, pair[::-1])
        }
        self._solutions = [solve(place, count, self.curves) for place in range(count)]

    @property
    def is_contradictory(self) -> bool:
        """Whether the pairs' curves cannot all be right."""
        return any(bool(solution.is_contradictory.any()) for solution in self._solutions)

    def vantages(self, home: int, order: Sequence[int]) -> list[VantageClock]:
        """Return every place's clock against the one at ``home``; ``order`` gives the vantage at each place."""
        tree = spanning_tree(home, self.count, self.curves)
        rates = solve_rates(home, self.count, {pair: fit.clock for pair, fit in self.fits.items()}, tree)
        clocks = [self._alone(home, place, order[place], rates[place]) for place in range(self.count)]
        for branch in tree:
            clocks[branch.place] = self._with_evidence(clocks, branch)
        for place in [branch.place for branch in tree]:
            clocks[place] = attrs.evolve(clocks[place], pieces=self._pieces(clocks, tree, place))
        return clocks

    def hop(self, place: int) -> HopClock:
        """Return the clock of the place after ``place`` against it."""
        fit = self.fits.get((place, place + 1))
        solution = self._solutions[place]
        hi, lo = solution.hi[place + 1], solution.lo[place + 1]
        if self.count < 3 or not (np.isfinite(hi) & np.isfinite(lo)).any():
            return fit.clock if fit else fit_hop(NO_ANCHORS, 1).clock
        base, curve = int(solution.base_ns[place + 1]), _as_offsets(solution, place + 1, sign=1)
        if fit is None:
            note = "no packet was seen at both ends: the other vantages bound these clocks"
            return attrs.evolve(fit_hop(NO_ANCHORS, 1).clock, base_ns=base, curve=curve, grade="likely", notes=(note,))
        own = fit.clock.curve
        times = solution.at_ns
        if _width(curve, times) > NARROWER * _width(own, times):
            return fit.clock
        grade: Grade = "likely" if fit.clock.grade == "inconclusive" else fit.clock.grade
        return attrs.evolve(fit.clock, base_ns=base, curve=curve, grade=grade)

    def _alone(self, home: int, place: int, vantage: int, rate: Rate) -> VantageClock:
        """Return a clock with its bounds; everything else as if nothing tied it to the reference."""
        if place == home:
            return reference_clock(vantage)
        solution = self._solutions[place]
        bounds = np.isfinite(solution.hi[home]) | np.isfinite(solution.lo[home])
        if not bounds.any():
            return unknown_clock(vantage)
        base = -int(solution.base_ns[home])
        return attrs.evolve(
            unknown_clock(vantage),
            base_ns=base,
            curve=_as_offsets(solution, home, sign=-1),
            skew_ppb=rate.skew,
            skew_lo_ppb=rate.lo,
            skew_hi_ppb=rate.hi,
        )

    def _with_evidence(self, clocks: Sequence[VantageClock], branch: Branch) -> VantageClock:
        """Return the clock with what the way to the reference says about its evidence."""
        near, pair = clocks[branch.near], self.pairs[min(branch), max(branch)]
        hop = self.fits[min(branch), max(branch)].clock
        is_stale = pair.age_ns > max(FRESH_NS, pair.span_ns * FRESH_SHARE // 100)
        return attrs.evolve(
            clocks[branch.place],
            samples_forward=hop.samples_forward,
            samples_reverse=hop.samples_reverse,
            evidence_age_ns=max(pair.age_ns, near.evidence_age_ns or 0),
            extrapolated=near.extrapolated or is_stale,
            grade=max(near.grade, hop.grade, key=GRADES.index),
        )

    def _pieces(self, clocks: Sequence[VantageClock], tree: Sequence[Branch], place: int) -> tuple[ClockPiece, ...]:
        """Return the stretches between any two breaks on the way to the reference, in times of the reference."""
        clock = clocks[place]
        if len(clock.curve.at_ns) == 0:
            return ()
        begins: set[int] = set()
        via = {branch.place: branch.near for branch in tree}
        at = place
        while at in via:
            up = min(at, via[at])
            fit = self.fits[up, max(at, via[at])]
            begins |= {reference_time(clocks[up], piece.from_ns) for piece in fit.clock.pieces[1:]}
            at = via[at]
        first, last = (reference_time(clock, int(t)) for t in clock.curve.at_ns[[0, -1]])
        inside = sorted(begin for begin in begins if first < begin < last)
        pieces = []
        for begin, end in pairwise([first, *inside, last]):
            offset, lo, hi = _offset(clock, begin + _offset(clock, begin)[0])
            skew = clock.skew_ppb or 0
            pieces.append(ClockPiece(from_ns=begin, to_ns=end, offset_ns=offset, lo_ns=lo, hi_ns=hi, skew_ppb=skew))
        return tuple(pieces)


def reference_clock(vantage: int) -> VantageClock:
    """Return the clock of the reference against itself: 0, always."""
    zero = np.zeros(1, np.float64)
    return VantageClock(
        vantage=vantage,
        base_ns=0,
        curve=as_curve(Samples(zero, zero, zero, zero, np.ones(1, np.bool_)), 0),
        skew_ppb=0,
        skew_lo_ppb=0,
        skew_hi_ppb=0,
        steps=(),
        pieces=(),
        samples_forward=0,
        samples_reverse=0,
        evidence_age_ns=0,
        extrapolated=False,
        tier="causal",
        grade="proven",
    )


def unknown_clock(vantage: int) -> VantageClock:
    """Return the clock of a vantage that nothing ties to the reference."""
    return attrs.evolve(
        reference_clock(vantage),
        curve=empty_curve(),
        skew_ppb=UNKNOWN.skew,
        skew_lo_ppb=UNKNOWN.lo,
        skew_hi_ppb=UNKNOWN.hi,
        evidence_age_ns=None,
        extrapolated=True,
        grade="inconclusive",
    )


def reference_time(clock: VantageClock, local_ns: int) -> int:
    """Return a time of a clock on the reference clock."""
    return local_ns - _offset(clock, local_ns)[0]


def _as_offsets(solution: Solution, place: int, *, sign: int) -> OffsetCurve:
    """Return a row of a solution as a curve over the home clock; ``sign`` -1: home minus place."""
    at = solution.at_ns
    gap = np.diff(at)
    is_edge = np.concatenate(([True], gap <= JUMP_NS)) | np.concatenate((gap <= JUMP_NS, [True]))
    lo, hi = np.maximum(solution.lo[place], -FAR), np.minimum(solution.hi[place], FAR)
    estimate: F64 = solution.estimate[place]
    if sign < 0:
        lo, hi, estimate = -hi, -lo, -estimate
    seconds = (at - at[0]).astype(np.float64) / 1e9
    return as_curve(thin_out(Samples(seconds, lo, hi, estimate, is_edge)), int(at[0]))


def _width(curve: OffsetCurve, times: I64) -> float:
    """Return the median width at these times, infinite if unbounded."""
    at = (curve.at_ns - curve.at_ns[0]).astype(np.float64)
    lo, hi = np.maximum(curve.lo, -FAR), np.minimum(curve.hi, FAR)
    x = (times - curve.at_ns[0]).astype(np.float64)
    beyond = np.maximum(0.0, np.maximum(-x, x - at[-1]))
    return float(np.median(np.interp(x, at, hi - lo) + 2 * MAX_SKEW / 1e9 * beyond))


def _offset(clock: VantageClock, local_ns: int) -> tuple[int, int, int]:
    estimate, lo, hi = clock.offset_at(np.array([local_ns], np.int64))
    return int(estimate[0]), int(lo[0]), int(hi[0])
