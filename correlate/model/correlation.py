"""The result of a run: every table, for reports and notebooks.

In: assembled by ``pipeline``. Out: used by ``report`` and by people.
Not here: any computation.
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.model.arrays import I64, Bool
from correlate.model.clocks import ClockModel
from correlate.model.findings import Finding
from correlate.model.flows import FlowTable, JoinedFlows
from correlate.model.ledger import Ledger
from correlate.model.matches import MatchTable
from correlate.model.metrics import MetricsTable
from correlate.model.mutations import MutationTable
from correlate.model.packets import PacketTable
from correlate.model.path import Path
from correlate.model.rewritings import RewritingColumns, no_rewritings
from correlate.model.tallies import Tallies
from correlate.model.trajectories import FateColumns, TrajectoryTable
from correlate.model.vantage import Vantage


@attrs.frozen(kw_only=True)
class Correlation:
    """Everything that one run found. Vantage-indexed tuples are in input order; ``path.order`` gives path order."""

    vantages: tuple[Vantage, ...]
    packets: tuple[PacketTable, ...]
    flows: tuple[FlowTable, ...]
    joined: JoinedFlows
    match: MatchTable
    path: Path
    clocks: ClockModel
    trajectories: TrajectoryTable
    fates: FateColumns
    mutations: MutationTable
    metrics: MetricsTable
    findings: tuple[Finding, ...]
    ledgers: tuple[Ledger, ...]
    options: dict[str, object]
    captures: dict[str, tuple[str, ...]]
    """Vantage name -> the paths it was read from."""
    rewritings: RewritingColumns = attrs.field(factory=no_rewritings)
    """What each hop does to the numbers of each flow."""
    in_scope: Bool | None = None
    """Per packet of the trajectories: the options keep it; what is told speaks of no other. None = all of them."""

    tallies: Tallies | None = None
    """How often packets were surely lost and surely missed; None = there is no hop."""

    numbers: I64 | None = None
    """Per packet of the trajectories, if this is a part of larger captures: its number in tables and captures of the
    whole; 0 = another part tells of it. None = its row plus one."""

    @property
    def kept(self) -> Bool:
        """Per packet of the trajectories: what is told speaks of it."""
        whole = np.ones(len(self.trajectories), np.bool_)
        return whole if self.in_scope is None else self.in_scope

    def number_of(self, packet: int) -> int:
        """Return the number that a packet (row) bears in tables and merged captures; 0 = none here."""
        return packet + 1 if self.numbers is None else int(self.numbers[packet])
