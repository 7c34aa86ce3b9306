"""The last lines: hosts, counts, clocks, translations, problems of captures.

**In:** all tables. **Out:** lines of text.
**Method:** one line per fact; every clock with its bounds.
**Not here:** the verdict (``terminal.py``), who is cleared (``blame.py``).
"""

from __future__ import annotations

from correlate.model.correlation import Correlation
from correlate.report.conversations import translation_examples
from correlate.report.durations import duration, rounded
from correlate.report.endpoints import Endpoints
from correlate.report.ink import Ink, counted
from correlate.report.places import hop_names
from correlate.report.sources import clock_notes, offset_bounds
from correlate.wire.text import safe_text

MOST_PROBLEMS = 4


def host_lines(correlation: Correlation, ink: Ink) -> list[str]:
    """Return the time spent beyond the outermost vantages, on their own clocks."""
    lines: list[str] = []
    for host in correlation.metrics.hosts:
        name = correlation.vantages[correlation.path.order[host.place]].name
        parts = []
        for what, figures in (("answers after", host.think_ns), ("handshakes after", host.handshake_ns)):
            if figures is not None:
                parts.append(f"{what} {duration(figures.p50)} (max {duration(figures.max)}, n={figures.count})")
        if parts:
            lines += ink.paragraph("Hosts" if not lines else "", f"beyond {name}: {', '.join(parts)}")
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
    lines: list[str] = []
    for clock in correlation.clocks.vantages:
        name = correlation.vantages[clock.vantage].name
        if clock.vantage == correlation.clocks.reference:
            continue
        offset, lo, hi = offset_bounds(correlation, clock)
        if offset is None:
            text = f"{name} against {reference}: unknown"
        else:
            where = f"{duration(abs(offset))} {'ahead of' if offset > 0 else 'behind'}" if offset else "level with"
            text = f"{name} is {where} {reference}"
            text += _slack(offset, lo, hi, ink)
            text += _skew(clock.skew_ppb, clock.skew_lo_ppb, clock.skew_hi_ppb)
        notes = "".join(f"; {safe_text(note)}" for note in clock_notes(correlation, clock.vantage))
        lines += ink.paragraph("Clocks" if not lines else "", f"{text}{notes}")
    return lines


def _slack(offset: int, lo: int | None, hi: int | None, ink: Ink) -> str:
    """Return the width of the interval on both sides of the estimate."""
    if lo is None or hi is None:
        bounds = [
            f"at least {duration(lo)}" if lo is not None else "",
            f"at most {duration(hi)}" if hi is not None else "",
        ]
        return f" ({' '.join(text for text in bounds if text)})"
    below, above = offset - lo, hi - offset
    wider = max(below, above, 1)
    if wider - min(below, above) <= wider * 0.1:
        return f" ({ink.plus_minus}{rounded(wider / 1e6, up=True)} ms)"
    return f" (-{rounded(below / 1e6, up=True)}/+{rounded(above / 1e6, up=True)} ms)"


def _skew(skew: int | None, lo: int | None, hi: int | None) -> str:
    if not skew:
        return ""
    bounds = "" if lo is None or hi is None else f" ({lo / 1000:.1f} to {hi / 1000:.1f})"
    return f", {skew / 1000:+.1f} ppm{bounds}"


def translation_lines(correlation: Correlation, ink: Ink) -> list[str]:
    """Return the learned mappings, one example per hop and kind."""
    lines: list[str] = []
    for group in correlation.metrics.translations[:4]:
        upstream, downstream = hop_names(correlation, group.hop)
        text = f"{group.kind} on {upstream}>{downstream}, {counted(len(group.flows), 'flow')}"
        for example in translation_examples(correlation, group, 1):
            text += f", learned: {_mapping(Endpoints(*example['from']), Endpoints(*example['to']), ink)}"
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


def problem_lines(correlation: Correlation, ink: Ink) -> list[str]:
    """Return what is wrong with captures, the rest counted."""
    problems = [
        f"{vantage.name}: {safe_text(problem.detail)}" + (f" ({problem.count} times)" if problem.count > 1 else "")
        for vantage in correlation.vantages
        for problem in vantage.problems
    ]
    lines: list[str] = []
    for text in problems[:MOST_PROBLEMS]:
        lines += ink.paragraph("Capture" if not lines else "", text)
    if len(problems) > MOST_PROBLEMS:
        lines += ink.paragraph("", f"and {len(problems) - MOST_PROBLEMS} more")
    return lines
