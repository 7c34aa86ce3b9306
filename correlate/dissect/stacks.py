"""The growing table of tunnels.

In: layers of packets, with the numbers of their outer tuples. Out: dense tunnel numbers, and at the end the
``TunnelColumns``.
Method: as ``tuples``: one table per vantage, doubled between kernel calls when full.
Not here: finding the layers (``walk_kernel``).
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.dissect.intern_kernel import intern_layers, rehash_layers
from correlate.model.arrays import I32, I64, freeze
from correlate.model.tunnels import TunnelColumns

_FIRST_CAPACITY = 64


def _empty_slots(capacity: int) -> I32:
    """Return slots for ``capacity`` keys at half load."""
    return np.full(2 * capacity, -1, np.int32)


def _first_words() -> I64:
    """Return the table with its row 0: no tunnel, no parent, no addresses, no key."""
    words = np.zeros((_FIRST_CAPACITY, 4), np.int64)
    words[0] = (0, 0, -1, -1)
    return words


@attrs.define(kw_only=True)
class StackInterner:
    """Numbers distinct stacks of tunnel layers in order of first appearance; 0 is no tunnel.

    Cost: 32 bytes per distinct stack; not to be shared between threads.
    """

    _words: NDArray[np.int64] = attrs.field(init=False, factory=_first_words)
    _slots: I32 = attrs.field(init=False, factory=lambda: _empty_slots(_FIRST_CAPACITY))
    _used: I64 = attrs.field(init=False, factory=lambda: np.ones(1, np.int64))

    def __len__(self) -> int:
        return int(self._used[0])

    def intern(self, rows: int, row_of: I64, kind: I64, tuple_id: I64, key: I64) -> I32:
        """Return the stack of each of ``rows`` packets.

        Parameters
        ----------
        rows
            Number of packets.
        row_of, kind, tuple_id, key : int64 (layers,), read-only
            Per layer its packet, and what ``TunnelColumns`` says of it; outermost first within a packet.

        Returns
        -------
        int32 (rows,)
        """
        ids = np.zeros(rows, np.int32)
        at = 0
        while True:
            at = intern_layers(row_of, kind, tuple_id, key, at, self._slots, self._words, self._used, ids)
            if at == len(row_of):
                return ids
            self._grow()

    def _grow(self) -> None:
        """Double the table."""
        words = np.empty((2 * len(self._words), 4), np.int64)
        words[: len(self._words)] = self._words
        self._words, self._slots = words, _empty_slots(len(words))
        rehash_layers(self._words, len(self), self._slots)

    def columns(self) -> TunnelColumns:
        """Return all stacks so far, read-only; row = number."""
        parent, kind, tuple_id, key = self._words[: len(self)].T
        return freeze(
            TunnelColumns(
                parent=parent.astype(np.int32),
                kind=kind.astype(np.uint8),
                tuple_id=tuple_id.astype(np.int32),
                key=key.copy(),
            )
        )
