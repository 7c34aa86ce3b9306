"""What is known of the vantages' clocks against one another.

In: ``AnchorTable`` made from matches by ``clocks``; ``ClockModel`` made by ``clocks``.
Out: used by ``trajectories`` and after. ``offset = local - reference``, always as ``lo <= estimate <= hi``.
Method: algorithms section 1: causal bounds. Forward packet: offset(down - up) <= stamp difference; reverse: >=.
Not here: delays.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import F64, I8, I64, frozen
from correlate.model.bounds import NO_EVIDENCE, HopEvidence, Residuals

UNBOUNDED: int = 2**62
"""Stands for no bound at all in ``lo_ns`` (negated) and ``hi_ns``."""

Grade = Literal["proven", "likely", "inconclusive"]


class AnchorTable(NamedTuple):
    """Sightings of one packet at both ends of a hop that really was forwarded between them."""

    up_ns: I64
    """Stamp at the hop's first vantage (path order), own clock."""
    down_ns: I64
    """Stamp at the hop's second vantage, own clock."""
    direction: I8
    """1: travelled first -> second (``down_ns - up_ns`` bounds the offset from above); -1: from below."""
    packet: I64


@attrs.frozen(kw_only=True)
class ClockStep:
    """A sudden change of a clock against its neighbour; ``delta_ns`` = new minus old offset."""

    at_ns: int
    delta_ns: int
    grade: Grade
    vantages: tuple[int, ...] = ()
    """Input indices of the vantages whose clock may have stepped: one if that is known; empty in a ``HopClock``."""
    witness: str = ""
    """What tells whose clock it was; empty if nothing does."""


@attrs.frozen(kw_only=True)
class ClockPiece:
    """A stretch of the first vantage's clock over which one line holds."""

    from_ns: int
    to_ns: int
    offset_ns: int
    """Symmetric estimate at ``from_ns``, clipped into [lo, hi]."""
    lo_ns: int
    hi_ns: int
    skew_ppb: int


class OffsetCurve(NamedTuple):
    """Sampled bounds of ``down clock - up clock`` over the up clock; between samples linear, outside widened.

    ``lo``/``hi`` are relative to ``base_ns`` of the hop so that float64 keeps nanoseconds.
    """

    at_ns: I64
    """Ascending; at least one sample unless nothing is known."""
    lo: F64
    hi: F64
    estimate: F64


@attrs.frozen(kw_only=True)
class HopClock:
    """Clock of a hop's second vantage against its first."""

    base_ns: int
    """Coarse offset, added to every figure of ``curve``."""
    curve: OffsetCurve
    pieces: tuple[ClockPiece, ...]
    steps: tuple[ClockStep, ...]
    skew_ppb: int | None
    skew_lo_ppb: int | None
    skew_hi_ppb: int | None
    samples_forward: int
    samples_reverse: int
    min_two_way_ns: int | None
    """Least two-way transit W = min U - max L; half of it is the identifiability limit."""
    violation_ns: int
    """By how much the stamps contradict one straight line (0 = they do not); relaxed by half on each side."""
    constant_violation_ns: int
    """By how much they contradict a constant offset (0 = they do not)."""
    grade: Grade
    notes: tuple[str, ...] = ()
    evidence: HopEvidence = attrs.field(default=NO_EVIDENCE, repr=False)
    slack_ns: tuple[int, int] = (0, 0)
    """By how much stamp differences of forward and of reverse packets may be off besides (``DirectionClock``)."""

    def offset_at(self, up_ns: I64) -> tuple[I64, I64, I64]:
        """Return ``(estimate, lo, hi)`` of ``down clock - up clock`` at each up time (as :func:`read_curve`)."""
        return read_curve(self.curve, self.base_ns, up_ns)

    def residuals(self) -> Residuals:
        """Return the believed bounds above the symmetric estimate, thinned: a few thousand points for a plot."""
        bounds = self.evidence.bounds
        estimate, _, _ = self.offset_at(bounds.up_ns)
        left = (bounds.bound_ns - estimate).astype(np.float64)
        return Residuals(bounds.up_ns, frozen(left), bounds.direction)


@attrs.frozen(kw_only=True)
class VantageClock:
    """Clock of one vantage against the reference, composed over the hops between them."""

    vantage: int
    """Input index."""
    base_ns: int
    curve: OffsetCurve
    """Over this vantage's own clock."""
    skew_ppb: int | None
    skew_lo_ppb: int | None
    skew_hi_ppb: int | None
    steps: tuple[ClockStep, ...]
    pieces: tuple[ClockPiece, ...]
    samples_forward: int
    samples_reverse: int
    evidence_age_ns: int | None
    extrapolated: bool
    tier: Literal["causal", "floors", "symmetric"]
    """What ``curve``'s bounds rest on; its estimate is always the symmetric one, clipped into them."""
    grade: Grade
    slack_ns: tuple[int, int] = (0, 0)
    """By how much stamps of forward and of reverse packets may be off besides (``DirectionClock``)."""
    causal: OffsetCurve | None = attrs.field(default=None, repr=False)
    """Bounds without the user's floors, same base; None where no floor narrows them."""

    def offset_at(self, local_ns: I64) -> tuple[I64, I64, I64]:
        """Return ``(estimate, lo, hi)`` of ``local - reference`` at each local time (as :func:`read_curve`)."""
        return read_curve(self.curve, self.base_ns, local_ns)

    def causal_at(self, local_ns: I64) -> tuple[I64, I64, I64]:
        """Return the same without the user's floors."""
        return read_curve(self.curve if self.causal is None else self.causal, self.base_ns, local_ns)


def read_curve(curve: OffsetCurve, base_ns: int, local_ns: I64) -> tuple[I64, I64, I64]:
    """Return ``(estimate, lo, hi)`` of an offset curve at each local time, int64 ns.

    Linear between samples; outside them the bounds widen at 1000 ppm (the widest skew believed). A single sample
    without width is exact everywhere (the reference against itself); a clock about which nothing is known gets
    ``-UNBOUNDED`` and ``UNBOUNDED``.
    """
    local = np.asarray(local_ns, np.int64)
    if len(curve.at_ns) == 0:
        nothing = np.full(local.shape, base_ns, np.int64)
        return nothing, np.full(local.shape, -UNBOUNDED), np.full(local.shape, UNBOUNDED)
    spot = _spot(curve, local)
    estimate = np.rint(np.interp(spot.x, spot.at, curve.estimate)).astype(np.int64) + base_ns
    return estimate, _lowest(curve, base_ns, spot), _highest(curve, base_ns, spot)


def read_bound(curve: OffsetCurve, base_ns: int, local_ns: I64, *, is_highest: bool) -> I64:
    """Return one of the bounds that :func:`read_curve` returns."""
    if len(curve.at_ns) == 0:
        return np.full(local_ns.shape, UNBOUNDED if is_highest else -UNBOUNDED)
    return (_highest if is_highest else _lowest)(curve, base_ns, _spot(curve, local_ns))


class _Spot(NamedTuple):
    """Where times lie on a curve."""

    x: F64
    """Since the first sample."""
    at: F64
    """The samples."""
    outside: F64
    """What bounds widen by."""


def _spot(curve: OffsetCurve, local_ns: I64) -> _Spot:
    origin = int(curve.at_ns[0])
    x = (local_ns - origin).astype(np.float64)
    at = (curve.at_ns - origin).astype(np.float64)
    is_exact = len(at) == 1 and curve.lo[0] == curve.hi[0]
    return _Spot(x, at, np.maximum(0.0, np.maximum(at[0] - x, x - at[-1])) * (0.0 if is_exact else 1e-3))


def _lowest(curve: OffsetCurve, base_ns: int, spot: _Spot) -> I64:
    return _bound(np.interp(spot.x, spot.at, curve.lo) - spot.outside, base_ns, -UNBOUNDED)


def _highest(curve: OffsetCurve, base_ns: int, spot: _Spot) -> I64:
    return _bound(np.interp(spot.x, spot.at, curve.hi) + spot.outside, base_ns, UNBOUNDED)


def _bound(values: F64, base_ns: int, unbounded: int) -> I64:
    """Add the base to finite values; infinite ones become ``unbounded``."""
    finite = np.isfinite(values)
    exact = np.where(finite, np.rint(np.where(finite, values, 0.0)), 0.0).astype(np.int64) + base_ns
    return np.where(finite, exact, np.int64(unbounded))


@attrs.frozen(kw_only=True)
class DirectionClock:
    """A vantage that stamps its two directions by different clocks: the second one against the first."""

    vantage: int
    """Input index."""
    delta_ns: int
    """Second clock minus first, typical estimate."""
    lo_ns: int
    hi_ns: int
    slack_ns: int
    """How far moved stamps may lie from where the first clock would have put them, at most."""
    exchanges: int
    request_row: int
    """Rows of the exchange whose reply is stamped earliest before its request."""
    reply_row: int
    direction: int
    """Which ``Direction`` the second clock stamps."""
    shift_ns: I64 = attrs.field(repr=False, eq=False)
    """Per row of the PacketTable: what was taken off the recorded stamp; 0 = nothing."""


@attrs.frozen(kw_only=True)
class ClockNote:
    """A remark on some vantages' clocks that is no bound."""

    vantages: tuple[int, ...]
    """Input indices."""
    text: str


@attrs.frozen(kw_only=True)
class ClockModel:
    """Everything about time: hops in path order, vantages in path order."""

    reference: int
    """Input index of the reference vantage."""
    hops: tuple[HopClock, ...]
    vantages: tuple[VantageClock, ...]
    """Same order as ``Path.order``; the reference's own clock is exactly 0."""
    notes: tuple[ClockNote, ...] = ()
    directions: tuple[DirectionClock, ...] = ()
