"""The order in which findings are told.

In: findings with working ids. Out: the same, sorted by harm, with ids ``f1``, ``f2``, ... and causes renamed along.
Method: severity, then grade, then the catalogue's harm, then how many packets; a consequence follows its cause.
Not here: making findings.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from correlate.diagnose.catalogue import CATALOGUE
from correlate.model.findings import Finding

SEVERITIES = ("error", "warning", "info")
GRADES = ("proven", "likely", "inconclusive")


def rank(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Sort by harm and number; a consequence comes directly after its cause."""
    ordered = sorted(findings, key=harm)
    known = {one.id for one in ordered}
    told: list[Finding] = []
    for root in ordered:
        if root.caused_by not in known:
            told.extend(_with_consequences(root, ordered))
    numbers = {one.id: f"f{index}" for index, one in enumerate(told, start=1)}
    return tuple(
        attrs.evolve(one, id=numbers[one.id], caused_by=numbers.get(one.caused_by) if one.caused_by else None)
        for one in told
    )


def _with_consequences(cause: Finding, ordered: Sequence[Finding]) -> list[Finding]:
    """Return a finding and what followed from it, depth first."""
    told = [cause]
    for one in ordered:
        if one.caused_by == cause.id:
            told.extend(_with_consequences(one, ordered))
    return told


def harm(finding: Finding) -> tuple[int, int, int, float, str]:
    """Return a finding's place in the order of harm, the worst first."""
    return (
        SEVERITIES.index(finding.severity),
        GRADES.index(finding.grade),
        -CATALOGUE[finding.code].harm,
        -float(finding.quantity or 0) if finding.unit == "packets" else 0.0,
        finding.id,
    )
