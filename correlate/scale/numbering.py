"""Flows numbered over all parts.

In: the ``Members`` of part after part, in order of time. Out: each part's flows under their numbers in the whole, and
their totals.
Method: a flow goes on in the next part if the same ends are seen at any vantage there, unless a SYN opens it anew. Ends
are kept as one sorted column of hashes; a part looks its own up, works on those, and merges them in.
Not here: hashing the ends (``members.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.model.arrays import I64
from correlate.model.fingerprints import mixed
from correlate.scale.members import Members


def _none() -> I64:
    return np.zeros(0, np.int64)


@attrs.define(kw_only=True)
class FlowNumbers:
    """All flows so far; 32 bytes each, and 16 per vantage that saw it."""

    keys: I64 = attrs.field(factory=_none)
    """Hashes of (vantage, both ends), ascending."""
    latest: I64 = attrs.field(factory=_none)
    """Number of the flow that had them last."""
    packets: I64 = attrs.field(factory=_none)
    bytes: I64 = attrs.field(factory=_none)
    first_ns: I64 = attrs.field(factory=_none)
    last_ns: I64 = attrs.field(factory=_none)
    vantages: list[str] = attrs.field(factory=list)

    def __len__(self) -> int:
        return len(self.packets)

    def take(self, members: Members) -> I64:
        """Add a part's flows and return the number in the whole of each of the part's own; -1 = not told of."""
        keys = self._of_vantages(members)
        known = self._known(np.unique(keys[keys != 0]))
        number, count = np.zeros(len(members.flow), np.int64), len(self)
        for row, (mine, is_opening) in enumerate(zip(keys.tolist(), members.is_opening, strict=True)):
            seen = [key for key in mine if key]
            found = -1 if is_opening else next((known[key] for key in seen if known[key] >= 0), -1)
            if found < 0:
                found, count = count, count + 1
            number[row] = found
            known.update(dict.fromkeys(seen, found))
        self._remember(known)
        self._add(members, number, count)
        own = np.array(members.flow, np.int64)
        numbers = np.full(int(own.max(initial=-1)) + 1, -1, np.int64)
        numbers[own] = number
        return numbers

    def _of_vantages(self, members: Members) -> I64:
        """Return the keys, which are the same at two vantages, as keys of each vantage; 0 = not seen there."""
        self.vantages += [name for name in members.vantages if name not in self.vantages]
        keys = np.array(members.keys, np.int64).reshape(-1, len(members.vantages))
        at = np.broadcast_to(np.array([self.vantages.index(name) for name in members.vantages], np.int64), keys.shape)
        return np.where(keys != 0, mixed(keys.ravel(), at.ravel()).reshape(keys.shape) | 1, 0)

    def _known(self, keys: I64) -> dict[int, int]:
        """Return the numbers that some keys have, -1 = none yet."""
        if not len(self.keys):
            return dict.fromkeys(keys.tolist(), -1)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return dict(zip(keys.tolist(), np.where(self.keys[at] == keys, self.latest[at], -1).tolist(), strict=True))

    def _remember(self, known: dict[int, int]) -> None:
        """Merge a part's keys in."""
        keys, latest = (np.fromiter(column, np.int64, len(known)) for column in (known.keys(), known.values()))
        is_old = ~np.isin(self.keys, keys, assume_unique=True)
        keys, latest = np.concatenate([self.keys[is_old], keys]), np.concatenate([self.latest[is_old], latest])
        order = np.argsort(keys, kind="stable")
        self.keys, self.latest = keys[order], latest[order]

    def _add(self, members: Members, number: I64, count: int) -> None:
        more = count - len(self)
        grown = (self.packets, self.bytes, self.first_ns, self.last_ns)
        fill = (0, 0, 2**63 - 1, -(2**63))
        self.packets, self.bytes, self.first_ns, self.last_ns = (
            np.concatenate([column, np.full(more, value, np.int64)]) for column, value in zip(grown, fill, strict=True)
        )
        np.add.at(self.packets, number, np.array(members.packets, np.int64))
        np.add.at(self.bytes, number, np.array(members.bytes, np.int64))
        np.minimum.at(self.first_ns, number, np.array(members.first_ns, np.int64))
        np.maximum.at(self.last_ns, number, np.array(members.last_ns, np.int64))
