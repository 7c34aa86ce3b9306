"""How often a sender repeats its IP ID: one pass over packets.

In: tuple row and IP ID per packet. Out: counts per tuple. Not here: the verdict (``components.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel


@kernel
def count_repeats(tuple_id: Any, ident: Any, last: Any, seen: Any, repeated: Any) -> int:
    """Count per tuple the packets with an IP ID and those that repeat the ID before them; return rows read.

    ``last`` starts at -1. ``ident`` is -1 where there is none.
    """
    for row in range(len(tuple_id)):
        if ident[row] < 0:
            continue
        sender = tuple_id[row]
        seen[sender] += 1
        if last[sender] == ident[row]:
            repeated[sender] += 1
        last[sender] = ident[row]
    return len(tuple_id)
