"""Vantages and their clocks of report.json.

**In:** ``Vantage`` and ``ClockModel``. **Out:** plain dicts.
**Method:** offset = vantage clock minus reference clock at the first frame that both have; skew in ppm.
**Not here:** the clock fit (``clocks``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.model.clocks import ClockPiece, VantageClock
from correlate.model.correlation import Correlation
from correlate.model.vantage import Vantage
from correlate.report.durations import bounded
from correlate.report.limits import LIMIT
from correlate.report.places import in_path_order

BLOCK = 1 << 16
"""Packets looked at together; most often the first of them has what is asked for."""


def vantages_json(correlation: Correlation) -> list[dict[str, Any]]:
    """Return one entry per vantage: those on the path in its order, then the others."""
    return [_vantage_json(correlation.vantages[index]) for index in in_path_order(correlation)]


def _vantage_json(vantage: Vantage) -> dict[str, Any]:
    files = [
        {"path": file.path, "frames": file.frames, "bytes": file.bytes, "sha256": file.sha256}
        for file in vantage.files[:LIMIT]
    ]
    problems = [
        {"kind": problem.kind, "count": problem.count, "detail": problem.detail} for problem in vantage.problems[:LIMIT]
    ]
    return {
        "name": vantage.name,
        "files": files,
        "files_count": len(vantage.files),
        "frames": vantage.frames,
        "first_captured_ns": vantage.first_captured_ns,
        "last_captured_ns": vantage.last_captured_ns,
        "kind": vantage.kind,
        "link_types": list(vantage.link_types),
        "snaplen": vantage.snaplen or None,
        "tick_ns": vantage.tick_ns,
        "duplicates": vantage.duplicates,
        "problems": problems,
        "problems_count": len(vantage.problems),
    }


def clocks_json(correlation: Correlation) -> list[dict[str, Any]]:
    """Return one entry per vantage on the path, in its order."""
    reference = correlation.vantages[correlation.clocks.reference].name
    return [_clock_json(correlation, clock, reference) for clock in correlation.clocks.vantages]


def _clock_json(correlation: Correlation, clock: VantageClock, reference: str) -> dict[str, Any]:
    offset, lo, hi = offset_bounds(correlation, clock)
    causal = offset_bounds(correlation, clock, is_causal=True)
    return {
        "vantage": correlation.vantages[clock.vantage].name,
        "reference": reference,
        "offset_ns": offset,
        "offset_lo_ns": lo,
        "offset_hi_ns": hi,
        "tier": clock.tier,
        "tiers": {
            "causal": {"lo_ns": causal[1], "hi_ns": causal[2]},
            "floors": {"lo_ns": lo, "hi_ns": hi} if clock.tier == "floors" else None,
            "symmetric": {"offset_ns": offset, "assumes": "equal floors"},
        },
        "skew_ppm": ppm(clock.skew_ppb),
        "skew_lo_ppm": ppm(clock.skew_lo_ppb),
        "skew_hi_ppm": ppm(clock.skew_hi_ppb),
        "directions": _directions_json(correlation, clock.vantage),
        "steps": [
            {
                "at_ns": int(step.at_ns),
                "delta_ns": int(step.delta_ns),
                "grade": step.grade,
                "vantages": [correlation.vantages[index].name for index in step.vantages],
                "witness": step.witness or None,
            }
            for step in clock.steps[:LIMIT]
        ],
        "steps_count": len(clock.steps),
        "pieces": [_piece_json(piece) for piece in clock.pieces[:LIMIT]],
        "pieces_count": len(clock.pieces),
        "samples_forward": int(clock.samples_forward),
        "samples_reverse": int(clock.samples_reverse),
        "evidence_age_ns": clock.evidence_age_ns,
        "extrapolated": bool(clock.extrapolated),
        "grade": clock.grade,
        "notes": clock_notes(correlation, clock.vantage),
    }


def _directions_json(correlation: Correlation, vantage: int) -> dict[str, Any] | None:
    """Return what the second clock of a vantage shows against its first; None where one clock stamps everything."""
    found = next((one for one in correlation.clocks.directions if one.vantage == vantage), None)
    if found is None:
        return None
    return {
        "moved": "forward" if found.direction > 0 else "reverse",
        "delta_ns": found.delta_ns,
        "lo_ns": found.lo_ns,
        "hi_ns": found.hi_ns,
        "slack_ns": found.slack_ns,
        "exchanges": found.exchanges,
    }


def _piece_json(piece: ClockPiece) -> dict[str, Any]:
    return {
        "from_ns": int(piece.from_ns),
        "to_ns": int(piece.to_ns),
        "offset_ns": int(piece.offset_ns),
        "lo_ns": bounded(piece.lo_ns),
        "hi_ns": bounded(piece.hi_ns),
        "skew_ppm": ppm(piece.skew_ppb),
    }


def clock_notes(correlation: Correlation, vantage: int) -> list[str]:
    """Return what the fit has to say about the hop that leads to this vantage (input index)."""
    order = correlation.path.order
    place = order.index(vantage) if vantage in order else 0
    notes = list(correlation.clocks.hops[place - 1].notes) if place > 0 else []
    return notes + [note.text for note in correlation.clocks.notes if vantage in note.vantages]


def ppm(ppb: int | None) -> float | None:
    """Return parts per million; None stays None."""
    return None if ppb is None else ppb / 1000


def offset_bounds(
    correlation: Correlation, clock: VantageClock, *, is_causal: bool = False
) -> tuple[int | None, int | None, int | None]:
    """Return ``(offset, lo, hi)`` in ns at the first frame that this vantage and the reference both have.

    ``is_causal``: from the captures alone, without the floors of the user.
    Where they share none (they meet through vantages between them) the clock's first sample counts; where nothing
    is known, three times None.
    """
    local = _first_common_ns(correlation, clock.vantage)
    if local is None:
        if len(clock.curve.at_ns) == 0:
            return None, None, None
        local = int(clock.curve.at_ns[0])
    read = clock.causal_at if is_causal else clock.offset_at
    estimate, lo, hi = (int(values[0]) for values in read(np.array([local], np.int64)))
    low, high = bounded(lo), bounded(hi)
    return (None if low is None and high is None else estimate), low, high


def _first_common_ns(correlation: Correlation, vantage: int) -> int | None:
    """Return the vantage's own stamp of the first packet that the reference has too."""
    order = correlation.path.order
    reference = correlation.clocks.reference
    if vantage not in order or reference not in order:
        return None
    table = correlation.trajectories
    for start in range(0, len(table), BLOCK):
        block = slice(start, start + BLOCK)
        here, there = (table.rows[block, order.index(index)] for index in (vantage, reference))
        common = np.flatnonzero((here >= 0) & (there >= 0) & ~table.is_ambiguous[block])
        if len(common):
            return int(correlation.packets[vantage].columns.ts_ns[here[common[0]]])
    return None
