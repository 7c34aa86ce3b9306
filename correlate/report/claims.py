"""Findings of report.json.

**In:** ``Finding``. **Out:** plain dicts with a Wireshark display filter per vantage.
**Method:** evidence frames become ``frame.number in {...}``, numbers as in their own file.
**Not here:** what is claimed (``diagnose``).
"""

from __future__ import annotations

from typing import Any

from correlate.model.correlation import Correlation
from correlate.model.findings import Finding, FrameRef
from correlate.report.limits import LIMIT


def findings_json(correlation: Correlation) -> list[dict[str, Any]]:
    """Return one entry per finding, in the order of ``diagnose``."""
    return [_finding_json(finding) for finding in correlation.findings]


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "caused_by": finding.caused_by,
        "code": finding.code,
        "severity": finding.severity,
        "grade": finding.grade,
        "hop": list(finding.hop) if finding.hop else None,
        "vantage": finding.vantage,
        "direction": finding.direction,
        "title": finding.title,
        "explanation": finding.explanation,
        "quantity": _number(finding.quantity),
        "unit": finding.unit,
        "packet": None if finding.packet is None else int(finding.packet) + 1,
        "flows": [int(flow) for flow in finding.flows[:LIMIT]],
        "flows_count": len(finding.flows),
        "evidence": [_evidence_json(reference) for reference in finding.evidence[:LIMIT]],
        "evidence_count": len(finding.evidence),
        "against": list(finding.against[:LIMIT]),
        "settle": finding.settle,
        "display_filter": display_filters(finding.evidence[:LIMIT]),
    }


def _number(quantity: float | None) -> float | int | None:
    """Return a plain int where the figure is whole, else a float."""
    if quantity is None:
        return None
    return int(quantity) if float(quantity).is_integer() else float(quantity)


def _evidence_json(reference: FrameRef) -> dict[str, Any]:
    return {
        "vantage": reference.vantage,
        "file": reference.file,
        "frame": int(reference.frame),
        "time_ns": None if reference.time_ns is None else int(reference.time_ns),
        "note": reference.note,
    }


def display_filters(evidence: tuple[FrameRef, ...]) -> dict[str, str]:
    """Return, per vantage, the display filter that shows its evidence frames in Wireshark.

    >>> display_filters((FrameRef(vantage="a", file="a.pcap", frame=7, time_ns=None),))
    {'a': 'frame.number in {7}'}
    """
    frames: dict[str, set[int]] = {}
    for reference in evidence:
        frames.setdefault(reference.vantage, set()).add(int(reference.frame))
    return {
        vantage: f"frame.number in {{{','.join(str(frame) for frame in sorted(numbers))}}}"
        for vantage, numbers in frames.items()
    }
