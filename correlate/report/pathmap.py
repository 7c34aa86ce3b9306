"""The path with its numbers: vantages in a row, both directions of every hop.

**In:** metrics and findings. **Out:** lines of text.
**Method:** a grid where every hop has room for its figures, else one block per hop.
**Not here:** single packets (``ladder.py``, ``proof.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import attrs
import numpy as np

from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.model.metrics import DirectionMetrics, HopMetrics
from correlate.model.path import Direction
from correlate.model.trajectories import Fate, Reason
from correlate.report.durations import duration, interval
from correlate.report.ink import Ink
from correlate.report.places import hop_names, place_names
from correlate.report.verdict import SEVERE, headline, tell

LEAST_CELL = 18
"""Columns that a hop's figures need, ``0.213 ms ±0.041`` and a gap; below this the grid becomes a list."""
LEAST_ARROW, MOST_ARROW = 12, 26

FigureRows = list[tuple[str, Callable[[HopMetrics], str]]]
"""Label and cell of every figure of a hop."""


@attrs.frozen(kw_only=True)
class Status:
    """What one direction of a hop is said to be."""

    word: str
    is_bad: bool


def status_of(correlation: Correlation, hop: HopMetrics, direction: str) -> Status:
    """Return the word on the arrow: the worst finding there, else what the counts say."""
    names = hop_names(correlation, hop.hop)
    story = tell(correlation.findings)
    for finding in (*story.members, *story.others):
        is_here = finding.hop == names and finding.direction in (None, direction)
        if is_here and finding.severity in SEVERE:
            return Status(word=_claim(finding), is_bad=True)
    return _counted(hop.forward if direction == "forward" else hop.reverse)


def _claim(finding: Finding) -> str:
    count = f" {int(finding.quantity)}" if finding.unit == "packets" and finding.quantity else ""
    doubt = "?" if finding.grade == "inconclusive" else ""
    return f"{headline(finding.code)}{doubt}{count}"


def _counted(figures: DirectionMetrics) -> Status:
    """Return what the counts say where nothing was claimed; only a hop without any doubt is ok."""
    if figures.lost:
        return Status(word=f"lost {figures.lost}", is_bad=True)
    if figures.mutated:
        return Status(word=f"changed {figures.mutated}", is_bad=True)
    if figures.ambiguous:
        return Status(word=f"unsure {figures.ambiguous}", is_bad=False)
    if figures.sent == 0:
        return Status(word="no packets", is_bad=False)
    return Status(word="ok" if figures.delivered else "unseen", is_bad=False)


def path_lines(correlation: Correlation, ink: Ink) -> list[str]:
    """Return the path section."""
    names = place_names(correlation)
    hops = correlation.metrics.hops
    if not hops:
        return ink.section("Path", [f"{name} (no hop: nothing to compare it with)" for name in names])
    for is_brief in (False, True):
        first = max(len(names[0]), *(len(label) for label, _cell in _figure_rows(correlation, ink, is_brief=is_brief)))
        taken = first + 1 + sum(len(name) + 1 for name in names[1:]) + len(hops) - 1
        width = min(MOST_ARROW, (ink.room - taken) // len(hops))
        if width >= LEAST_ARROW and width + min(len(name) for name in names[1:]) + 2 >= LEAST_CELL:
            rows = _figure_rows(correlation, ink, is_brief=is_brief)
            return ink.section("Path", _grid(correlation, ink, first, width, rows))
    return ink.section("Path", _listed(correlation, ink))


def _grid(correlation: Correlation, ink: Ink, first: int, width: int, rows: FigureRows) -> list[str]:
    """Return names and arrows in a row, figures under their hop."""
    names = place_names(correlation)
    hops = correlation.metrics.hops
    top, below = f"{names[0]:<{first}} ", " " * (first + 1)
    for hop, name in zip(hops, names[1:], strict=True):
        forward, reverse = (arrow(status_of(correlation, hop, way), way, width, ink) for way in ("forward", "reverse"))
        top += f"{forward} {name} "
        below += reverse + " " * (len(name) + 2)
    lines = [top.rstrip(), below.rstrip()]
    for label, cell in rows:
        cells = [cell(hop) for hop in hops]
        if any(cells):
            pairs = zip(cells, names[1:], strict=True)
            figures = "".join(f"{text:<{width + len(name) + 2}}" for text, name in pairs)
            lines.append(f"{label:<{first + 1}}{figures}".rstrip())
    return lines


def arrow(status: Status, direction: str, width: int, ink: Ink) -> str:
    """Return an arrow of ``width`` columns that bears its word."""
    stroke = ink.heavy if status.is_bad else ink.line
    room = width - 3
    # A number that is cut is another number.
    word = status.word if len(status.word) <= room else status.word.rstrip("0123456789").rstrip()
    body = f"{word[:room]:{stroke}^{width - 1}}"
    return f"{body}>" if direction == "forward" else f"<{body}"


def _figure_rows(correlation: Correlation, ink: Ink, *, is_brief: bool) -> FigureRows:
    """Return label and text of every figure of a hop; delays are medians."""
    outside = outside_counts(correlation)
    median = "" if is_brief else " median"
    return [
        (f"delay {ink.arrow}{median}", lambda hop: delay_text(hop.forward, ink)),
        (f"delay {ink.back_arrow}{median}", lambda hop: delay_text(hop.reverse, ink)),
        ("rtt" if is_brief else "round trip", lambda hop: duration(hop.rtt_ns.p50) if hop.rtt_ns else ""),
        (f"lost {ink.arrow}", lambda hop: lost_text(hop.forward, outside[hop.hop, Direction.FORWARD])),
        (f"lost {ink.back_arrow}", lambda hop: lost_text(hop.reverse, outside[hop.hop, Direction.REVERSE])),
    ]


def outside_counts(correlation: Correlation) -> Counter[tuple[int, int]]:
    """Return how many packets per hop and direction fall outside the time of the far capture: none of them counts."""
    fates = correlation.fates
    at = (fates.reason == Reason.WINDOW) & (fates.fate == Fate.NOT_CAPTURED)
    pairs = np.stack([fates.hop[at], correlation.trajectories.direction[fates.packet[at]]], axis=1)
    kinds, counts = np.unique(pairs, axis=0, return_counts=True)
    return Counter({(int(hop), int(way)): int(count) for (hop, way), count in zip(kinds, counts, strict=True)})


def delay_text(figures: DirectionMetrics, ink: Ink) -> str:
    """Return the median one-way delay with its bounds; empty = none was measured."""
    delay = figures.owd_ns
    if delay is None:
        return ""
    if delay.lo_ns is None and delay.hi_ns is None:
        return "unknown"
    middle = delay.quantiles.p50
    # No packet arrives before it was sent, however wide the clock bounds are.
    lo = None if delay.lo_ns is None else max(0, middle + delay.lo_ns)
    hi = None if delay.hi_ns is None else middle + delay.hi_ns
    return interval(middle, lo, hi, plus_minus=ink.plus_minus)


def lost_text(figures: DirectionMetrics, outside: int) -> str:
    """Return ``3 of 108`` and what is not known about the rest; ``outside`` the far capture's time is not counted."""
    sent = figures.sent - outside
    if sent <= 0:
        return ""
    doubt = f" ({figures.ambiguous} unsure)" if figures.ambiguous else ""
    return f"{figures.lost} of {sent}{doubt}"


def _listed(correlation: Correlation, ink: Ink) -> list[str]:
    """Return one block per hop, for narrow pages and long paths."""
    outside = outside_counts(correlation)
    lines = [" > ".join(place_names(correlation))]
    for hop in correlation.metrics.hops:
        upstream, downstream = hop_names(correlation, hop.hop)
        both = f", both ways {duration(hop.rtt_ns.p50)}" if hop.rtt_ns else ""
        lines.append(f"{upstream}>{downstream}{both}")
        ways = (
            (">", "forward", hop.forward, Direction.FORWARD),
            ("<", "reverse", hop.reverse, Direction.REVERSE),
        )
        for sign, way, figures, direction in ways:
            lost = lost_text(figures, outside[hop.hop, direction])
            parts = [status_of(correlation, hop, way).word, delay_text(figures, ink), lost]
            if parts[2]:
                parts[2] = f"lost {parts[2]}"
            lines.append(f"  {sign} {', '.join(part for part in parts if part)}")
    return lines
