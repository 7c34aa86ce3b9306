"""Read-only, contiguous columns.

In: any array. Out: the same values, C-contiguous, not writable.
Method: kernels compile once per layout *and* per read-only flag, so every column of every table has the same two.
Not here: the tables.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

Int = NDArray[np.signedinteger[Any]]
I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
I16 = NDArray[np.int16]
I8 = NDArray[np.int8]
U32 = NDArray[np.uint32]
U16 = NDArray[np.uint16]
U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

Columns = TypeVar("Columns", bound=tuple[Any, ...])


def frozen(values: Any, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Return ``values`` as a C-contiguous read-only array of ``dtype``.

    An array that already is all of this is returned as it is; else a view or a copy is made, never a change in place.

    >>> frozen([1, 2], np.int64).flags.writeable
    False
    """
    array = np.ascontiguousarray(values, dtype=dtype)
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


def freeze(columns: Columns) -> Columns:
    """Return the same NamedTuple with every array read-only."""
    return type(columns)(*(frozen(column) for column in columns))


def take(columns: Columns, rows: Any) -> Columns:
    """Return the NamedTuple restricted to ``rows`` (index or mask), read-only."""
    return type(columns)(*(frozen(column[rows]) for column in columns))


def concatenate(parts: list[Columns]) -> Columns:
    """Return one NamedTuple with the rows of all ``parts`` in order; ``parts`` is not empty."""
    return type(parts[0])(*(frozen(np.concatenate(column)) for column in zip(*parts, strict=True)))
