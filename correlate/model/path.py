"""The order of the vantages and which way each packet travels along it.

In: made by ``paths``. Out: used by ``clocks``, ``trajectories``, ``metrics``, ``graph``, ``diagnose``, ``report``.
Not here: how sure the clock is.
"""

from __future__ import annotations

import enum

import attrs

from correlate.model.arrays import I8


class Direction(enum.IntEnum):
    """Along the path order; the numbers are used as signs."""

    FORWARD = 1
    REVERSE = -1
    UNKNOWN = 0


@attrs.frozen(kw_only=True)
class Path:
    """Vantages in path order. A hop ``h`` joins ``order[h]`` and ``order[h + 1]``."""

    order: tuple[int, ...]
    """Indices into the input order of vantages; those sharing no packet with any other are left out."""
    unplaced: tuple[int, ...]
    """Vantages that share no packet with the others."""
    flow_direction: I8
    """Per joined flow: ``Direction`` of its outbound packets (initiator -> responder)."""
    is_inferred: bool
    """False: evidence was silent or ``--order given``; the order of the command line stands."""
    contradicts_given: bool
    """Evidence ordered the vantages otherwise than the command line."""
    evidence: tuple[str, ...]
    """One sentence per kind of evidence used, with its counts."""

    @property
    def hop_count(self) -> int:
        """Number of hops, 0 for a single vantage."""
        return max(0, len(self.order) - 1)
