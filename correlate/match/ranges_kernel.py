"""Segments that cover the same bytes, cut differently.

In: byte ranges of two sides, sorted by block and start, and when each of A is due on B.
Out: candidate overlaps; then those accepted, each byte of a segment at most once.
Method: sweep over starts; acceptance goes from the best-timed overlap to the worst, so that an arrival takes the copy
that was sent for it. Cost O(overlaps), times the few pieces of one segment.
Not here: what becomes of the pieces (``ranges.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel


@kernel
def find_overlaps(
    block_a: Any,
    start_a: Any,
    end_a: Any,
    is_whole_a: Any,
    due: Any,
    within: Any,
    block_b: Any,
    start_b: Any,
    end_b: Any,
    is_whole_b: Any,
    time_b: Any,
    reach: int,
    patience: int,
    one: Any,
    two: Any,
    off: Any,
) -> int:
    """Write overlapping pairs in time to ``one``, ``two``, ``off``; return how many there are, fitting or not.

    ``reach``: longest segment of B. ``patience``: segments of B looked at for one of A, so that a capture that repeats
    one range without end costs no square. Equal ranges of whole segments do not count: stricter rules have refused
    those.
    """
    found = 0
    low = 0
    for i in range(len(block_a)):
        while low < len(block_b) and (
            block_b[low] < block_a[i] or (block_b[low] == block_a[i] and start_b[low] + reach <= start_a[i])
        ):
            low += 1
        j = low
        last = min(len(block_b), low + patience)
        while j < last and block_b[j] == block_a[i] and start_b[j] < end_a[i]:
            is_same = start_b[j] == start_a[i] and end_b[j] == end_a[i] and is_whole_a[i] and is_whole_b[j]
            late = abs(time_b[j] - due[i])
            if end_b[j] > start_a[i] and not is_same and late <= within[i]:
                if found < len(one):
                    one[found], two[found], off[found] = i, j, late
                found += 1
            j += 1
    return found


@kernel
def accept_overlaps(
    order: Any,
    one: Any,
    two: Any,
    start: Any,
    end: Any,
    head_a: Any,
    head_b: Any,
    next_a: Any,
    next_b: Any,
    is_accepted: Any,
) -> int:
    """Accept overlaps in ``order`` whose bytes neither side has given away; return how many.

    ``head_*`` (per segment) and ``next_*`` (per overlap) are chains of accepted overlaps, starting at -1.
    """
    accepted = 0
    for at in range(len(order)):
        k = order[at]
        i, j = one[k], two[k]
        is_free = True
        chain = head_a[i]
        while chain >= 0 and is_free:
            is_free = start[k] >= end[chain] or end[k] <= start[chain]
            chain = next_a[chain]
        chain = head_b[j]
        while chain >= 0 and is_free:
            is_free = start[k] >= end[chain] or end[k] <= start[chain]
            chain = next_b[chain]
        if not is_free:
            continue
        is_accepted[k] = True
        next_a[k], head_a[i] = head_a[i], k
        next_b[k], head_b[j] = head_b[j], k
        accepted += 1
    return accepted
