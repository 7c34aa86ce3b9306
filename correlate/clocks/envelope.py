"""Bounds of a clock curve as a function of time.

In: segments of the curve. Out: ``Samples``: time, lo, hi, estimate; linear interpolation between them keeps the bounds.
Method: each bound opens a cone at the segment's rate; hi is the lowest upper cone, lo the highest lower one. Samples
stand where cones begin and where two meet. Where segments overlap (inside a bracket) the union of their intervals
counts. Too many samples are thinned, and the rest moved outwards as far as the dropped ones ask for.
Not here: which segments there are (``segments.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.clocks.guard import FAR, guarded
from correlate.clocks.segments import Segment
from correlate.model.arrays import F64, I64, Bool

MARGIN = 0.001
"""Each side is moved outwards by this share of the width."""

MAX_SAMPLES = 1000
STEP_GAP = 1e-9
"""Time between the two samples that draw the beginning or the end of a bracket, s."""


class Samples(NamedTuple):
    """Columns of equal length, ``at`` ascending."""

    at: F64
    lo: F64
    hi: F64
    estimate: F64
    is_edge: Bool
    """Where the curve may jump: never thinned away."""


def trace(segment: Segment) -> Samples:
    """Return the bounds of one segment over the whole time that it may cover."""
    at, lo, hi = guarded(segment)
    line = segment.line.offset + segment.line.skew * at
    # Ticks move the mark of an open side a little.
    is_open = (hi >= FAR / 2) | (lo <= -FAR / 2)
    middle = line if segment.kind == "line" else np.where(is_open, line, (lo + hi) / 2)
    margin = np.where(is_open, 0.0, MARGIN * (hi - lo))
    is_edge = np.zeros(len(at), np.bool_)
    is_edge[[0, -1]] = True
    return Samples(at, lo - margin, hi + margin, np.clip(middle, lo, hi), is_edge)


def unite(parts: list[Samples]) -> Samples:
    """Return the union of the parts' intervals wherever they cover a time, hull of the neighbours' elsewhere."""
    edges = np.concatenate([[p.at[0], p.at[0] - STEP_GAP, p.at[-1], p.at[-1] + STEP_GAP] for p in parts])
    at = np.unique(np.concatenate([edges, *(p.at for p in parts)]))
    at = at[(at >= min(p.at[0] for p in parts)) & (at <= max(p.at[-1] for p in parts))]
    lo, hi, estimate = np.full(len(at), np.inf), np.full(len(at), -np.inf), np.zeros(len(at))
    is_covered = np.zeros(len(at), np.bool_)
    for part in parts:
        is_covered |= (at >= part.at[0]) & (at <= part.at[-1])
    nearest = np.full(len(at), np.inf)
    for part in parts:
        counts = ((at >= part.at[0]) & (at <= part.at[-1])) | ~is_covered
        lo[counts] = np.minimum(lo[counts], np.interp(at[counts], part.at, part.lo))
        hi[counts] = np.maximum(hi[counts], np.interp(at[counts], part.at, part.hi))
        closer = np.maximum(part.at[0] - at, at - part.at[-1]) < nearest
        estimate[closer] = np.interp(at[closer], part.at, part.estimate)
        nearest = np.minimum(nearest, np.maximum(part.at[0] - at, at - part.at[-1]))
    return Samples(at, lo, hi, np.clip(estimate, lo, hi), np.isin(at, edges))


def thin_out(samples: Samples, limit: int = MAX_SAMPLES) -> Samples:
    """Return at most about ``limit`` samples whose interpolation contains that of all."""
    count = len(samples.at)
    if count <= limit:
        return samples
    keep = samples.is_edge.copy()
    keep[np.linspace(0, count - 1, max(2, limit - int(keep.sum()))).astype(np.int64)] = True
    kept = np.flatnonzero(keep)
    hi = _lifted(samples.at, samples.hi, kept)
    lo = -_lifted(samples.at, -samples.lo, kept)
    return Samples(samples.at[kept], lo, hi, np.clip(samples.estimate[kept], lo, hi), samples.is_edge[kept])


def _lifted(at: F64, hi: F64, kept: I64) -> F64:
    """Return ``hi`` at ``kept``, raised so that interpolation passes above every dropped sample."""
    excess = hi - np.interp(at, at[kept], hi[kept])
    over = np.maximum(np.maximum.reduceat(excess, kept), 0.0)
    over[1:] = np.maximum(over[1:], over[:-1].copy())
    return np.asarray(hi[kept] + over, np.float64)
