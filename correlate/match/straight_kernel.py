"""Packets that look the same, one to one in order: what a pair costs, and where nothing else comes near.

In: one group of equal keys on two sides by time, expected and real times, what else tells copies apart.
Out: the cost of a pair; partner and margin of every member where the order is plain.
Method: equal numbers on both sides, each member due no nearer to another than to its own: O(members), no search.
Not here: every other group (``alignment_kernel.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel

GAP = 4.6
"""-ln(0.01): one packet in a hundred is absent on one side. Leaving a pair unpaired costs two gaps."""
FAR = 1e9
"""Cost of what cannot be."""
SURE = 3.0
"""Nats by which the next best explanation must be worse (algorithms section 2)."""


@kernel
def cell_cost(i: Any, j: Any, expected: Any, real: Any, scale: Any, marks_a: Any, marks_b: Any) -> float:
    """Return the cost of pairing members ``i`` and ``j``.

    ``expected`` (per A) and ``real`` (per B) are times on B's clock. Columns of the marks: IP ID where it must agree
    (-1 = need not), payload hash, payload sum, hash of all captured payload, timestamps (0 = unknown), detail, tuple,
    SACK block.
    """
    cost = 0.0 if scale[i] < 0 else abs(real[j] - expected[i]) / scale[i]
    if marks_a[i, 0] >= 0 and marks_b[j, 0] >= 0 and marks_a[i, 0] != marks_b[j, 0]:
        return 1e9
    for part in range(1, 5):
        if marks_a[i, part] != 0 and marks_b[j, part] != 0 and marks_a[i, part] != marks_b[j, part]:
            return 1e9
    if marks_a[i, 5] != marks_b[j, 5]:
        cost += 1.0
    # Nearly proof of another acknowledgement, but a box may forget to move the block: less than a lost packet.
    if marks_a[i, 7] != marks_b[j, 7]:
        cost += 4.0
    # Addresses and ports only break ties: a hundredth of what one lost packet costs.
    if marks_a[i, 6] != marks_b[j, 6]:
        cost += 0.046
    return min(cost, 1e9)


@kernel
def pair_straight(
    first_a: Any,
    last_a: Any,
    first_b: Any,
    last_b: Any,
    expected: Any,
    real: Any,
    scale: Any,
    marks_a: Any,
    marks_b: Any,
    band: Any,
    partner: Any,
    margin: Any,
) -> bool:
    """Pair the members one to one in order if nothing else comes near; tell whether it was so. Writes only then.

    Any other explanation leaves as many out on one side as on the other. Where no member finds another partner cheaper
    than its own, it therefore costs more by two gaps less one pair: where that is ``SURE`` for the dearest pair, no
    cell needs to be computed. The margin written is that bound.
    """
    rows = last_a - first_a
    if rows != last_b - first_b:
        return False
    dearest = 0.0
    for i in range(rows):
        a, b = first_a + i, first_b + i
        if i < band[i, 0] or i > band[i, 1] or (i > 0 and real[b] < real[b - 1]):
            return False
        cost = cell_cost(a, b, expected, real, scale, marks_a, marks_b)
        dearest = max(dearest, cost)
        if not dearest < 2 * GAP - SURE - 1e-3:
            return False
        if scale[a] < 0:
            if cost > 0:
                return False
            continue
        # Times grow, so where neighbours are no nearer nobody is; behind one of the same time somebody may be.
        if i > 0 and (real[b - 1] == real[b] or abs(real[b - 1] - expected[a]) / scale[a] < cost):
            return False
        if i + 1 < rows and (real[b + 1] == real[b] or abs(real[b + 1] - expected[a]) / scale[a] < cost):
            return False
    for i in range(rows):
        partner[first_a + i] = first_b + i
        margin[first_a + i] = 2 * GAP - dearest
    return True
