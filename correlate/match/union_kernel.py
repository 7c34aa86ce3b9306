"""Union of flows with orientation.

In: edges between nodes, each saying whether the two run the same way. Out: root and parity of each node.
Method: disjoint sets with parity; contradictory edges are ignored (the first in order wins).
Not here: which flows are joined (``association.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel


@kernel
def unite(one: Any, two: Any, is_swapped: Any, parent: Any, parity: Any) -> int:
    """Join the ends of each edge; ``parent`` starts as 0, 1, 2, ..., ``parity`` as False. Returns joins made."""
    joins = 0
    for edge in range(len(one)):
        a, b = one[edge], two[edge]
        flip = is_swapped[edge]
        while parent[a] != a:
            flip = flip != parity[a]
            a = parent[a]
        while parent[b] != b:
            flip = flip != parity[b]
            b = parent[b]
        if a == b:
            continue
        low, high = min(a, b), max(a, b)
        parent[high] = low
        parity[high] = flip
        joins += 1
    for node in range(len(parent)):
        # A parent has a smaller number, so it is flat already.
        above = parent[node]
        if above != node:
            parity[node] = parity[node] != parity[above]
            parent[node] = parent[above]
    return joins
