"""Candidates compared: what speaks for one packet and what against.

**In:** positions in the ``Sights`` of two sides. **Out:** ``Compared``: bits per pair, and counts of them per block.
**Method:** many pairs by a kernel over raw columns, few by their fingerprint components; both give the same.
**Not here:** what follows from it (``climbing.py``, ``ladder.py``).
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

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
from correlate.match.joins import NO_JOIN, Join
from correlate.match.sides import Side, Sights
from correlate.model.arrays import I32, I64, U8, frozen
from correlate.parallel import two_at_a_time

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


class Met(NamedTuple):
    """What pairs by the strictest key have in common."""

    told: U8
    """Bits per position of A, 0 where it has no partner."""
    habits: Habits
    alike: I64
    """Per block: pairs whose payload does not differ."""


def compare(a: Sights, b: Sights, at: tuple[I64, I64], blocks: int, *, counts_altered: bool) -> Compared:
    """Compare pairs of positions; pairs whose payload differs are counted only if ``counts_altered``. Cost O(n)."""
    if _is_few(a, b, len(at[0])):
        one = a.take(at[0])
        told = told_of(one, b.take(at[1]))
        return Compared(told, _count(told, one.block, blocks, counts_altered=counts_altered))
    one, two = a.take(at[0]), b.take(at[1])
    every = np.arange(len(one), dtype=np.int32)
    told, counts = _in_one_pass(one, two, every, NO_JOIN, blocks, counts_altered=counts_altered)
    return Compared(told, Habits(*counts[:6]))


def meet(a: Sights, b: Sights, exact: Join, partner: I32, blocks: int) -> Met:
    """Pair positions that the strictest key names and that are in one block, and compare them. Cost O(n).

    ``partner`` has the position on B of each position of A, -1 = none yet, and is filled in.
    """
    if not _is_few(a, b, len(a)):
        told, counts = _in_one_pass(a, b, partner, exact, blocks, counts_altered=False)
        return Met(told, Habits(*counts[:6]), counts[6])
    to = exact.partner[a.row]
    place = np.full(len(exact.is_several), -1, np.int32)
    place[b.row] = np.arange(len(b), dtype=np.int32)
    at = np.flatnonzero((to >= 0) & (partner < 0))
    at_b = place[to[at]].astype(np.int64)
    meets = (at_b >= 0) & (b.block[at_b] == a.block[at])
    partner[at[meets]] = at_b[meets]
    at = np.flatnonzero(partner >= 0)
    one = a.take(at)
    told = np.zeros(len(a), np.uint8)
    told[at] = bits = told_of(one, b.take(partner[at]))
    is_plain = (bits & ALTERED) == 0
    alike = np.bincount(one.block[is_plain], minlength=blocks)
    return Met(told, _count(bits, one.block, blocks, counts_altered=False), alike)


def _is_few(a: Sights, b: Sights, count: int) -> bool:
    """Tell whether pairs are compared by components: few, or of columns that only the sights have."""
    return count <= _FEW or a.are_changed(_COMPARED) or b.are_changed(_COMPARED)


def _count(told: U8, block: I64, blocks: int, *, counts_altered: bool) -> Habits:
    """Count what pairs have in common."""
    if not counts_altered:
        is_plain = (told & ALTERED) == 0
        told, block = told[is_plain], block[is_plain]
    return Habits(*(np.bincount(block[(told & bit) != 0], minlength=blocks) for bit in _COUNTED))


def _in_one_pass(
    a: Sights, b: Sights, partner: I32, exact: Join, blocks: int, *, counts_altered: bool
) -> tuple[U8, I64]:
    """Return bits per position of A and counts per block, each half of the positions by a thread of its own."""
    told = np.empty(len(a), np.uint8)
    place = np.zeros(0, np.int32)
    if len(exact.partner) and len(b) < len(b.side):
        place = np.full(len(b.side), -1, np.int32)
        place[b.row] = np.arange(len(b), dtype=np.int32)
    columns = [frozen(part, np.int32) for part in (a.row, b.row, a.block, b.block, exact.partner, place)]
    given: Any = (*columns, _fields(a.side), _fields(b.side), counts_altered, partner, told)

    compare_these: Any = compare_rows

    def half(begin: int, end: int) -> I32:
        counts = np.zeros((blocks, 8), np.int32)
        compare_these(begin, end, *given, counts)
        return counts

    middle = len(a) // 2
    one, two = two_at_a_time([partial(half, 0, middle), partial(half, middle, len(a))], packets=len(a))
    # One line of memory per block while counting; per count from here on.
    return told, np.ascontiguousarray((one + two).T, np.int64)


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
