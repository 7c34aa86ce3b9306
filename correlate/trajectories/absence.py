"""One hop's absent packets with everything a rule may ask about them.

**In:** prepared scene, evidence, rates. **Out:** :class:`Absence` (asked by rules), :class:`Ruling` (their answer).

**Not here:** rules (``rules.py``, ``upstream.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.model.arrays import I8, I32, I64, Bool
from correlate.model.trajectories import Fate, FateGrade, Reason
from correlate.trajectories.evidence import Evidence
from correlate.trajectories.groups import FlowView, Runs
from correlate.trajectories.rates import Odds
from correlate.trajectories.scene import Place, Scene, Travel


@attrs.frozen(kw_only=True)
class Absence:
    """Packets whose last sighting is at or before ``step`` and that the far vantage does not hold.

    Arrays other than those of the nested tables and every mask a rule returns have one entry per absent packet.
    """

    scene: Scene
    travel: Travel
    back: Travel
    evidence: Evidence
    runs: Runs
    flows: FlowView
    is_elsewhere: Bool
    """Nothing says that its two hosts talk across this hop."""
    odds: Odds
    step: int
    index: I64
    """Entries of the Travel."""
    window: I8
    """``Window`` at the far vantage."""
    is_covered_beyond: Bool
    """All vantages beyond the far one were capturing as well."""
    is_stuck_back: Bool
    """Per flow of which nothing in this direction crosses (``FlowView.is_half``): the far vantage shows its opposite
    direction sending the same bytes over and over."""
    is_unreceived: Bool
    """Its receiver stands at the far vantage and lacked it until it was sent again."""
    is_too_large: Bool
    """The hop swallows all packets of its size."""
    is_forgotten: Bool
    """Its flow crossed, fell silent, and crosses no more."""
    complaint: I64
    """The ICMP error by which its receiver says that its datagram was never whole; -1 = none."""
    has_twin: Bool
    """The far side holds a packet that upstream lacks and that may be this one, unmatched."""

    @property
    def near(self) -> Place:
        """The vantage before the hop."""
        return self.scene.places[self.travel.places[self.step]]

    @property
    def far(self) -> Place:
        """The vantage after the hop."""
        return self.scene.places[self.travel.places[self.step + 1]]

    @property
    def flow(self) -> I64:
        """Joined flow of each."""
        return self.travel.flow[self.index]

    @property
    def is_here(self) -> Bool:
        """The near vantage itself holds it: only then can a loss be placed on this hop."""
        return np.asarray(self.travel.last[self.index] == self.step, np.bool_)

    @property
    def bits(self) -> I64:
        """Evidence bits of ``tcp_kernels``."""
        return self.evidence.bits[self.index].astype(np.int64)

    @property
    def has_sequence(self) -> Bool:
        """The receiver must acknowledge it."""
        return self.evidence.has_sequence[self.index]


@attrs.frozen(kw_only=True)
class Ruling:
    """What a rule says of the packets it applies to."""

    applies: Bool
    fate: Fate
    reason: Reason
    is_proven: Bool | None = None
    """Where it applies and is proven; the rest is likely (None = likely everywhere)."""
    is_sure: bool = True
    """False: inconclusive."""
    witness: I32 | I64 | None = None

    def grade(self) -> I8:
        """Return the grade of each packet."""
        if not self.is_sure or self.fate == Fate.AMBIGUOUS:
            return np.full(len(self.applies), FateGrade.INCONCLUSIVE, np.int8)
        if self.is_proven is None:
            return np.full(len(self.applies), FateGrade.LIKELY, np.int8)
        return np.where(self.is_proven, FateGrade.PROVEN, FateGrade.LIKELY).astype(np.int8)
