"""When a kernel is quicker than numpy over whole columns.

In: how many rows there are. Out: yes or no; both ways give the same result.
Method: captures of a few hundred packets run kernels as plain Python (``jit.expect_little``): columns are quicker.
Not here: kernels.
"""

from __future__ import annotations

LEAST_ROWS = 40_000
"""Loading the compiled kernels of this room takes as long (80 ms) as columns take for so many packets."""


def is_worth_a_kernel(rows: int) -> bool:
    """Tell whether so many rows are done by kernels.

    >>> is_worth_a_kernel(200)
    False
    """
    return rows >= LEAST_ROWS
