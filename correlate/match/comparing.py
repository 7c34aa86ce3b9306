"""Candidates compared: what speaks for one packet and what against.

**In:** positions in the ``Sights`` of two sides. **Out:** ``Compared``: bits per pair, and counts of them per block.
**Method:** many pairs by a kernel over raw columns, few by their fingerprint components; both give the same.
**Not here:** what follows from it (``climbing.py``, ``ladder.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.match.comparing_kernel import (
    ALTERED,
    BARE,
    OTHER_DETAIL,
    OTHER_IDENT,
    OTHER_STAMP,
    SAME_DETAIL,
    SAME_IDENT,
    SAME_STAMP,
    Fields,
    compare_rows,
)
from correlate.match.sides import Side, Sights
from correlate.model.arrays import I64, U8, frozen

_FEW = 20_000
"""Pairs up to which the kernel would take longer to load than it saves."""
_COMPARED = ("ident", "is_telling", "stamp", "length", "head", "total", "whole", "detail", "is_tcp", "is_bare")
_COUNTED = (SAME_IDENT, OTHER_IDENT, SAME_STAMP, OTHER_STAMP, SAME_DETAIL, OTHER_DETAIL)


class Habits(NamedTuple):
    """Per block: how often matched packets agree in what boxes may rewrite."""

    ident_agrees: I64
    ident_differs: I64
    stamp_agrees: I64
    stamp_differs: I64
    detail_agrees: I64
    detail_differs: I64


class Compared(NamedTuple):
    """What pairs have in common."""

    told: U8
    """Bits, as in ``comparing_kernel.py``."""
    habits: Habits


def compare(a: Sights, b: Sights, at: tuple[I64, I64], blocks: int, *, counts_altered: bool) -> Compared:
    """Compare pairs of positions; pairs whose payload differs are counted only if ``counts_altered``. Cost O(n)."""
    if len(at[0]) <= _FEW or a.are_changed(_COMPARED) or b.are_changed(_COMPARED):
        one = a.take(at[0])
        told = told_of(one, b.take(at[1]))
        block = one.block if counts_altered else one.block[(told & ALTERED) == 0]
        kept = told if counts_altered else told[(told & ALTERED) == 0]
        return Compared(told, Habits(*(np.bincount(block[(kept & bit) != 0], minlength=blocks) for bit in _COUNTED)))
    told, counts = np.empty(len(at[0]), np.uint8), np.zeros((len(_COUNTED), blocks), np.int64)
    rows = frozen(a.row[at[0]]), frozen(b.row[at[1]])
    block = frozen(a.block[at[0]])
    compare_rows(*rows, _fields(a.side), _fields(b.side), block, counts_altered, told, counts)
    return Compared(told, Habits(*counts))


def told_of(a: Sights, b: Sights) -> U8:
    """Return the bits of pairs, same positions of both sights."""
    both_tell, stamped = a.is_telling & b.is_telling, (a.stamp != 0) & (b.stamp != 0)
    telltale = a.is_tcp & b.is_tcp & (a.length > 0) & (b.length > 0)
    told = np.zeros(len(a), np.uint8)
    for shown, is_same, same, other in (
        (both_tell, a.ident == b.ident, SAME_IDENT, OTHER_IDENT),
        (stamped, a.stamp == b.stamp, SAME_STAMP, OTHER_STAMP),
        (telltale, a.detail == b.detail, SAME_DETAIL, OTHER_DETAIL),
    ):
        told[shown & is_same] |= same
        told[shown & ~is_same] |= other
    altered = a.length != b.length
    for one, two in ((a.head, b.head), (a.total, b.total), (a.whole, b.whole)):
        altered = altered | ((one != 0) & (two != 0) & (one != two))
    told[altered] |= ALTERED
    told[a.is_bare] |= BARE
    return told


def _fields(side: Side) -> Fields:
    """Return the columns that the kernel compares."""
    columns = side.packets.columns
    given = {name: getattr(columns, name) for name in Fields._fields if name != "is_telling"}
    return Fields(**given, is_telling=side.prints.is_telling)
