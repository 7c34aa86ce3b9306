"""Bundles merged and laid out, row by row.

In: pairs of rows, the bundle of every row. Out: merged bundles; one line per bundle.
Not here: what bundles are (``bundle.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel


@kernel
def merge_pairs(
    row_a: Any,
    row_b: Any,
    pair_tier: Any,
    is_doubted: Any,
    own_a: Any,
    own_b: Any,
    seen_at: Any,
    tier: Any,
    is_ambiguous: Any,
    label: Any,
) -> int:
    """Give rows of B the bundles of their partners on A, unless both bundles hold a third vantage.

    ``own_*`` int32 have the bundle of each row; no bundle is in two pairs. ``seen_at``, ``tier`` and ``is_ambiguous``
    are those of the bundles. ``label``, where it is not empty, gets the bundle that each one given up went into.
    Return the vantages that those given up had, a bit each.
    """
    held = 0
    for pair in range(len(row_a)):
        one, two = own_a[row_a[pair]], own_b[row_b[pair]]
        if seen_at[one] & seen_at[two] != 0:
            continue
        held |= int(seen_at[two])
        seen_at[one] |= seen_at[two]
        tier[one] = max(tier[one], tier[two], pair_tier[pair])
        is_ambiguous[one] |= is_ambiguous[two] | is_doubted[pair]
        own_b[row_b[pair]] = one
        if len(label) > 0:
            label[two] = one
    return held


@kernel
def lay_out_rows(own: Any, line: Any, place: Any, block_of_row: Any, rows: Any, block: Any) -> int:
    """Write each row of a vantage into its bundle's line of ``rows`` and its block into ``block``; return how many.

    ``own`` int32 has the bundle of each row, -1 = none, ``line`` int32 the line of each bundle.
    """
    count = 0
    for row in range(len(own)):
        if own[row] < 0:
            continue
        at = line[own[row]]
        rows[at, place] = row
        block[at] = block_of_row[row]
        count += 1
    return count
