"""How often a sender repeats its IP ID: one pass over packets.

In: tuple row, flags and IP ID per packet. Out: counts per tuple. Not here: the verdict (``components.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel

HAS_IP_ID, FRAGMENT = 1 << 1, 1 << 4
"""Bits of ``PacketFlag``."""


@kernel
def count_repeats(tuple_id: Any, flags: Any, ip_id: Any, last: Any, seen: Any, repeated: Any) -> int:
    """Count per tuple the packets with an IP ID and those that repeat the ID before them; return rows counted.

    Fragments do not count. ``last`` int64 starts at -1.
    """
    counted = 0
    for row in range(len(tuple_id)):
        if int(flags[row]) & (HAS_IP_ID | FRAGMENT) != HAS_IP_ID:
            continue
        sender, ident = tuple_id[row], int(ip_id[row]) & 0xFFFF
        seen[sender] += 1
        counted += 1
        if last[sender] == ident:
            repeated[sender] += 1
        last[sender] = ident
    return counted
