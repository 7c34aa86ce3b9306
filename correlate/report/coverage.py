"""What of the traffic the captures cover, told before anything is concluded from them.

**In:** vantages, clocks, fates, findings. **Out:** lines of text.
**Method:** captures are compared on the reference clock from first to last frame; a line is told only where it
matters: packets fall outside another capture, a file is damaged, the given order contradicts the evidence.
**Not here:** what is claimed (``terminal.py``), clocks (``closing.py``).
"""

from __future__ import annotations

from pathlib import PurePath

import numpy as np

from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.model.trajectories import Reason
from correlate.model.vantage import Vantage
from correlate.report.durations import bounded, digits
from correlate.report.endpoints import flow_endpoints, protocol_name
from correlate.report.ink import Ink, counted
from correlate.report.places import has_nothing_in_common, in_path_order
from correlate.wire.text import safe_text

MOST_PROBLEMS = 2
"""Flaws of captures that are told; the rest is counted."""


def coverage_lines(correlation: Correlation, ink: Ink) -> list[str]:
    """Return the lines Order, Overlap and Capture that apply."""
    lines: list[str] = []
    for label, text in _order_and_overlap(correlation):
        lines += ink.paragraph(label, text)
    return lines + problem_lines(correlation, ink)


def _order_and_overlap(correlation: Correlation) -> list[tuple[str, str]]:
    told = []
    if not correlation.path.is_inferred and correlation.path.contradicts_given:
        told.append(("Order", "as given; evidence orders the vantages otherwise"))
    overlap = overlap_text(correlation)
    return [*told, ("Overlap", overlap)] if overlap else told


def coverage_texts(correlation: Correlation) -> list[str]:
    """Return order, overlap and flaws of captures as sentences."""
    told = [f"{label}: {text}" for label, text in _order_and_overlap(correlation)]
    return [*told, *(f"Capture: {text}" for text in problem_texts(correlation)[:MOST_PROBLEMS])]


def flow_lines(correlation: Correlation, finding: Finding, ink: Ink) -> list[str]:
    """Return :func:`flow_text` as a paragraph, empty where there is none."""
    text = flow_text(correlation, finding)
    return ink.paragraph("Flow", text) if text else []


def flow_text(correlation: Correlation, finding: Finding) -> str:
    """Return the connection that the finding is about, as the first vantage of the path saw it."""
    flows = [int(flow) for flow in finding.flows]
    if finding.packet is not None and int(correlation.trajectories.flow[finding.packet]) in flows:
        flows.insert(0, int(correlation.trajectories.flow[finding.packet]))
    for vantage in in_path_order(correlation) if flows else []:
        ends = flow_endpoints(correlation, flows[0], vantage)
        if ends is not None:
            count = f"{len(set(flows))} of {counted(len(correlation.joined), 'flow')}"
            more = "" if len(set(flows)) == 1 else " and others"
            protocol = protocol_name(int(correlation.joined.proto[flows[0]]))
            return f"{ends.source} > {ends.destination} {protocol}{more}, {count}"
    return ""


def overlap_text(correlation: Correlation) -> str:
    """Return for how long all captures ran at once; empty where no packet falls outside another capture."""
    fates = correlation.fates
    outside = len(np.unique(fates.packet[fates.reason == Reason.WINDOW]))
    if not outside:
        return ""
    text = f"{counted(outside, 'packet')} outside it {'says' if outside == 1 else 'say'} nothing about loss"
    starts, ends = [], []
    for clock in correlation.clocks.vantages:
        vantage = correlation.vantages[clock.vantage]
        if vantage.first_captured_ns is None or vantage.last_captured_ns is None or not len(clock.curve.at_ns):
            continue
        local = np.array([vantage.first_captured_ns, vantage.last_captured_ns], np.int64)
        table = correlation.packets[clock.vantage]
        if table.has_two_clocks:
            local = np.array([table.columns.ts_ns.min(), table.columns.ts_ns.max()], np.int64)
        estimate, lo, hi = clock.offset_at(local)
        if bounded(lo[0]) is None or bounded(hi[0]) is None:
            return f"unknown, clocks have no bounds; {text}"
        on_reference = local - estimate
        starts.append(int(on_reference[0]))
        ends.append(int(on_reference[1]))
    if len(starts) < 2:
        return f"partial; {text}"
    shared, whole = max(0, min(ends) - max(starts)), max(ends) - min(starts)
    return f"{digits(shared / 1e9)} of {digits(whole / 1e9)} s; {text}"


def problem_lines(correlation: Correlation, ink: Ink) -> list[str]:
    """Return what is wrong with captures, the rest counted."""
    problems = problem_texts(correlation)
    lines: list[str] = []
    for text in problems[:MOST_PROBLEMS]:
        lines += ink.paragraph("Capture" if not lines else "", text)
    if len(problems) > MOST_PROBLEMS:
        lines += ink.paragraph("", f"and {len(problems) - MOST_PROBLEMS} more")
    return lines


def problem_texts(correlation: Correlation) -> list[str]:
    """Return everything that is wrong with captures."""
    problems = [
        f"{_source(vantage)}: {safe_text(problem.detail)}" + (f" ({problem.count} times)" if problem.count > 1 else "")
        for vantage in correlation.vantages
        for problem in vantage.problems
    ]
    if not has_nothing_in_common(correlation):
        problems += [f"{vantage.name} {empty_text(vantage)}" for vantage in empty_vantages(correlation)]
    return problems


def _source(vantage: Vantage) -> str:
    """Return the file's name where there is but one, else the vantage's."""
    return safe_text(PurePath(vantage.files[0].path).name) if len(vantage.files) == 1 else vantage.name


def empty_vantages(correlation: Correlation) -> list[Vantage]:
    """Return the vantages whose captures hold nothing to compare."""
    pairs = zip(correlation.vantages, correlation.packets, strict=True)
    return [vantage for vantage, packets in pairs if len(packets) == 0]


def empty_text(vantage: Vantage) -> str:
    """Return what an empty capture holds."""
    if not vantage.frames:
        return "holds no packets"
    return f"holds no IP packets ({counted(vantage.frames, 'frame')} of other kinds)"
