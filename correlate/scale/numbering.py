"""Flows numbered over all parts.

In: the ``Members`` of part after part, in order of time. Out: each part's flows under their numbers in the whole, and
their totals.
Method: a flow goes on in the next part if the same ends are seen at any vantage there, unless a SYN opens it anew.
Not here: hashing the ends (``members.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.model.arrays import I64
from correlate.scale.members import Members


@attrs.define(kw_only=True)
class FlowNumbers:
    """All flows so far; about 300 bytes each."""

    known: dict[tuple[str, int], int] = attrs.field(factory=dict)
    """(vantage, hash of both ends) -> number of the flow that had them last."""
    packets: list[int] = attrs.field(factory=list)
    bytes: list[int] = attrs.field(factory=list)
    first_ns: list[int] = attrs.field(factory=list)
    last_ns: list[int] = attrs.field(factory=list)

    def __len__(self) -> int:
        return len(self.packets)

    def take(self, members: Members) -> I64:
        """Add a part's flows and return the number in the whole of each of the part's own; -1 = not told of."""
        numbers = np.full(max(members.flow, default=-1) + 1, -1, np.int64)
        for row, own in enumerate(members.flow):
            keys = [(name, key) for name, key in zip(members.vantages, members.keys[row], strict=True) if key]
            number = self._number(keys, is_opening=members.is_opening[row])
            numbers[own] = number
            for key in keys:
                self.known[key] = number
            self.packets[number] += members.packets[row]
            self.bytes[number] += members.bytes[row]
            self.first_ns[number] = min(self.first_ns[number], members.first_ns[row])
            self.last_ns[number] = max(self.last_ns[number], members.last_ns[row])
        return numbers

    def _number(self, keys: list[tuple[str, int]], *, is_opening: bool) -> int:
        """Return the number of a flow: a known one, or the next."""
        for key in keys if not is_opening else ():
            if key in self.known:
                return self.known[key]
        self.packets.append(0)
        self.bytes.append(0)
        self.first_ns.append(2**63 - 1)
        self.last_ns.append(-(2**63))
        return len(self.packets) - 1
