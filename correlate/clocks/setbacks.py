"""Clocks set back where no match tells when.

In: ``PacketTable`` and the rows of a pair's anchors in it. Out: ``Record``, ``Setback``; fits that say nothing where
one hides.
Method: stamps fall back, in record order of one file and interface, while no packet is matched any more, or none yet.
By how much the clock moved is unknown: real time passed as well. So after the last anchor it may be any amount behind,
before the first one any amount ahead, at every reading that frames bear from there on, or until then. Steps forward
leave no trace there: such times are extrapolated (``compose.py``).
Not here: steps between matched packets (``breaks.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import attrs
import numpy as np

from correlate.clocks.curves import bound_at
from correlate.clocks.down import OVERTAKING
from correlate.clocks.hop import HopFit
from correlate.model.arrays import I64, Bool, frozen
from correlate.model.clocks import AnchorTable, OffsetCurve
from correlate.model.frames import NO_TIME
from correlate.model.packets import PacketTable

OVERTAKING_NS = round(OVERTAKING * 1e9)
FOREVER = 2**61
"""Beyond any reading, ns."""


class Setback(NamedTuple):
    """Readings of a clock that nothing bounds on one side."""

    first_ns: int
    last_ns: int
    is_after: bool
    """After the last anchor the clock may lie behind without bound; else, before the first one, ahead."""


class Record(NamedTuple):
    """Stamped packets of one vantage in record order."""

    rows: I64
    stamps: I64
    section: I64
    """File and interface."""
    is_fall: Bool
    """Between any two neighbours: the clock was set back."""

    @property
    def is_set_back(self) -> bool:
        """Whether the clock ever was."""
        return bool(self.is_fall.any())


_NOTHING = np.zeros(0, np.int64)
STEADY = Record(_NOTHING, _NOTHING, _NOTHING, np.zeros(0, np.bool_))
"""Of a clock that never falls back."""


def read_record(table: PacketTable) -> Record:
    """Return what record order says of a clock."""
    columns = table.columns
    rows = np.flatnonzero(columns.ts_ns != NO_TIME)
    stamps = columns.ts_ns[rows]
    section = columns.file[rows].astype(np.int64) << 32 | columns.interface[rows].astype(np.int64)
    return Record(rows, stamps, section, (np.diff(stamps) < -OVERTAKING_NS) & (np.diff(section) == 0))


def never_falls(table: PacketTable) -> bool:
    """Tell whether stamps only grow in record order: then no clock was set back, and there is no record to read."""
    stamps = table.columns.ts_ns
    return bool((stamps[1:] >= stamps[:-1]).all())


def find_setbacks(record: Record, anchors: I64) -> list[Setback]:
    """Return what the frames before the first and after the last of rows ``anchors`` show, per file and interface."""
    if len(anchors) == 0 or not record.is_set_back:
        return []
    is_anchor = np.isin(record.rows, anchors)
    found = []
    for one in np.unique(record.section[1:][record.is_fall]).tolist():
        here = record.section == one
        at, stamps = np.flatnonzero(is_anchor[here]), record.stamps[here]
        if len(at):
            tail, head = stamps[at[-1] :], stamps[: at[0] + 1]
            is_behind = np.maximum.accumulate(tail) - tail > OVERTAKING_NS
            is_ahead = head - np.minimum.accumulate(head[::-1])[::-1] > OVERTAKING_NS
            found += _spanned(tail[np.argmax(is_behind) :] if is_behind.any() else tail[:0], is_after=True)
            found += _spanned(head[: np.flatnonzero(is_ahead)[-1] + 1] if is_ahead.any() else head[:0], is_after=False)
    return found


def _spanned(stamps: I64, *, is_after: bool) -> list[Setback]:
    return [Setback(int(stamps.min()), int(stamps.max()), is_after)] if len(stamps) else []


def with_setbacks(fit: HopFit, anchors: AnchorTable, up: list[Setback], down: list[Setback]) -> HopFit:
    """Return the fit with bounds opened where the ``up`` or the ``down`` clock was set back unseen by the other."""
    curve, over_down = fit.clock.curve, fit.over_down
    for one in up:
        is_below = not one.is_after
        curve = _opened(curve, one.first_ns, one.last_ns, is_below=is_below)
        over_down = _opened(over_down, *_beyond(anchors.down_ns, one), is_below=is_below)
    for one in down:
        is_below = one.is_after
        curve = _opened(curve, *_beyond(anchors.up_ns, one), is_below=is_below)
        over_down = _opened(over_down, one.first_ns, one.last_ns, is_below=is_below)
    return HopFit(attrs.evolve(fit.clock, curve=curve), over_down)


def _beyond(stamps: I64, setback: Setback) -> tuple[int, int]:
    """Return what the other clock shows beyond its anchors, where this one was set back."""
    return (int(stamps.max()) + 1, FOREVER) if setback.is_after else (-FOREVER, int(stamps.min()) - 1)


def _opened(curve: OffsetCurve, first: int, last: int, *, is_below: bool) -> OffsetCurve:
    """Return the curve without lower, or without upper, bound at ``first <= time <= last``."""
    if len(curve.at_ns) == 0:
        return curve
    samples = curve.at_ns
    edges = [first - 1, first] if first > -FOREVER else [min(int(samples[0]), last) - 1]
    edges += [last, last + 1] if last < FOREVER else [max(int(samples[-1]), first) + 1]
    at = np.unique(np.concatenate((samples, edges)))
    x, known = (at - samples[0]).astype(np.float64), (samples - samples[0]).astype(np.float64)
    lo, hi = bound_at(x, known, curve.lo, -1.0), bound_at(x, known, curve.hi, 1.0)
    bound, nothing = (lo, -np.inf) if is_below else (hi, np.inf)
    bound[(at >= first) & (at <= last)] = nothing
    return OffsetCurve(frozen(at), frozen(lo), frozen(hi), frozen(np.interp(x, known, curve.estimate)))
