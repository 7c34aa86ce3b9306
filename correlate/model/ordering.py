"""Orders of whole columns, at the speed of plain sorts.

In: integer or float columns of equal length. Out: positions, or sorted distinct values.
Method: numpy sorts plain int64 several times as fast as it finds an order (``argsort``, ``lexsort``) or distinct
values (``unique`` hashes). So keys are packed with their positions into one word each and sorted as values.
Not here: what the keys mean.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from correlate.model.arrays import I64

U64 = NDArray[np.uint64]

_FEW = 512
"""Up to here the plain functions are quicker."""


def stable_order(*keys: Any) -> I64:
    """Return the positions in ascending order of the keys, the first decides most; ties keep their order.

    The same as ``np.lexsort(keys[::-1])``. Cost O(n log n) per 63 bits of keys and position together.

    Parameters
    ----------
    keys
        At least one column of integers, booleans or floats without NaN; all of one length.

    >>> stable_order(np.array([2, 1, 2, 1]), np.array([0, 9, -1, 9])).tolist()
    [1, 3, 2, 0]
    """
    count = len(keys[0])
    if count <= _FEW:
        return np.lexsort(keys[::-1]).astype(np.int64)
    if len(keys) == 1 and (small := _small(keys[0])) is not None:
        # numpy sorts 16 bits by counting, and so keeps ties in order.
        return np.argsort(small, kind="stable").astype(np.int64, copy=False)
    place_bits = count.bit_length()
    order: I64 | None = None
    for word, width in _passes([_ranked(key) for key in keys], 63 - place_bits):
        packed = word if order is None else word[order]
        packed = _with_places(packed, place_bits)
        assert width + place_bits <= 63, "a pass has room for its bits and the position"
        packed.sort()
        places = _places(packed, place_bits)
        order = places if order is None else order[places]
    return np.arange(count) if order is None else order


def group_order(keys: I64) -> I64:
    """Return positions such that equal keys stand together, ascending within; the order of the groups means nothing.

    Goal: one sort for hashes of 64 bits. Trick: the upper bits decide; where two keys share these by chance, or a
    hostile capture made them do so, the full sort is done after all.

    >>> sorted(group_order(np.array([7, 5, 7]))[:2].tolist()) in ([0, 1], [0, 2], [1, 2])
    True
    """
    count = len(keys)
    if count <= _FEW:
        return np.argsort(keys, kind="stable").astype(np.int64)
    place_bits = count.bit_length()
    upper = keys.view(np.uint64) >> np.uint64(place_bits + 1)
    packed = _with_places(upper, place_bits)
    packed.sort()
    order = _places(packed, place_bits)
    packed >>= np.uint64(place_bits)
    ordered = keys[order]
    if np.any((packed[1:] == packed[:-1]) & (ordered[1:] != ordered[:-1])):
        return stable_order(keys)
    return order


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Return the distinct values, ascending, as ``np.unique`` does.

    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    ordered = np.sort(values, axis=None)
    is_new = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
    return ordered[is_new]


def first_of_each(values: I64) -> tuple[I64, I64, I64]:
    """Return the distinct values, ascending, the first position of each, and how often it occurs.

    As ``np.unique(values, return_index=True, return_counts=True)``.

    >>> [part.tolist() for part in first_of_each(np.array([3, 1, 3]))]
    [[1, 3], [1, 0], [1, 2]]
    """
    if not len(values):
        return values, np.zeros(0, np.int64), np.zeros(0, np.int64)
    order = stable_order(values)
    ordered = values[order]
    is_new = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
    starts = np.flatnonzero(is_new)
    return ordered[starts], order[starts], np.diff(starts, append=len(values))


def _small(key: Any) -> NDArray[np.uint16] | None:
    """Return an integer key as 16 bits of the same order; None if it has more."""
    column = np.asarray(key)
    if column.dtype.kind not in "biu":
        return None
    least, most = int(column.min()), int(column.max())
    if most - least >= 1 << 16:
        return None
    wide = column if column.dtype.itemsize >= 4 else column.astype(np.int32)
    return (wide - wide.dtype.type(least)).astype(np.uint16)


def _ranked(key: Any) -> tuple[U64, int]:
    """Return the key as unsigned numbers from 0 of the same order, and how many bits they take."""
    column = np.asarray(key)
    if column.dtype.kind == "f":
        # IEEE 754: the bits of positive floats are in order as integers; of negative ones in reverse. -0 is 0.
        bits = (column.astype(np.float64) + 0.0).view(np.int64)
        column = np.where(bits < 0, bits ^ np.int64(2**63 - 1), bits)
    column = np.ascontiguousarray(column, np.int64)
    least, most = int(column.min()), int(column.max())
    return (column - np.int64(least)).view(np.uint64) if least else column.view(np.uint64), (most - least).bit_length()


def _passes(keys: list[tuple[U64, int]], room: int) -> list[tuple[U64, int]]:
    """Return words of at most ``room`` bits, the least significant first, that together order as the keys do."""
    passes: list[tuple[U64, int]] = []
    word: Any = None
    used = 0
    for key, width in reversed(keys):
        done = 0
        while done < width:
            if used == room:
                passes.append((word, used))
                word, used = None, 0
            bits = min(width - done, room - used)
            piece: Any = key >> np.uint64(done) if done else key
            if bits < width - done:
                piece = piece & np.uint64((1 << bits) - 1)
            word = piece if word is None else word | (piece << np.uint64(used))
            done, used = done + bits, used + bits
    return passes if word is None else [*passes, (word, used)]


def _with_places(words: U64, place_bits: int) -> U64:
    """Return each word above its position."""
    packed = words << np.uint64(place_bits)
    packed |= np.arange(len(words), dtype=np.uint64)
    return packed


def _places(packed: U64, place_bits: int) -> I64:
    """Return the positions again."""
    return (packed & np.uint64((1 << place_bits) - 1)).view(np.int64)
