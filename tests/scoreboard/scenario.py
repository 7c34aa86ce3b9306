"""One row of the table: a world, and what a report on it must and must not say.

**In:** nothing. **Out:** ``Scenario``, ``ACCUSING``.
**Not here:** the rows (``rows/``), scoring (``score.py``).
"""

from __future__ import annotations

import attrs

from tests.netsim import Truth, World

ACCUSING = frozenset(
    (
        "loss",
        "port-blocked",
        "pmtu-blackhole",
        "fragment-lost",
        "nat-state-lost",
        "one-way",
        "policing",
        "rst-injected",
        "packet-injected",
        "duplicated",
        "reordered",
        "checksum-corrupt",
        "syn-ack-altered",
        "syn-altered",
        "payload-altered",
        "mss-clamped",
        "mss-ignored",
        "option-stripped",
        "window-scale-altered",
        "timestamps-rewritten",
        "sack-not-rewritten",
        "isn-rewritten",
        "ip-id-rewritten",
        "df-cleared",
        "dscp-changed",
        "ecn-bleached",
        "alg-rewrite",
        "syn-proxy",
        "tcp-proxy",
    )
)
"""Codes that blame the network: forbidden in every world where nothing of the kind happened."""


@attrs.frozen(kw_only=True)
class Scenario:
    """A world and what a report on it must and must not say."""

    name: str
    world: World
    core: bool = False
    fast: bool = False
    """Runs in the unit tests."""
    expect: frozenset[str] = frozenset()
    """Codes beyond those that the truth names by itself."""
    unsure: frozenset[str] = frozenset()
    """Codes neither expected nor forbidden: the captures do not settle them."""
    hoped: frozenset[str] = frozenset()
    """Expected codes that may honestly stay inconclusive: the table shows them as missing, the tests do not fail."""
    given: tuple[int, ...] | None = None
    """Places in the order of the command line; None = path order."""

    def expected(self, truth: Truth) -> frozenset[str]:
        """Return codes that must be reported (likely or proven)."""
        return (truth.findings() | self.expect) - self.unsure

    def forbidden(self, truth: Truth) -> frozenset[str]:
        """Return codes that must not be reported so."""
        # With more taps the hops without loss may well be called clean.
        has_one_hop = len(self.world.taps) == 2
        wrong = ACCUSING | ({"clean"} if has_one_hop and "loss" in truth.findings() else frozenset())
        return wrong - truth.findings() - truth.impairments() - self.expect - self.unsure
