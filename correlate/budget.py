"""How many packets of each capture fit into the memory that a run may use.

In: bytes allowed (``--memory``, else most of the machine's), number of captures. Out: packets per capture.
Method: everything is held in memory, so the cost is a constant and so much per packet, both measured
(``docs/performance.md``) and rounded up.
Not here: reading up to there (``load.py``).
"""

from __future__ import annotations

import os

BASE_BYTES = 240 * 2**20
"""Interpreter, packages, kernels."""

PACKET_BYTES = 540
"""Peak per packet of all captures, with everything that a report needs."""

SHARE = 0.8
"""Of the machine's memory, without ``--memory``: other programs live there too."""

PART_BASE_BYTES = 300 * 2**20
PART_PACKET_BYTES = 1320
"""The same where captures are done part by part: the survey, and the Parquet files and page of a part (measured: 446
MiB for parts of 192,000 packets), and room to spare."""

LARGEST_PART, LEAST_PART = 4_000_000, 50_000
"""Packets: larger parts are not quicker; smaller ones know too little of clocks and rates."""

WORTH_TWO = 1_000_000
"""Packets in a part from which two parts at once, of half the size, are done sooner."""

LEAST_PACKETS = 1000


def packets_in(memory_bytes: int | None) -> int | None:
    """Return how many packets of all captures together may be held, None if nothing is known of the machine's memory.

    >>> packets_in(2**30)
    1522377
    """
    allowed = memory_bytes if memory_bytes is not None else _most_of_the_machine()
    return None if allowed is None else max(LEAST_PACKETS, (allowed - BASE_BYTES) // PACKET_BYTES)


def packets_in_part(memory_bytes: int | None, at_once: int = 1) -> int:
    """Return how many packets a part of larger captures may read, of all captures together.

    Parameters
    ----------
    memory_bytes
        For the run; None = most of the machine's.
    at_once
        Parts that are done at once, each by a process beside the one that waits for them.

    Examples
    --------
    >>> packets_in_part(2**30), packets_in_part(2**32, at_once=2)
    (575128, 1269412)
    """
    allowed = memory_bytes if memory_bytes is not None else _most_of_the_machine()
    if allowed is None:
        return LARGEST_PART
    each = allowed if at_once == 1 else (allowed - PART_BASE_BYTES) // at_once
    return min(LARGEST_PART, max(LEAST_PART, (each - PART_BASE_BYTES) // PART_PACKET_BYTES))


def parts_at_once(memory_bytes: int | None) -> int:
    """Return how many parts of larger captures this machine does at once: two, if memory and processors allow."""
    is_worth_it = packets_in_part(memory_bytes, at_once=2) >= WORTH_TWO and (os.cpu_count() or 1) > 1
    return 2 if is_worth_it else 1


def packets_per_capture(memory_bytes: int | None, captures: int) -> int | None:
    """Return how many packets of each capture may be held, None if nothing is known of the machine's memory.

    >>> packets_per_capture(2**30, 2)
    761188
    """
    together = packets_in(memory_bytes)
    return None if together is None else max(LEAST_PACKETS, together // max(1, captures))


def _most_of_the_machine() -> int | None:
    """Return the bytes that may be used unasked, None where the system does not tell its size."""
    try:
        return int(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * SHARE)
    except (AttributeError, OSError, ValueError):  # not on Windows
        return None
