"""The order of the vantages and which way each packet travels along it.

In: made by ``paths``. Out: used by ``clocks``, ``trajectories``, ``metrics``, ``graph``, ``diagnose``, ``report``.
Not here: how sure the clock is.
"""

from __future__ import annotations

import enum
from itertools import pairwise

import attrs
import numpy as np

from correlate.model.arrays import I8, Bool


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
    is_guessed: bool = False
    """Nothing shows which way any packet travels (one-way flows that keep their TTL): outbound packets are taken to
    leave the end given first (contract). No clock may rest on that."""
    evidence: tuple[str, ...] = ()
    """One sentence per kind of evidence used, with its counts."""
    is_on_way: Bool | None = None
    """Shape (joined flows, 2, places in path order): [flow, 1] outbound packets, [flow, 0] return packets. False where
    a vantage is shown to lie off their way (another branch, the other fibre); None = not looked into."""
    side_by_side: tuple[tuple[int, int], ...] = ()
    """Places that no packet passes both: branches of the path."""

    @property
    def links(self) -> tuple[tuple[int, int], ...]:
        """Pairs of places that follow each other on some flow's way: the path as a directed acyclic graph."""
        if self.is_on_way is None or not self.side_by_side:
            return tuple((place, place + 1) for place in range(self.hop_count))
        ways = np.unique(self.is_on_way.reshape(-1, len(self.order)), axis=0)
        ways = ways[~np.array([[way[a] and way[b] for a, b in self.side_by_side] for way in ways]).any(axis=1)]
        return tuple(sorted({link for way in ways for link in pairwise(np.flatnonzero(way).tolist())}))

    @property
    def shown_direction(self) -> I8:
        """``flow_direction`` as far as evidence shows it: ``UNKNOWN`` where it is guessed."""
        return np.zeros_like(self.flow_direction) if self.is_guessed else self.flow_direction

    @property
    def hop_count(self) -> int:
        """Number of hops, 0 for a single vantage."""
        return max(0, len(self.order) - 1)
