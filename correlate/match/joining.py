"""Flows joined over all vantages.

**In:** edges between flows of pairs of vantages. **Out:** ``JoinedFlows`` and the block of every packet.
**Method:** disjoint sets with parity (``union_kernel.py``); a joined flow runs the way that most packets of flows with
a known initiator run.
**Not here:** how edges are found (``association.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from correlate.match.sides import Side
from correlate.match.union_kernel import unite
from correlate.match.votes import Edges
from correlate.model.arrays import I32, I64, Bool, frozen
from correlate.model.flows import JoinedFlows


class FlowUnion:
    """Flows of all vantages (in matching order) and the edges found so far."""

    def __init__(self, sides: Sequence[Side]) -> None:
        self._sides = sides
        self._base = np.concatenate([[0], np.cumsum([len(side.flows) for side in sides])]).astype(np.int64)
        self._edges: list[tuple[I64, I64, Bool]] = []
        self._solve()

    def add(self, a: int, b: int, edges: Edges) -> None:
        """Join flows of vantages ``a`` and ``b``."""
        if len(edges.a):
            self._edges.append((edges.a + self._base[a], edges.b + self._base[b], edges.is_swapped))
            self._solve()

    def free(self, a: int, b: int) -> Bool:
        """Return which flows of ``a`` are not yet joined with any flow of ``b``."""
        there = self.root[self._base[b] : self._base[b + 1]]
        return ~np.isin(self.root[self._base[a] : self._base[a + 1]], there)

    def number_of(self, vantage: int, flows: I64) -> I64:
        """Return the joined flow of each flow of a vantage."""
        return np.asarray(self.number[self._base[vantage] + flows], np.int64)

    def blocks(self, vantage: int, side: Side) -> I32:
        """Return joined flow * 2 + outbound per packet."""
        mine = slice(self._base[vantage], self._base[vantage + 1])
        back: I32 = (self.number[mine] * 2 + self.is_swapped[mine]).astype(np.int32)
        block: I32 = back[side.flows.of_packet]
        block ^= side.flows.is_outbound
        return block

    def _solve(self) -> None:
        count = int(self._base[-1])
        parent, parity = np.arange(count), np.zeros(count, np.bool_)
        if self._edges:
            one, two, swapped = (np.concatenate(part) for part in zip(*self._edges, strict=True))
            unite(frozen(one), frozen(two), frozen(swapped), parent, parity)
        self.root = parent
        roots, self.number = np.unique(parent, return_inverse=True)
        self.number = self.number.astype(np.int64)
        self.count = len(roots)
        packets = self._flow_column("packets")
        # A known initiator outweighs any number of guesses.
        weight = np.where(self._flow_column("has_known_initiator"), 2.0**30, 1.0) * packets
        votes = np.bincount(self.number, np.where(parity, weight, -weight), minlength=self.count)
        self.is_swapped = parity != (votes > 0)[self.number]

    def _flow_column(self, name: str) -> np.ndarray:
        return np.concatenate([getattr(side.flows.columns, name) for side in self._sides])

    def result(self, order: Sequence[int]) -> JoinedFlows:
        """Return the joined flows; ``order[k]`` is the input index of the k-th side."""
        packets, proto = self._flow_column("packets"), self._flow_column("proto")
        member = np.full((self.count, len(order)), -1, np.int32)
        of_flow: list[I64] = [self.number[:0]] * len(order)
        is_swapped: list[Bool] = [self.is_swapped[:0]] * len(order)
        for place, vantage in enumerate(order):
            mine = slice(self._base[place], self._base[place + 1])
            of_flow[vantage], is_swapped[vantage] = self.number[mine], self.is_swapped[mine]
            # Least packets first: the flow with most stays.
            by_size = np.argsort(packets[mine], kind="stable")
            member[of_flow[vantage][by_size], vantage] = by_size
        protos = np.zeros(self.count, np.uint8)
        protos[self.number] = proto
        return JoinedFlows(
            of_flow=tuple(frozen(part, np.int32) for part in of_flow),
            member=frozen(member),
            is_swapped=tuple(frozen(part) for part in is_swapped),
            proto=frozen(protos),
        )
