"""Packets that arrived after packets of their flow that were recorded behind them upstream.

In: flow and both rows of every packet that crossed a hop one way. Out: a mask.
Method: packets are followed in the order of their rows downstream (a counting sort), each flow with its leader: the one
recorded last upstream of those that arrived.
Not here: which packets are asked about (``reordering.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel


@kernel
def find_late(flow: Any, up: Any, down: Any, up_ns: Any, down_ns: Any, links: Any, leader: Any, is_late: Any) -> int:
    """Set ``is_late`` where the stamps of both vantages confirm that a packet was overtaken; return how many were.

    ``links`` is scratch: one entry per row downstream, -1, and one per packet; ``leader``: one per flow, -1.
    """
    first_of_row, following = links
    for k in range(len(flow) - 1, -1, -1):
        following[k] = first_of_row[down[k]]
        first_of_row[down[k]] = k
    count = 0
    for row in range(len(first_of_row)):
        k = first_of_row[row]
        while k >= 0:
            ahead = leader[flow[k]]
            if ahead < 0 or up[k] >= up[ahead]:
                leader[flow[k]] = k
            elif up_ns[up[k]] < up_ns[up[ahead]] and down_ns[down[k]] > down_ns[down[ahead]]:
                is_late[k] = True
                count += 1
            k = following[k]
    return count
