"""A pair fitted the other way round.

In: ``AnchorTable`` or ``HopFit``. Out: the same with first and second vantage exchanged.
Method: offsets change sign, upper bounds become lower ones, times move to the other clock. A clock that is set back
shows some times twice, and a curve over it is two-valued there: such a pair is fitted over its other clock, and the
fit turned back. Which way is better shows in how many anchors contradict the fit that was made of them.
Not here: fitting (``hop.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.clocks.curves import negated
from correlate.clocks.hop import HopFit, fit_hop
from correlate.model.arrays import frozen
from correlate.model.bounds import BoundTable, ClockBreak, HopEvidence
from correlate.model.clocks import UNBOUNDED, AnchorTable, ClockPiece, HopClock

Ticks = tuple[int, int]
"""Stamp quanta of the first and the second vantage, ns."""

MISMATCH_SHARE = 0.01
"""Wrong matches contradict a fit now and then; more than this share of all anchors is a fit that went wrong."""


def fit_both_ways(anchors: AnchorTable, ticks_ns: Ticks, *, is_first_set_back: bool = False) -> HopFit:
    """Return the fit over the clock that shows no time twice; bounds as wide as all pieces if both do.

    ``is_first_set_back``: record order says so of the first clock, and not of the second. Anchors need not show it,
    where few of the times shown twice are theirs.
    """
    if is_first_set_back:
        return mirrored_fit(fit_both_ways(mirrored_anchors(anchors), ticks_ns[::-1]))
    fit = fit_hop(anchors, *ticks_ns)
    if len(fit.clock.pieces) == 1 and not fit.clock.violation_ns:
        return fit  # one line holds the tightest bounds, so it holds all
    share = contradicted_share(fit, anchors, ticks_ns)
    if share <= MISMATCH_SHARE:
        return fit
    turned = mirrored_anchors(anchors)
    other = fit_hop(turned, *ticks_ns[::-1])
    other_share = contradicted_share(other, turned, ticks_ns[::-1])
    best = mirrored_fit(other) if other_share < share else fit
    return best if min(share, other_share) <= MISMATCH_SHARE else _doubtful(best)


def contradicted_share(fit: HopFit, anchors: AnchorTable, ticks_ns: Ticks) -> float:
    """Return the share of anchors that no offset within the fit's bounds allows."""
    _, lo, hi = fit.clock.offset_at(anchors.up_ns)
    apart = anchors.down_ns - anchors.up_ns
    is_early = (anchors.direction > 0) & (lo > -UNBOUNDED) & (apart + ticks_ns[1] < lo)
    is_late = (anchors.direction < 0) & (hi < UNBOUNDED) & (apart - ticks_ns[0] > hi)
    return float((is_early | is_late).mean())


def mirrored_anchors(anchors: AnchorTable) -> AnchorTable:
    """Return anchors as the second vantage sees the first."""
    return AnchorTable(anchors.down_ns, anchors.up_ns, frozen(-anchors.direction, np.int8), anchors.packet)


def mirrored_fit(fit: HopFit) -> HopFit:
    """Return the first clock against the second."""
    clock = fit.clock
    turned = attrs.evolve(
        clock,
        base_ns=-clock.base_ns,
        curve=negated(fit.over_down),
        pieces=tuple(_piece(piece) for piece in clock.pieces),
        steps=tuple(
            attrs.evolve(step, at_ns=step.at_ns + _offset_before(clock, step.at_ns), delta_ns=-step.delta_ns)
            for step in clock.steps
        ),
        skew_ppb=_inverse(clock.skew_ppb),
        skew_lo_ppb=_inverse(clock.skew_hi_ppb),
        skew_hi_ppb=_inverse(clock.skew_lo_ppb),
        samples_forward=clock.samples_reverse,
        samples_reverse=clock.samples_forward,
        evidence=_evidence(clock),
    )
    return HopFit(turned, negated(clock.curve))


def _doubtful(fit: HopFit) -> HopFit:
    """Return the fit with the hull of all its bounds at any time."""
    curves = [
        curve._replace(
            lo=frozen(np.full_like(curve.lo, curve.lo.min(initial=np.inf))),
            hi=frozen(np.full_like(curve.hi, curve.hi.max(initial=-np.inf))),
        )
        for curve in (fit.clock.curve, fit.over_down)
    ]
    note = "many stamps contradict the best fit: a clock may show some times twice; bounds hold all of its pieces"
    clock = attrs.evolve(fit.clock, curve=curves[0], grade="inconclusive", notes=(*fit.clock.notes, note))
    return HopFit(clock, curves[1])


def _piece(piece: ClockPiece) -> ClockPiece:
    return ClockPiece(
        from_ns=piece.from_ns + piece.offset_ns,
        to_ns=_end(piece),
        offset_ns=-piece.offset_ns,
        lo_ns=-piece.hi_ns,
        hi_ns=-piece.lo_ns,
        skew_ppb=_inverse(piece.skew_ppb) or 0,
    )


def _end(piece: ClockPiece) -> int:
    """Return when a piece ends on the second clock."""
    return piece.to_ns + piece.offset_ns + (piece.to_ns - piece.from_ns) * piece.skew_ppb // 10**9


def _offset_before(clock: HopClock, at_ns: int) -> int:
    """Return the offset of the piece that ends about when a step comes."""
    before = min(clock.pieces, key=lambda piece: abs(piece.to_ns - at_ns))
    return _end(before) - before.to_ns


def _evidence(clock: HopClock) -> HopEvidence:
    bounds, pieces = clock.evidence.bounds, clock.pieces
    order = np.argsort(bounds.down_ns, kind="stable")
    table = BoundTable(
        up_ns=frozen(bounds.down_ns[order]),
        down_ns=frozen(bounds.up_ns[order]),
        direction=frozen(-bounds.direction[order], np.int8),
        bound_ns=frozen(-bounds.bound_ns[order]),
        segment=frozen(bounds.segment[order]),
    )
    segments = tuple(
        attrs.evolve(
            segment,
            from_ns=piece.from_ns + piece.offset_ns,
            to_ns=_end(piece),
            skew_ppb=_inverse(segment.skew_ppb) or 0,
        )
        for segment, piece in zip(clock.evidence.segments, pieces, strict=True)
    )
    breaks = tuple(
        _break(one, before, after)
        for one, before, after in zip(clock.evidence.breaks, pieces[:-1], pieces[1:], strict=True)
    )
    ticks = clock.evidence.ticks_ns[::-1]
    return attrs.evolve(clock.evidence, ticks_ns=ticks, bounds=table, segments=segments, breaks=breaks)


def _break(one: ClockBreak, before: ClockPiece, after: ClockPiece) -> ClockBreak:
    ends = one.from_ns + _end(before) - before.to_ns, one.to_ns + after.offset_ns
    return ClockBreak(from_ns=min(ends), to_ns=max(ends), delta_ns=-one.delta_ns, kind=one.kind)


def _inverse(ppb: int | None) -> int | None:
    return None if ppb is None else round((1 / (1 + ppb / 1e9) - 1) * 1e9)
