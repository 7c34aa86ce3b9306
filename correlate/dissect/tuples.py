"""The growing table of who talks to whom.

In: positions of addresses, ports. Out: dense tuple numbers, and at the end the ``TupleColumns``.
Method: one table per vantage, kept over all its chunks and files; doubled between kernel calls when full.
Not here: flows (both directions, new connections).
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.dissect.intern_kernel import intern_rows, rehash
from correlate.dissect.quic import QuicReader
from correlate.dissect.stacks import StackInterner
from correlate.model.arrays import I32, I64, U8, freeze
from correlate.model.packets import TupleColumns

_FIRST_CAPACITY = 1024


def _empty_slots(capacity: int) -> I32:
    """Return slots for ``capacity`` keys at half load."""
    return np.full(2 * capacity, -1, np.int32)


@attrs.define(kw_only=True)
class TupleInterner:
    """Numbers distinct (version, protocol, addresses, ports) in order of first appearance.

    The one mutable object of the stage: create one per vantage and hand it to every ``dissect_frames`` call. Cost:
    48 bytes per distinct tuple; not to be shared between threads.
    """

    _words: NDArray[np.uint64] = attrs.field(init=False, factory=lambda: np.empty((_FIRST_CAPACITY, 5), np.uint64))
    _slots: I32 = attrs.field(init=False, factory=lambda: _empty_slots(_FIRST_CAPACITY))
    _used: I64 = attrs.field(init=False, factory=lambda: np.zeros(1, np.int64))
    stacks: StackInterner = attrs.field(init=False, factory=StackInterner)
    """Who carries whom: tunnels between the addresses of this table."""
    quic: QuicReader = attrs.field(init=False, factory=QuicReader)
    """Whether there may be QUIC between them."""

    def __len__(self) -> int:
        return int(self._used[0])

    def intern(  # noqa: PLR0913, PLR0917 -- a tuple is these
        self, data: U8, source: I64, version: U8, proto: U8, sport: I32, dport: I32, ids: I32 | None = None
    ) -> I32:
        """Return the number of each row's tuple.

        Parameters
        ----------
        data : uint8 (bytes,), read-only
        source : int64 (n,), read-only
            Position of the source address; the destination address follows it.
        version, proto : uint8 (n,), read-only
        sport, dport : int32 (n,), read-only
            -1 = no ports.
        ids : int32 (n,), writable
            Where the numbers go; None = into an array of their own.

        Returns
        -------
        int32 (n,)
        """
        ids = np.empty(len(source), np.int32) if ids is None else ids
        row = 0
        while True:
            row = intern_rows(
                data, source, version, proto, sport, dport, row, self._slots, self._words, self._used, ids
            )
            if row == len(source):
                return ids
            self._grow()

    def _grow(self) -> None:
        """Double the table."""
        words = np.empty((2 * len(self._words), 5), np.uint64)
        words[: len(self._words)] = self._words
        self._words, self._slots = words, _empty_slots(len(words))
        rehash(self._words, len(self), self._slots)

    def columns(self, first: int = 0) -> TupleColumns:
        """Return the tuples so far from number ``first`` on, read-only."""
        words = self._words[first : len(self)]
        packed = words[:, 4].astype(np.int64)
        addresses = np.ascontiguousarray(words[:, :4]).astype("<u8").view(np.uint8).reshape(len(words), 32)
        return freeze(
            TupleColumns(
                src=addresses[:, :16],
                dst=addresses[:, 16:],
                sport=((packed >> 17) % (1 << 17) - 1).astype(np.int32),
                dport=(packed % (1 << 17) - 1).astype(np.int32),
                proto=((packed >> 34) & 0xFF).astype(np.uint8),
                version=(packed >> 42).astype(np.uint8),
            )
        )
