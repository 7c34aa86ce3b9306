"""When a kernel is quicker than numpy over whole columns.

**In:** how many packets there are. **Out:** yes or no; both ways give the same result.

**Method:** captures of a few hundred packets run kernels as plain Python (``jit.expect_little``): columns are quicker.

**Not here:** kernels.
"""

from __future__ import annotations

LEAST_PACKETS = 40_000
"""Loading the compiled kernels of this room that have a way by columns takes as long as columns take for so many."""


def is_worth_a_kernel(packets: int) -> bool:
    """Tell whether so many packets are done by kernels.

    >>> is_worth_a_kernel(200)
    False
    """
    return packets >= LEAST_PACKETS
