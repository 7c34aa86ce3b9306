"""Clocks of all vantages against one reference.

In: ``HopFit`` per edge of a tree of vantages. Out: ``VantageClock`` per vantage.
Method: ``offset(p)(y) = edge(y) + offset(q)(y - edge(y))`` from the reference outwards; bounds add. The neighbour's
clock reading ``y - edge(y)`` is known within bounds too, so the neighbour's curve is taken at both ends and the middle.
Not here: a joint fit of all edges.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import attrs
import numpy as np

from correlate.clocks.envelope import FAR, Samples, thin_out
from correlate.clocks.evidence import MAX_SKEW
from correlate.clocks.hop import HopFit, as_curve, empty_curve
from correlate.model.arrays import F64, I64, frozen
from correlate.model.clocks import ClockPiece, ClockStep, Grade, HopClock, OffsetCurve, VantageClock

GRADES: tuple[Grade, ...] = ("proven", "likely", "inconclusive")


class Curve(NamedTuple):
    """An offset against some clock, over one's own."""

    base_ns: int
    samples: OffsetCurve


class Edge(NamedTuple):
    """What one vantage's clock shows against its neighbour nearer the reference."""

    own: Curve
    """Own minus neighbour, over the own clock."""
    inverse: Curve
    """The same difference, over the neighbour's clock."""
    skew: tuple[int | None, int | None, int | None]
    """Own against neighbour: best, least, greatest, ppb."""
    clock: HopClock
    sign: int
    """1: the vantage is downstream of its neighbour; -1: upstream, and ``clock`` speaks of the neighbour."""
    age_ns: int
    """Longest time of the two captures from the nearest anchor."""
    span_ns: int
    """Time between the first and the last anchor."""


def downstream_edge(fit: HopFit, age_ns: int, span_ns: int) -> Edge:
    """Return the edge of a hop's second vantage against its first."""
    clock, base = fit.clock, fit.clock.base_ns
    skew = (clock.skew_ppb, clock.skew_lo_ppb, clock.skew_hi_ppb)
    return Edge(Curve(base, fit.over_down), Curve(base, clock.curve), skew, clock, 1, age_ns, span_ns)


def upstream_edge(fit: HopFit, age_ns: int, span_ns: int) -> Edge:
    """Return the edge of a hop's first vantage against its second."""
    clock, base = fit.clock, -fit.clock.base_ns
    skew = tuple(_inverse_skew(ppb) for ppb in (clock.skew_ppb, clock.skew_hi_ppb, clock.skew_lo_ppb))
    own, inverse = (Curve(base, _negated(c)) for c in (clock.curve, fit.over_down))
    return Edge(own, inverse, (skew[0], skew[1], skew[2]), clock, -1, age_ns, span_ns)


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
        skew_ppb=None,
        skew_lo_ppb=None,
        skew_hi_ppb=None,
        evidence_age_ns=None,
        extrapolated=True,
        grade="inconclusive",
    )


def extend(near: VantageClock, edge: Edge, vantage: int) -> VantageClock:
    """Return the clock of ``vantage``, whose neighbour nearer the reference has the clock ``near``."""
    base = near.base_ns + edge.own.base_ns
    if len(near.curve.at_ns) == 0 or len(edge.own.samples.at_ns) == 0:
        return unknown_clock(vantage)
    local = _sample_times(near, edge)
    samples = thin_out(_sum(near, edge, local))
    reach = max(edge.age_ns, near.evidence_age_ns or 0)
    clock = VantageClock(
        vantage=vantage,
        base_ns=base,
        curve=as_curve(samples, int(local[0])),
        skew_ppb=_chained_skew(near.skew_ppb, edge.skew[0]),
        skew_lo_ppb=_chained_skew(near.skew_lo_ppb, edge.skew[1]),
        skew_hi_ppb=_chained_skew(near.skew_hi_ppb, edge.skew[2]),
        steps=(),
        pieces=(),
        samples_forward=edge.clock.samples_forward,
        samples_reverse=edge.clock.samples_reverse,
        evidence_age_ns=reach,
        extrapolated=near.extrapolated or edge.age_ns > max(1_000_000_000, edge.span_ns * 3 // 100),
        tier="causal",
        grade=max(near.grade, edge.clock.grade, key=GRADES.index),
    )
    steps = tuple(sorted((*near.steps, *_steps(clock, edge)), key=lambda step: step.at_ns))
    return attrs.evolve(clock, steps=steps, pieces=_pieces(clock, near, edge))


def _sample_times(near: VantageClock, edge: Edge) -> I64:
    """Return where either curve bends, on the own clock."""
    bends = near.curve.at_ns
    if near.base_ns == 0 and len(bends) == 1:  # the reference itself bends nowhere
        return edge.own.samples.at_ns
    estimate, _, _ = _read(edge.inverse, bends)
    mapped = bends + edge.own.base_ns + np.rint(estimate).astype(np.int64)
    inside = (mapped >= edge.own.samples.at_ns[0]) & (mapped <= edge.own.samples.at_ns[-1])
    return np.unique(np.concatenate((edge.own.samples.at_ns, mapped[inside])))


def _sum(near: VantageClock, edge: Edge, local: I64) -> Samples:
    """Return the bounds of both curves added; the neighbour's at all times that its clock may have shown."""
    estimate, lo, hi = _read(edge.own, local)
    there = Curve(near.base_ns, near.curve)
    neighbour = local - edge.own.base_ns
    shifts = (estimate, np.where(lo > -FAR, lo, estimate), np.where(hi < FAR, hi, estimate))
    reads = [_read(there, neighbour - np.rint(shift).astype(np.int64)) for shift in shifts]
    near_lo = np.minimum.reduce([r[1] for r in reads])
    near_hi = np.maximum.reduce([r[2] for r in reads])
    lo, hi = np.maximum(lo + near_lo, -FAR), np.minimum(hi + near_hi, FAR)
    gap = np.diff(local)
    is_edge = np.concatenate(([True], gap <= 4)) | np.concatenate((gap <= 4, [True]))
    at = (local - local[0]).astype(np.float64) / 1e9
    return Samples(at, lo, hi, np.clip(estimate + reads[0][0], lo, hi), is_edge)


def _read(curve: Curve, local: I64) -> tuple[F64, F64, F64]:
    """Return estimate, lo and hi above the curve's base; ``FAR`` where unbounded."""
    samples = curve.samples
    origin = int(samples.at_ns[0])
    x, at = (local - origin).astype(np.float64), (samples.at_ns - origin).astype(np.float64)
    is_exact = len(at) == 1 and samples.lo[0] == samples.hi[0]  # the reference against itself
    outside = np.maximum(0.0, np.maximum(-x, x - at[-1])) * (0.0 if is_exact else MAX_SKEW / 1e9)
    lo = np.interp(x, at, np.maximum(samples.lo, -FAR)) - outside
    hi = np.interp(x, at, np.minimum(samples.hi, FAR)) + outside
    return np.interp(x, at, samples.estimate), np.maximum(lo, -FAR), np.minimum(hi, FAR)


def _steps(clock: VantageClock, edge: Edge) -> list[ClockStep]:
    """Return the hop's steps as steps of ``clock``, at times of the reference clock."""
    return [
        attrs.evolve(step, at_ns=_reference_time(clock, edge, step.at_ns), delta_ns=edge.sign * step.delta_ns)
        for step in edge.clock.steps
    ]


def _pieces(clock: VantageClock, near: VantageClock, edge: Edge) -> tuple[ClockPiece, ...]:
    """Return the stretches between any two breaks on the way, in times of the reference clock."""
    first, last = (int(t) for t in clock.curve.at_ns[[0, -1]])
    begins = {_reference_time(clock, edge, piece.from_ns) for piece in edge.clock.pieces[1:]}
    begins |= {piece.from_ns for piece in near.pieces[1:]}
    ends = [first - _offset(clock, first)[0], *sorted(begins), last - _offset(clock, last)[0]]
    pieces = []
    for begin, end in pairwise(ends):
        offset, lo, hi = _offset(clock, begin + _offset(clock, begin)[0])
        skew = clock.skew_ppb or 0
        pieces.append(ClockPiece(from_ns=begin, to_ns=end, offset_ns=offset, lo_ns=lo, hi_ns=hi, skew_ppb=skew))
    return tuple(pieces)


def _reference_time(clock: VantageClock, edge: Edge, up_ns: int) -> int:
    """Return a time of the hop's up clock on the reference clock."""
    local = up_ns
    if edge.sign > 0:
        local += edge.own.base_ns + round(float(_read(edge.inverse, np.array([up_ns]))[0][0]))
    return local - _offset(clock, local)[0]


def _offset(clock: VantageClock, local_ns: int) -> tuple[int, int, int]:
    estimate, lo, hi = clock.offset_at(np.array([local_ns], np.int64))
    return int(estimate[0]), int(lo[0]), int(hi[0])


def _chained_skew(near_ppb: int | None, own_ppb: int | None) -> int | None:
    """Return the skew of a clock whose neighbour's skew is known."""
    if near_ppb is None or own_ppb is None:
        return None
    return round(((1 + near_ppb / 1e9) * (1 + own_ppb / 1e9) - 1) * 1e9)


def _inverse_skew(ppb: int | None) -> int | None:
    return None if ppb is None else round((1 / (1 + ppb / 1e9) - 1) * 1e9)


def _negated(curve: OffsetCurve) -> OffsetCurve:
    return OffsetCurve(curve.at_ns, frozen(-curve.hi), frozen(-curve.lo), frozen(-curve.estimate))
