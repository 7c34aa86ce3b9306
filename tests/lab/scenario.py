"""One row of the lab's table: what is built, what runs, and what a report must and must not say.

**In:** nothing. **Out:** ``Scenario``.
**Not here:** the rows (``scenarios``), how they run (``run.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from tests.lab.capture import Clock
from tests.lab.topology import Line
from tests.scoreboard.scenario import ACCUSING

TRACKING = ("nat", "ct ", "synproxy", "conntrack")
"""Words of rules that need connection tracking."""

Job = tuple[str, Mapping[str, Any]]


@attrs.frozen(kw_only=True)
class Scenario:
    """Everything about one run, as data."""

    name: str
    line: Line
    vantages: tuple[str, ...]
    """``node.side``, in path order."""
    jobs: tuple[Job, ...]
    """Run at the first node; where no ``to`` is given, the last node is meant."""
    rules: Mapping[str, str] = attrs.field(factory=dict)
    """Node -> shell lines that run there before any traffic."""
    services: Mapping[str, str] = attrs.field(factory=dict)
    """Node -> shell lines that end in ``exec`` of a program that stays; ``{folder}`` is the run's own."""
    during: Mapping[str, tuple[float, str]] = attrs.field(factory=dict)
    """Node -> (seconds after the jobs began, shell lines)."""
    kinds: Mapping[str, str] = attrs.field(factory=dict)
    """Node -> ``gateway``, ``synproxy``, ``proxy`` or ``hairpin`` where it is more than a router or NAT."""
    droppers: frozenset[str] = frozenset()
    """Nodes whose rules or queues may drop."""
    clocks: Mapping[str, Clock] = attrs.field(factory=dict)
    """Vantage -> how its clock runs; others are true."""
    snaplen: Mapping[str, int] = attrs.field(factory=dict)
    expect: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    """Code -> hops (``from>to``) on which it may be said and of which one it must be; none given = any hop."""
    unsure: frozenset[str] = frozenset()
    """Codes neither expected nor forbidden: what ran does not settle them."""
    needs: tuple[str, ...] = ()
    """Programs beyond those of every scenario."""
    packages: tuple[str, ...] = ()
    """Python packages beyond those of the tests."""
    fast: bool = False
    """Runs in the unit tests."""
    seconds: float = 12
    """Jobs that are not done by then are left behind."""
    seed: int = 1
    host: str = ""
    """Node that serves, if it is not the last one."""
    to: str = ""
    """Address that the jobs use, if it is not the server's own."""

    @property
    def server(self) -> str:
        """Return the node that serves."""
        return self.host or self.line.nodes[-1]

    @property
    def target(self) -> str:
        """Return the address that jobs use unless they say another."""
        return self.to or self.line.address(self.server, "left")

    @property
    def tracking(self) -> list[str]:
        """Return nodes whose rules make their kernel track connections."""
        return [node for node, rules in self.rules.items() if any(word in rules for word in TRACKING)]

    def forbids(self, code: str, hop: str) -> bool:
        """Return whether a finding accuses where nothing of the kind was done."""
        if code not in ACCUSING or code in self.unsure:
            return False
        return code not in self.expect or bool(self.expect[code] and hop not in self.expect[code])
