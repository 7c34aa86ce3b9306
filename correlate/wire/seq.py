"""Arithmetic of 32-bit sequence numbers (RFC 9293 section 3.4, RFC 1982).

In: uint32 or int64 scalars and arrays. Out: signed differences in int64.
Method: widen to int64 first; a bare uint32 subtraction gives different answers compiled and interpreted (measured).
Not here: anything that knows a connection.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel


@kernel
def seq_diff(later: Any, earlier: Any) -> Any:
    """Return ``later - earlier`` modulo 2**32 as a signed number in [-2**31, 2**31).

    Scalars only (kernels call it); arrays go through :func:`seq_diffs`.

    >>> int(seq_diff(5, 2**32 - 5))
    10
    """
    return ((np.int64(later) - np.int64(earlier) + np.int64(2147483648)) & np.int64(4294967295)) - np.int64(2147483648)


def seq_diffs(later: Any, earlier: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the same for arrays, shape broadcast, dtype int64.

    >>> seq_diffs(np.array([5], np.uint32), np.array([4294967291], np.uint32)).tolist()
    [10]
    """
    difference = np.asarray(later, np.int64) - np.asarray(earlier, np.int64)
    return np.asarray(((difference + 2147483648) & 4294967295) - 2147483648, np.int64)
