"""Packets as bundles of sightings, while they grow.

**In:** pairs of rows of two vantages. **Out:** one bundle per packet, its row at each vantage.
**Method:** every row starts as a bundle of its own; a pair merges two bundles whose vantages are disjoint. A round of
pairs is one-to-one, so merging is one relabelling of all rows.
**Not here:** which rows pair (``ladder.py``), bundles that share a row (``ranges.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from correlate.match.bundle_kernel import lay_out_rows, merge_pairs
from correlate.match.ladder import Pairs
from correlate.model.arrays import I8, I32, I64, Bool, frozen
from correlate.model.matches import Tier
from correlate.model.ordering import stable_order


class Matrix(NamedTuple):
    """Bundles in use, in their order."""

    is_used: Bool
    """Of all bundles."""
    rows: I64
    """Shape (bundles in use, vantages), -1 = not observed."""
    block: I32
    """As the first vantage has it that holds the packet."""


class Bundles:
    """Rows of all vantages (in matching order); copies belong to no bundle.

    Rows that repeat another wait until ``with_repeats``: first sightings are compared with first sightings.
    """

    def __init__(self, is_copy: Sequence[Bool], is_repeat: Sequence[Bool]) -> None:
        self.is_repeat = is_repeat
        self.of_row: list[I32] = []
        """Per vantage the bundle of each row, -1 = none."""
        held = [int(np.count_nonzero(~copies)) for copies in is_copy]
        self.tier: I8 = np.full(sum(held), int(Tier.ALONE), np.int8)
        self.is_ambiguous: Bool = np.zeros(sum(held), np.bool_)
        self.has_merged = False
        self.seen_at: I64 = np.zeros(sum(held), np.uint8 if len(is_copy) <= 8 else np.int64)
        """Bit per vantage."""
        base = 0
        for vantage, (copies, count) in enumerate(zip(is_copy, held, strict=True)):
            own = np.arange(base, base + count, dtype=np.int32)
            if count < len(copies):
                own, numbers = np.full(len(copies), -1, np.int32), own
                own[~copies] = numbers
            self.of_row.append(own)
            self.seen_at[base : base + count] = 1 << vantage
            base += count

    def open_rows(self, vantage: int, other: int, *, with_repeats: bool) -> I32:
        """Return the rows of ``vantage`` whose bundle lacks ``other``."""
        own = self.of_row[vantage]
        is_open = own >= 0
        if not with_repeats:
            is_open &= ~self.is_repeat[vantage]
        if self.has_merged:
            # Of a row without a bundle the last bundle is asked; it is not open anyway.
            is_open &= (self.seen_at[own] & (1 << other)) == 0
        return np.flatnonzero(is_open).astype(np.int32)

    def merge(self, a: int, b: int, pairs: Pairs) -> None:
        """Merge the bundles of paired rows; pairs whose bundles already meet at a third vantage are dropped."""
        if not len(pairs.a):
            return
        label = np.arange(len(self.tier), dtype=np.int32) if len(self.of_row) > 2 else np.zeros(0, np.int32)
        held = merge_pairs(
            frozen(pairs.a, np.int32),
            frozen(pairs.b, np.int32),
            frozen(pairs.tier),
            frozen(pairs.is_ambiguous),
            self.of_row[a],
            self.of_row[b],
            self.seen_at,
            self.tier,
            self.is_ambiguous,
            label,
        )
        self.has_merged |= held != 0
        elsewhere = held & ~(1 << b)
        for vantage, own in enumerate(self.of_row):
            if elsewhere >> vantage & 1:
                self.of_row[vantage] = np.where(own >= 0, label[own], np.int32(-1))

    def sure_rows(self, a: int, b: int) -> tuple[I64, I64]:
        """Return the rows of two vantages that earlier rounds brought together by way of others."""
        if not self.has_merged:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        both = (1 << a) | (1 << b)
        is_sure = ((self.seen_at & both) == both) & (self.tier <= int(Tier.TRANSFORMED)) & ~self.is_ambiguous
        rows = []
        for vantage in (a, b):
            own = self.of_row[vantage]
            here = np.flatnonzero((own >= 0) & is_sure[own])
            rows.append(here[stable_order(own[here])])
        return rows[0], rows[1]

    def matrix(self, blocks: Sequence[I32], columns: Sequence[int]) -> Matrix:
        """Return the bundles in use.

        ``blocks`` has the block of every row of each vantage, ``columns`` the column of each vantage.
        """
        used = np.zeros(len(self.seen_at), np.bool_)
        for own in self.of_row:
            used[own if (own >= 0).all() else own[own >= 0]] = True
        line = np.cumsum(used, dtype=np.int32)
        line -= np.int32(1)
        count = int(line[-1]) + 1 if len(line) else 0
        rows, block = np.full((count, len(self.of_row)), -1, np.int64), np.zeros(count, np.int32)
        # The first vantage that holds a packet has the last word.
        for vantage in range(len(self.of_row) - 1, -1, -1):
            lay_out_rows(self.of_row[vantage], line, columns[vantage], frozen(blocks[vantage], np.int32), rows, block)
        return Matrix(used, rows, block)
