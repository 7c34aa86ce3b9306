"""Packets as bundles of sightings, while they grow.

**In:** pairs of rows of two vantages. **Out:** one bundle per packet, its row at each vantage.
**Method:** every row starts as a bundle of its own; a pair merges two bundles whose vantages are disjoint. A round of
pairs is one-to-one, so merging is one relabelling of all rows.
**Not here:** which rows pair (``ladder.py``), bundles that share a row (``ranges.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from correlate.match.ladder import Pairs
from correlate.model.arrays import I8, I64, Bool
from correlate.model.matches import Tier
from correlate.model.ordering import stable_order


class Bundles:
    """Rows of all vantages (in matching order); copies belong to no bundle.

    Rows that repeat another wait until ``with_repeats``: first sightings are compared with first sightings.
    """

    def __init__(self, is_copy: Sequence[Bool], is_repeat: Sequence[Bool]) -> None:
        base = 0
        self.is_repeat = is_repeat
        self.of_row: list[I64] = []
        for copies in is_copy:
            own = np.full(len(copies), -1, np.int64)
            own[~copies] = np.arange(base, base + np.count_nonzero(~copies))
            base += int(np.count_nonzero(~copies))
            self.of_row.append(own)
        self.tier: I8 = np.full(base, int(Tier.ALONE), np.int8)
        self.is_ambiguous: Bool = np.zeros(base, np.bool_)
        self.has_merged = False
        self.seen_at: I64 = np.zeros(base, np.uint8 if len(is_copy) <= 8 else np.int64)
        """Bit per vantage."""
        for vantage, own in enumerate(self.of_row):
            self.seen_at[own[own >= 0]] = 1 << vantage

    def open_rows(self, vantage: int, other: int, *, with_repeats: bool) -> I64:
        """Return the rows of ``vantage`` whose bundle lacks ``other``."""
        own = self.of_row[vantage]
        lacks = (self.seen_at[np.maximum(own, 0)] >> other & 1) == 0
        return np.flatnonzero((own >= 0) & lacks & (with_repeats | ~self.is_repeat[vantage]))

    def merge(self, a: int, b: int, pairs: Pairs) -> None:
        """Merge the bundles of paired rows; pairs whose bundles already meet at a third vantage are dropped."""
        one, two = self.of_row[a][pairs.a], self.of_row[b][pairs.b]
        fits = (self.seen_at[one] & self.seen_at[two]) == 0
        one, two = one[fits], two[fits]
        self.seen_at[one] |= self.seen_at[two]
        self.tier[one] = np.maximum(np.maximum(self.tier[one], self.tier[two]), pairs.tier[fits])
        self.is_ambiguous[one] |= self.is_ambiguous[two] | pairs.is_ambiguous[fits]
        self.has_merged |= len(one) > 0
        elsewhere = int(np.bitwise_or.reduce(self.seen_at[two], initial=0)) & ~(1 << b)
        self.of_row[b][pairs.b[fits]] = one
        if not elsewhere:
            return
        label = np.arange(len(self.seen_at))
        label[two] = one
        for vantage, own in enumerate(self.of_row):
            if elsewhere >> vantage & 1:
                self.of_row[vantage] = np.where(own >= 0, label[np.maximum(own, 0)], -1)

    def sure_rows(self, a: int, b: int) -> tuple[I64, I64]:
        """Return the rows of two vantages that earlier rounds brought together by way of others."""
        if not self.has_merged:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        both = (1 << a) | (1 << b)
        is_sure = ((self.seen_at & both) == both) & (self.tier <= int(Tier.TRANSFORMED)) & ~self.is_ambiguous
        rows = []
        for vantage in (a, b):
            own = self.of_row[vantage]
            here = np.flatnonzero((own >= 0) & is_sure[np.maximum(own, 0)])
            rows.append(here[stable_order(own[here])])
        return rows[0], rows[1]

    def matrix(self) -> tuple[I64, I64]:
        """Return the bundles in use and their rows, shape (bundles, vantages), -1 = not observed."""
        used = np.zeros(len(self.seen_at), np.bool_)
        for own in self.of_row:
            used[own if (own >= 0).all() else own[own >= 0]] = True
        ids = np.flatnonzero(used)
        number = np.cumsum(used, dtype=np.int32) - np.int32(1)
        rows = np.full((len(ids), len(self.of_row)), -1, np.int64)
        for vantage, own in enumerate(self.of_row):
            here = np.arange(len(own)) if (own >= 0).all() else np.flatnonzero(own >= 0)
            rows[number[own[here]], vantage] = here
        return ids, rows
