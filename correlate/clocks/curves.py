"""Offset curves of pairs, read at times that are known within bounds only.

In: ``HopFit`` of two places. Out: ``Curve`` over either of their clocks, and its least and greatest value over a span.
Method: linear between samples, widening at 1000 ppm outside; the extremes over a span are those at its ends and at the
samples within (a sparse table answers every span at once).
Not here: which curves are added (``joint.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.clocks.evidence import MAX_SKEW
from correlate.clocks.hop import HopFit
from correlate.model.arrays import F64, I64, frozen
from correlate.model.clocks import OffsetCurve

JUMP_NS = 4
"""Samples so close draw a jump, ns."""


class Curve(NamedTuple):
    """One clock minus another, over the other: ``samples`` are above ``base_ns``."""

    base_ns: int
    samples: OffsetCurve


class Reading(NamedTuple):
    """Bounds at given times, ns above the curve's base; infinite where there is none."""

    lo: F64
    hi: F64


def seen_from(fit: HopFit, *, is_downstream: bool) -> Curve:
    """Return the other clock minus one's own, over one's own.

    ``is_downstream``: one's own is the second vantage of the pair.
    """
    clock = fit.clock
    return Curve(-clock.base_ns, negated(fit.over_down)) if is_downstream else Curve(clock.base_ns, clock.curve)


def negated(curve: OffsetCurve) -> OffsetCurve:
    """Return the curve upside down."""
    return OffsetCurve(curve.at_ns, frozen(-curve.hi), frozen(-curve.lo), frozen(-curve.estimate))


def estimate_at(curve: Curve, times: I64) -> F64:
    """Return the symmetric estimate above the base; constant outside the samples."""
    origin = int(curve.samples.at_ns[0])
    at = (curve.samples.at_ns - origin).astype(np.float64)
    return np.asarray(np.interp((times - origin).astype(np.float64), at, curve.samples.estimate), np.float64)


def read_span(curve: Curve, first: I64, last: I64) -> Reading:
    """Return what holds at every time of ``[first, last]``, elementwise."""
    samples = curve.samples
    origin = int(samples.at_ns[0])
    at = (samples.at_ns - origin).astype(np.float64)
    ends = [(times - origin).astype(np.float64) for times in (first, last)]
    lo = np.minimum(*(bound_at(x, at, samples.lo, -1.0) for x in ends))
    hi = np.maximum(*(bound_at(x, at, samples.hi, 1.0) for x in ends))
    begin, end = np.searchsorted(at, ends[0], side="right"), np.searchsorted(at, ends[1], side="left")
    return Reading(
        np.minimum(lo, -_greatest(-samples.lo, begin, end)), np.maximum(hi, _greatest(samples.hi, begin, end))
    )


def steepness(curve: Curve) -> float:
    """Return the greatest slope of either bound between samples, jumps apart, ns per ns."""
    samples = curve.samples
    gap = np.diff(samples.at_ns)
    steepest = 0.0
    for bound in (samples.lo, samples.hi):
        is_known = np.isfinite(bound)
        smooth = (gap > JUMP_NS) & is_known[1:] & is_known[:-1]
        rise = np.abs(np.diff(np.where(is_known, bound, 0.0)))[smooth]
        steepest = max(steepest, float((rise / gap[smooth]).max(initial=0.0)))
    return steepest


def jump_times(curve: Curve) -> I64:
    """Return the samples that stand at a jump."""
    at = curve.samples.at_ns
    is_close = np.diff(at) <= JUMP_NS
    chosen: I64 = at[np.concatenate((is_close, [False])) | np.concatenate(([False], is_close))]
    return chosen


def bound_at(x: F64, at: F64, bound: F64, sign: float) -> F64:
    """Return a bound sampled at ``at`` at times ``x``; ``sign`` 1: upper, widening upwards outside the samples."""
    outside = np.maximum(0.0, np.maximum(at[0] - x, x - at[-1])) * (MAX_SKEW / 1e9)
    finite = np.isfinite(bound)
    value: F64 = np.interp(x, at, np.where(finite, bound, 0.0)) + sign * outside
    if not finite.all():  # a time beside an unbounded sample is unbounded
        value[np.interp(x, at, np.where(finite, 0.0, 1.0)) > 0] = sign * np.inf
    return value


def _greatest(values: F64, begin: I64, end: I64) -> F64:
    """Return the maximum of ``values[begin:end]`` per element; -inf where that is empty."""
    found = np.full(len(begin), -np.inf)
    table, width = values, 1
    length = end - begin
    while width <= int(length.max(initial=0)):
        fits = (length >= width) & (length < 2 * width)
        found[fits] = np.maximum(table[begin[fits]], table[end[fits] - width])
        if len(table) > width:
            table = np.maximum(table[:-width], table[width:])
        width *= 2
    return found
