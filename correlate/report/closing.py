"""The last lines: hosts, counts, clocks, translations.

**In:** all tables. **Out:** lines of text.
**Method:** one line per fact; every clock with its bounds.
**Not here:** the verdict (``terminal.py``), who is cleared (``blame.py``), flaws of captures (``coverage.py``).
"""

from __future__ import annotations

from correlate.model.clocks import HopClock, VantageClock
from correlate.model.correlation import Correlation
from correlate.report.conversations import translation_examples
from correlate.report.durations import digits, duration, long_duration, rounded, signed
from correlate.report.endpoints import Endpoints
from correlate.report.ink import Ink, counted
from correlate.report.places import hop_names
from correlate.report.sources import offset_bounds
from correlate.wire.text import safe_text

NS_PER_MS = 1_000_000
OLD_NS = 10_000_000_000
"""Evidence younger than this widens bounds by no more than the skew does in ten seconds; the page is silent then."""

TOLD_NOTES = ("a constant offset", "packets were seen in one direction", "no packet was seen at both ends")
"""How notes begin that repeat what bounds and skew show."""


def host_lines(correlation: Correlation, ink: Ink, *, is_time_told: bool = False) -> list[str]:
    """Return the time spent beyond the outermost vantages, on their own clocks.

    ``is_time_told``: a single handshake is divided on the same page and not told again.
    """
    lines: list[str] = []
    for host in correlation.metrics.hosts:
        name = correlation.vantages[correlation.path.order[host.place]].name
        parts = []
        for what, figures in (("answers after", host.think_ns), ("handshakes after", host.handshake_ns)):
            is_again = is_time_told and figures is host.handshake_ns
            if figures is not None and not (is_again and figures.count == 1):
                most = f"max {duration(figures.max)}, " if figures.count > 1 else ""
                parts.append(f"{what} {duration(figures.p50)} ({most}n={figures.count})")
        if parts:
            lines += ink.paragraph("Hosts" if not lines else "", f"beyond {name} (host side): {', '.join(parts)}")
    return lines


def count_line(correlation: Correlation) -> str:
    """Return captures, packets, matched and not."""
    read = sum(len(table) for table in correlation.packets)
    seen = (correlation.trajectories.rows >= 0).sum(axis=1)
    matched = int((seen > 1).sum())
    alone = len(correlation.match) - matched
    captures = len(correlation.vantages)
    if captures == 1:
        return f"1 capture, {counted(read, 'packet')} in {counted(len(correlation.joined), 'flow')}."
    return (
        f"{counted(captures, 'capture')}, {counted(read, 'packet')}, {matched} matched along the path, "
        f"{alone} seen at one point only."
    )


def clock_lines(correlation: Correlation, ink: Ink) -> list[str]:
    """Return one line per clock against the reference, with its bounds."""
    reference = correlation.vantages[correlation.clocks.reference].name
    shown = [clock for clock in correlation.clocks.vantages if clock.vantage != correlation.clocks.reference]
    names = [correlation.vantages[clock.vantage].name for clock in shown]
    column = max((len(name) for name in names), default=0)
    lines: list[str] = []
    for clock, name in zip(shown, names, strict=True):
        offset, lo, hi = offset_bounds(correlation, clock)
        text = f"{name:<{column}}  "
        if offset is None:
            text += f"unknown against {reference}"
        else:
            text += _offset_text(offset, lo, hi, reference, ink)
            text += _skew(clock.skew_ppb, clock.skew_lo_ppb, clock.skew_hi_ppb)
            text += _without_floors(correlation, clock, ink)
            if clock.extrapolated and (clock.evidence_age_ns or 0) > OLD_NS:
                text += f", extrapolated by up to {long_duration(clock.evidence_age_ns or 0)}"
        lines += ink.section("Clocks" if not lines else "", [text])
        for note in _notes(correlation, clock.vantage):
            lines += ink.section("", [f"  {note}"])
    if lines:
        what = "causal" if all(clock.tier == "causal" for clock in shown) else "with the floors given"
        lines += ink.section("", [f"bounds are {what}; their middles assume equal floors"])
    return lines


def _without_floors(correlation: Correlation, clock: VantageClock, ink: Ink) -> str:
    """Return ``, causal ±0.32 ms`` where floors of the user narrow the bounds."""
    offset, lo, hi = offset_bounds(correlation, clock, is_causal=True)
    if clock.tier != "floors" or offset is None or lo is None or hi is None:
        return ""
    return f" (causal {_slack(offset, lo, hi, ink)})"


def _offset_text(offset: int, lo: int | None, hi: int | None, reference: str, ink: Ink) -> str:
    """Return ``643 s behind client, ±0.32 ms``."""
    if lo is None or hi is None:
        bounds = [
            f"at least {signed(lo)}" if lo is not None else "",
            f"at most {signed(hi)}" if hi is not None else "",
        ]
        return f"{' '.join(text for text in bounds if text)} against {reference}, one-sided"
    slack = _slack(offset, lo, hi, ink)
    if lo <= 0 <= hi:
        return f"level with {reference}, {slack}"
    size = long_duration(abs(offset), within_ns=max(offset - lo, hi - offset))
    return f"{size} {'ahead of' if offset > 0 else 'behind'} {reference}, {slack}"


def _slack(offset: int, lo: int, hi: int, ink: Ink) -> str:
    """Return the width of the interval on both sides of the estimate."""
    below, above = offset - lo, hi - offset
    wider = max(below, above, 1)
    if lo <= 0 <= hi:
        wider, below, above = max(-lo, hi, 1), max(-lo, hi, 1), max(-lo, hi, 1)
    if wider - min(below, above) <= wider * 0.1:
        return f"{ink.plus_minus}{rounded(wider / 1e6, up=True)} ms"
    return f"-{rounded(below / 1e6, up=True)}/+{rounded(above / 1e6, up=True)} ms"


def _skew(skew: int | None, lo: int | None, hi: int | None) -> str:
    """Return ``, -445 ppm``; nothing where the clock may as well run true."""
    if not skew or (lo is not None and hi is not None and lo <= 0 <= hi):
        return ""
    text = f", {'+' if skew > 0 else '-'}{digits(abs(skew) / 1000)} ppm"
    if lo is None or hi is None or hi - lo <= abs(skew) * 0.02:
        return text
    return f"{text} ({lo / 1000:.1f} to {hi / 1000:.1f})"


def _notes(correlation: Correlation, vantage: int) -> list[str]:
    """Return what the fit says of the hop that leads here, in few words; what the line says already is left out."""
    order = correlation.path.order
    place = order.index(vantage) if vantage in order else 0
    if place == 0:
        return [note.text for note in correlation.clocks.notes if note.vantages == (vantage,)]
    hop = correlation.clocks.hops[place - 1]
    notes = [note.text for note in correlation.clocks.notes if vantage in note.vantages]
    for note in map(safe_text, hop.notes):
        if note.startswith("no single straight line fits") and hop.violation_ns:
            notes.append(_misfits(hop, is_skew_told="ppm" in note))
        elif not note.startswith(TOLD_NOTES):
            notes.append(note)
    return notes


def _misfits(hop: HopClock, *, is_skew_told: bool) -> str:
    """Return by how much the stamps contradict the line whose skew stands above, or any line, and a constant."""
    misfit = _misfit(hop.violation_ns)
    text = f"stamps contradict that line by {misfit}" if is_skew_told else f"no straight line fits ({misfit})"
    if not hop.constant_violation_ns:
        return text
    constant = _misfit(hop.constant_violation_ns)
    return f"{text}, a constant by {constant}" if is_skew_told else f"{text}, a constant is refuted ({constant})"


def _misfit(ns: int) -> str:
    """Return by how much stamps contradict a line, below a millisecond in microseconds."""
    return f"{digits(ns / 1000)} us" if ns < NS_PER_MS else duration(ns)


def translation_lines(correlation: Correlation, ink: Ink) -> list[str]:
    """Return the learned mappings, one example per hop and kind."""
    lines: list[str] = []
    for group in correlation.metrics.translations[:4]:
        upstream, downstream = hop_names(correlation, group.hop)
        count = f", {len(group.flows)} flows" if len(group.flows) > 1 else ""
        text = f"{group.kind} {upstream}>{downstream}{count}"
        for example in translation_examples(correlation, group, 1):
            text += f": {_mapping(Endpoints(*example['from']), Endpoints(*example['to']), ink)}"
        lines += ink.paragraph("NAT" if not lines else "", text)
    return lines


def _mapping(before: Endpoints, after: Endpoints, ink: Ink) -> str:
    """Return the ends that changed, ``a -> b``."""
    parts = []
    if before.source != after.source:
        parts.append(f"{before.source} {ink.arrow} {after.source}")
    if before.destination != after.destination:
        parts.append(f"{before.destination} {ink.arrow} {after.destination}")
    return ", ".join(parts) or f"{before.source} {ink.arrow} {before.destination}"
