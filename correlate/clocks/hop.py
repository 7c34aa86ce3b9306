"""The clock of one vantage against another.

In: ``AnchorTable`` and stamp quantum. Out: ``HopFit``: the ``HopClock`` for people and later stages (with the evidence
that it rests on), and the same curve over either of the two clocks for composition.
Method: evidence, segments, envelope (their modules); then words and grades for what was found. ``proven`` needs
two-way traffic that contradicts nothing; relaxed bounds are ``likely``; one-way traffic bounds one side only.
Not here: more than two vantages (``compose.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.clocks.bridge import bridges
from correlate.clocks.down import trace_all_down
from correlate.clocks.envelope import Samples, thin_out, trace, unite
from correlate.clocks.evidence import Origin, gather_evidence
from correlate.clocks.guard import FAR
from correlate.clocks.jumps import Jump, find_jumps, interval
from correlate.clocks.keep import keep_evidence
from correlate.clocks.line import Line, widest_line
from correlate.clocks.segments import Segment, split
from correlate.clocks.sharpen import sharpen
from correlate.model.arrays import frozen
from correlate.model.clocks import (
    UNBOUNDED,
    AnchorTable,
    ClockPiece,
    ClockStep,
    Grade,
    HopClock,
    OffsetCurve,
)

UNKNOWN_SKEW = 1e6
"""A range of skews as wide as this, ns per s, is no knowledge."""


class HopFit(NamedTuple):
    """``clock.curve`` is over the up clock; ``over_down`` is the same offset over the down clock, same base."""

    clock: HopClock
    over_down: OffsetCurve


def fit_hop(anchors: AnchorTable, up_tick_ns: int, down_tick_ns: int | None = None) -> HopFit:
    """Return the clock of ``anchors``' second vantage against its first, from the stamp quanta of both.

    One quantum alone stands for both.
    """
    if len(anchors.packet) == 0:
        return HopFit(_unknown(), empty_curve())
    ticks = (up_tick_ns, up_tick_ns if down_tick_ns is None else down_tick_ns)
    origin, evidence, everything = gather_evidence(anchors, ticks)
    segments, is_proven, believed = split(evidence, origin.span, everything.total)
    segments = sharpen(segments, everything)
    parts = [trace(segment) for segment in segments]
    between = bridges(segments, believed)
    jumps = find_jumps(segments, parts, is_proven, everything)
    forward = int(np.count_nonzero(anchors.direction > 0))
    whole = widest_line(evidence) if evidence.is_two_way else None
    skew, skew_lo, skew_hi = _skew(segments)
    violation = round(max(0.0, -2 * whole.room)) if whole else 0
    constant = round(max(0.0, float(evidence.lower.max() - evidence.upper.min()))) if whole else 0
    clock = HopClock(
        base_ns=origin.base_ns,
        curve=as_curve(thin_out(unite([*map(trace, between), *parts])), origin.at_ns),
        pieces=tuple(_piece(part, segment, origin) for part, segment in zip(parts, segments, strict=True)),
        steps=tuple(_steps(jumps, origin)),
        skew_ppb=skew,
        skew_lo_ppb=skew_lo,
        skew_hi_ppb=skew_hi,
        samples_forward=forward,
        samples_reverse=len(anchors.packet) - forward,
        min_two_way_ns=_least_two_way(segments, ticks),
        violation_ns=violation,
        constant_violation_ns=constant,
        grade=_grade(segments),
        notes=tuple(_notes(segments, jumps, whole, constant)),
        evidence=keep_evidence(segments, [(j.delta, j.kind) for j in jumps], origin, ticks),
    )
    over_down = thin_out(unite(trace_all_down(segments, between)))
    return HopFit(clock, as_curve(over_down, origin.at_ns + origin.base_ns))


def as_curve(samples: Samples, origin_ns: int) -> OffsetCurve:
    """Return samples (seconds since ``origin_ns``) as a curve with one sample per nanosecond at most."""
    at, first = np.unique(np.rint(samples.at * 1e9).astype(np.int64), return_index=True)
    lo, hi = np.minimum.reduceat(samples.lo, first), np.maximum.reduceat(samples.hi, first)
    return OffsetCurve(
        at_ns=frozen(at + origin_ns),
        lo=frozen(np.where(lo <= -FAR / 2, -np.inf, lo)),
        hi=frozen(np.where(hi >= FAR / 2, np.inf, hi)),
        estimate=frozen(samples.estimate[first]),
    )


def empty_curve() -> OffsetCurve:
    """Return the curve of a clock about which nothing is known."""
    nothing = frozen(np.zeros(0, np.float64))
    return OffsetCurve(frozen(np.zeros(0, np.int64)), nothing, nothing, nothing)


def _unknown() -> HopClock:
    return HopClock(
        base_ns=0,
        curve=empty_curve(),
        pieces=(),
        steps=(),
        skew_ppb=None,
        skew_lo_ppb=None,
        skew_hi_ppb=None,
        samples_forward=0,
        samples_reverse=0,
        min_two_way_ns=None,
        violation_ns=0,
        constant_violation_ns=0,
        grade="inconclusive",
        notes=("no packet was seen at both ends that could compare their clocks",),
    )


def _skew(segments: list[Segment]) -> tuple[int | None, int | None, int | None]:
    """Return skew and its range, ppb, of the longest segment that knows it."""
    known = [s for s in segments if s.kind != "one-way" and s.skew_hi - s.skew_lo < UNKNOWN_SKEW]
    if known:
        best = max(known, key=lambda s: s.last - s.first)
        return round(best.line.skew), round(best.skew_lo), round(best.skew_hi)
    relaxed = [s for s in segments if s.kind in ("relaxed", "contradictory")]
    return (round(relaxed[0].line.skew), None, None) if relaxed else (None, None, None)


def _least_two_way(segments: list[Segment], ticks_ns: tuple[int, int]) -> int | None:
    """Return the room of the narrowest line, both sides, without what the ticks added."""
    rooms = [s.line.room for s in segments if s.kind == "line"]
    return max(0, round(2 * min(rooms)) - sum(ticks_ns)) if rooms else None


def _grade(segments: list[Segment]) -> Grade:
    kinds = {s.kind for s in segments}
    if kinds <= {"one-way", "contradictory"}:
        return "inconclusive"
    is_weak = len(segments) > 1 and not all(s.is_supported for s in segments)
    return "likely" if is_weak or kinds & {"relaxed", "one-way"} else "proven"


def _piece(part: Samples, segment: Segment, origin: Origin) -> ClockPiece:
    first, last = max(segment.first, 0.0), min(segment.last, origin.span)
    estimate, lo, hi = interval(part, first)
    return ClockPiece(
        from_ns=origin.at_ns + round(first * 1e9),
        to_ns=origin.at_ns + round(last * 1e9),
        offset_ns=origin.base_ns + round(estimate),
        lo_ns=-UNBOUNDED if lo <= -FAR / 2 else origin.base_ns + round(lo),
        hi_ns=UNBOUNDED if hi >= FAR / 2 else origin.base_ns + round(hi),
        skew_ppb=round(segment.line.skew),
    )


def _steps(jumps: list[Jump], origin: Origin) -> list[ClockStep]:
    """Return the jumps that are steps."""
    return [
        ClockStep(at_ns=origin.at_ns + round(j.at * 1e9), delta_ns=round(j.delta), grade=j.grade)
        for j in jumps
        if j.kind == "step"
    ]


def _notes(segments: list[Segment], jumps: list[Jump], whole: Line | None, constant: int) -> list[str]:
    if whole is None:
        return ["packets were seen in one direction only: the offset is bounded on one side"]
    notes = []
    if constant > 0:
        notes.append(f"a constant offset is refuted: the stamps contradict it by {constant / 1e6:.2f} ms")
    if whole.room < 0:
        total, ppm = -2 * whole.room / 1e3, whole.skew / 1e3
        text = f"no single straight line fits: the best, {ppm:.0f} ppm, is contradicted by {total:.0f} us in total"
        if segments[0].kind == "relaxed":
            text += f", so each side is relaxed by {total / 2:.0f} us"
        elif segments[0].kind == "contradictory":
            text = "no line fits, nor do a few: the matched packets contradict each other"
        elif len(segments) == 1:
            text += ": the skew drifts"
        else:
            text = f"no single straight line fits, {len(segments)} pieces do"
        notes.append(text)
    notes += [j.words for j in jumps if j.kind == "moved"]
    return notes
