"""What is told first: the finding that matters most, its consequences, the rest.

**In:** findings in the order of ``diagnose``. **Out:** a ``Story``.
**Method:** sure findings about the network before unsure ones, those before verdicts ("clean", "cannot tell") and
before facts about captures and clocks; a part of the path is cleared only after what is open elsewhere; within a rank
the order of ``diagnose`` (by harm) stands. A finding with ``caused_by`` is told within its cause's story.
**Not here:** how it looks (``terminal.py``).
"""

from __future__ import annotations

from types import MappingProxyType

import attrs

from correlate.model.correlation import Correlation
from correlate.model.findings import Finding

HEADLINES = MappingProxyType(
    {
        "syn-ack-altered": "ALTERED", "syn-altered": "ALTERED", "payload-altered": "ALTERED", "alg-rewrite": "ALTERED",
        "mss-clamped": "CLAMPED", "option-stripped": "STRIPPED", "window-scale-altered": "REWRITTEN",
        "timestamps-rewritten": "REWRITTEN", "tcp-proxy": "PROXY", "sack-not-rewritten": "ALTERED",
        "syn-proxy": "PROXY", "isn-rewritten": "REWRITTEN", "ip-id-rewritten": "REWRITTEN", "df-cleared": "REWRITTEN",
        "dscp-changed": "REWRITTEN", "ecn-bleached": "REWRITTEN", "ecn-marked": "MARKED", "mss-ignored": "OVERSIZED",
        "checksum-corrupt": "CORRUPT", "loss": "LOST", "fragment-lost": "LOST", "policing": "LOST",
        "port-blocked": "BLOCKED", "pmtu-blackhole": "BLOCKED", "one-way": "ONE WAY", "nat-state-lost": "BLOCKED",
        "rst-injected": "INJECTED", "packet-injected": "INJECTED", "delay-added": "DELAYED", "shaping": "DELAYED",
        "bufferbloat": "DELAYED", "path-change": "REROUTED", "server-slow": "SLOW", "client-slow": "SLOW",
        "no-answer": "NO ANSWER",
        "duplicated": "DUPLICATED", "reordered": "REORDERED", "clean": "CLEAN", "cannot-tell": "CANNOT TELL",
    }
)  # fmt: skip
"""Finding code -> the one word that a person sees first."""

NOT_THE_NETWORK = ("capture-", "clock-")
FACTS = frozenset({"nat", "offload"})
"""Codes that, like those about captures and clocks, are no answer to what went wrong."""
SEVERE = ("error", "warning")
SEVERITY_RANK = MappingProxyType({"error": 0, "warning": 1, "info": 2})


@attrs.frozen(kw_only=True)
class Story:
    """The findings, sorted for a reader."""

    main: Finding | None
    """None: nothing was claimed, or only facts that answer no question."""
    consequences: tuple[Finding, ...]
    """Of the main finding, nearest first."""
    others: tuple[Finding, ...]
    """Not part of the main story, by harm."""

    @property
    def members(self) -> tuple[Finding, ...]:
        """The main finding and its consequences."""
        return (() if self.main is None else (self.main,)) + self.consequences


def main_packet(correlation: Correlation) -> int | None:
    """Return the number of the packet that proves the main finding; None = it names none, or none of this part."""
    main = tell(correlation.findings).main
    return None if main is None or main.packet is None else correlation.number_of(int(main.packet)) or None


def headline(code: str) -> str:
    """Return the one word for a finding code."""
    if code in HEADLINES:
        return HEADLINES[code]
    return code.partition("-")[0].upper()


def tell(findings: tuple[Finding, ...]) -> Story:
    """Sort findings into a story: what matters most, what followed from it, what else there is."""
    by_id = {finding.id: finding for finding in findings}
    ranked = sorted(findings, key=_rank)
    main = next((finding for finding in ranked if finding.caused_by not in by_id), None)
    if main is None or is_mere_fact(main):
        return Story(main=None, consequences=(), others=tuple(ranked))
    caused = {finding.id for finding in findings if _root(finding, by_id) == main.id} - {main.id}
    return Story(
        main=main,
        consequences=tuple(finding for finding in findings if finding.id in caused),
        others=tuple(finding for finding in ranked if finding.id not in caused and finding is not main),
    )


def is_mere_fact(finding: Finding) -> bool:
    """Return True if the finding is no verdict: a translation, offload, or a remark on a capture or clock."""
    is_remark = finding.code in FACTS or finding.code.startswith(NOT_THE_NETWORK)
    return is_remark and finding.severity not in SEVERE


def _rank(finding: Finding) -> int:
    """Return how far from the top a finding is told."""
    if finding.code == "clean":
        # A part of the path is cleared: what is open about the rest matters more.
        return 3 if finding.hop is None else 6
    if finding.code == "cannot-tell":
        return 4
    if finding.severity not in SEVERE:
        return 7 if is_mere_fact(finding) else 6
    if finding.code.startswith(NOT_THE_NETWORK):
        return 5
    return 2 if finding.grade == "inconclusive" else SEVERITY_RANK[finding.severity]


def _root(finding: Finding, by_id: dict[str, Finding]) -> str:
    """Return the id of the first cause; a circle of causes ends where it closes."""
    passed = {finding.id}
    while finding.caused_by in by_id and finding.caused_by not in passed:
        finding = by_id[finding.caused_by]
        passed.add(finding.id)
    return finding.id
