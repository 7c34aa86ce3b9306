"""Which flows occur where in a capture, so that a run about one flow skips what does not hold it.

In: the tuples of chunk after chunk. Out: ``FlowIndex``.
Method: per group of successive chunks a filter (Bloom, 1970) of hashes of both ends and the protocol, three bits each;
where there would be too many groups, neighbours become one. A filter never denies what is there; what it wrongly grants
costs time only.
Not here: hashing (``keys.py``), which parts read which chunks (``cuts.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.model.arrays import I64, U8, Bool, frozen

GROUP_BITS = 17
"""Bits of a group's filter, as a power of two: 10,000 flows in a group fill a fifth of it."""

MOST_GROUPS = 1024
"""Of a capture: 16 MiB."""


@attrs.frozen(kw_only=True)
class FlowIndex:
    """Filters of a capture."""

    bits: U8
    """Shape (groups, bytes)."""
    each: int
    """Places in a group."""

    def may_hold(self, places: I64, key: int) -> bool:
        """Tell whether some places (rows of ``Places``) may hold packets between the ends that a key stands for."""
        groups = np.unique(places // self.each)
        at = _bits_of(np.array([key], np.int64)).ravel()
        bytes_of = self.bits[np.ix_(groups, at >> 3)]
        return bool(((bytes_of >> (7 - (at & 7))) & 1).all(axis=1).any())


@attrs.define
class FlowIndexBuilder:
    """Takes the chunks of a capture in order."""

    each: int = 1
    done: list[U8] = attrs.field(factory=list)
    current: Bool = attrs.field(factory=lambda: np.zeros(1 << GROUP_BITS, np.bool_))
    count: int = 0
    """Places in the current group."""

    def take(self, keys: I64) -> None:
        """Add the next place."""
        if self.count == self.each:
            self._close()
        self.current[_bits_of(keys).ravel()] = True
        self.count += 1

    def built(self) -> FlowIndex:
        """Return the index of all places so far."""
        self._close()
        rows = np.array(self.done, np.uint8).reshape(len(self.done), (1 << GROUP_BITS) // 8)
        return FlowIndex(bits=frozen(rows, np.uint8), each=self.each)

    def _close(self) -> None:
        """End the current group; twice as many places in each, where there are too many groups."""
        if self.count:
            self.done.append(np.packbits(self.current))
            self.current[:] = False
            self.count = 0
        if len(self.done) >= MOST_GROUPS:
            self.done = [one | other for one, other in zip(self.done[::2], self.done[1::2], strict=True)]
            self.each *= 2


def _bits_of(keys: I64) -> I64:
    """Return the bits of each key, shape (keys, 3); the lowest bit of a key says nothing."""
    mask = (1 << GROUP_BITS) - 1
    return np.stack([(keys >> (1 + GROUP_BITS * number)) & mask for number in range(3)], axis=-1)
