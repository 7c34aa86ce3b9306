"""Stamps of packets at a place, and how long passed between two of them.

In: rows of packets, columns of a vantage. Out: arrays given by the caller.
Not here: which packets are asked about (``transaction_places.py``, ``exchanges.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel

_NO_TIME = 1 << 21
"""``PacketFlag``."""


@kernel
def read_stamps(
    rows: Any, is_paired: Any, place: int, packet: Any, stamps: Any, flags: Any, ts_ns: Any, is_own: Any
) -> int:
    """Fill the column of a place: stamp, and whether it is the packet's own; return how many are."""
    count = 0
    for k in range(len(packet)):
        row = rows[packet[k], place]
        if row < 0:
            continue
        ts_ns[k, place] = stamps[row]
        if is_paired[packet[k], place] and (np.int64(flags[row]) & _NO_TIME) == 0:
            is_own[k, place] = True
            count += 1
    return count


@kernel
def time_between(
    rows: Any, is_paired: Any, place: int, first: Any, second: Any, stamps: Any, flags: Any, none: int, out: Any
) -> int:
    """Fill the column of a place: second stamp minus first, ``none`` where one is not the packet's own."""
    count = 0
    for k in range(len(first)):
        a, b = rows[first[k], place], rows[second[k], place]
        out[k, place] = none
        if a < 0 or b < 0 or not is_paired[first[k], place] or not is_paired[second[k], place]:
            continue
        if ((np.int64(flags[a]) | np.int64(flags[b])) & _NO_TIME) == 0:
            out[k, place] = stamps[b] - stamps[a]
            count += 1
    return count
