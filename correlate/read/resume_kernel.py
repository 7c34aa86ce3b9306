"""Find where a damaged file goes on.

In: bytes behind the damage. Out: the next position at which records walk cleanly.
Method: a position counts if the record there and the next two are plausible, or all up to the end of the bytes where
fewer are left. Each position looks at three headers at most: time is proportional to the bytes.
Not here: reading on from there (``frames.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel
from correlate.read.records_kernel import read32

IN_A_ROW = 3
"""Records that must follow one another: three headers of 16 bytes agree by chance once in 2**100."""
NEVER = -1
"""Nothing found up to where the bytes suffice to tell."""
MONTH_S = 31 * 86400


@kernel
def _pcap_record(data: Any, at: Any, big: Any, limit: Any, fraction_limit: Any, near_s: Any) -> Any:
    """Return the captured length of a plausible pcap record header at ``at``, or -1."""
    captured, original = read32(data, at + 8, big), read32(data, at + 12, big)
    if captured > limit or captured == 0 or captured > original or original > 0x40000:
        return np.int64(-1)
    if read32(data, at + 4, big) >= fraction_limit:
        return np.int64(-1)
    seconds = read32(data, at, big)
    if near_s >= 0 and abs(seconds - near_s) > MONTH_S:
        return np.int64(-1)
    return captured


@kernel
def next_pcap(
    data: Any, start: Any, end: Any, big: Any, header: Any, limit: Any, fraction_limit: Any, near_s: Any, is_last: Any
) -> Any:
    """Return the next position from ``start`` on where pcap records walk, or, negated, that up to which none do.

    ``near_s``: seconds of the last sound stamp, -1 = none. ``is_last``: the file ends at ``end``.
    """
    for first in range(start, end - header + 1):
        at, sound = first, 0
        while sound < IN_A_ROW and at + header <= end:
            captured = _pcap_record(data, at, big, limit, fraction_limit, near_s)
            if captured < 0:
                break
            sound += 1
            at += header + captured
        if sound == IN_A_ROW or (sound > 0 and is_last and at == end):
            return first
        if sound > 0 and not is_last and at + header > end:
            # Perhaps: more bytes will tell.
            return -first - 1
    return -max(start, end - header + 1) - 1


@kernel
def _block_length(data: Any, at: Any, end: Any, big: Any, max_block: Any) -> Any:
    """Return the length of a plausible pcapng block at ``at``; -1 = none, -2 = its end is not there."""
    kind, total = read32(data, at, big), read32(data, at + 4, big)
    if kind == 0x0A0D0D0A:
        if at + 12 > end:
            return np.int64(-2)
        total = read32(data, at + 4, 1 if data[at + 8] == 0x1A else 0)
    elif kind not in (1, 2, 3, 4, 5, 6, 9, 10, 0xBAD, 0x40000BAD):
        return np.int64(-1)
    if total < 12 or total % 4 != 0 or total > max_block:
        return np.int64(-1)
    if at + total > end:
        return np.int64(-2)
    if read32(data, at + total - 4, big if kind != 0x0A0D0D0A else (1 if data[at + 8] == 0x1A else 0)) != total:
        return np.int64(-1)
    return total


@kernel
def next_pcapng(data: Any, start: Any, end: Any, big: Any, max_block: Any, is_last: Any) -> Any:
    """Return the next position from ``start`` on where pcapng blocks walk, or, negated, that up to which none do.

    A block repeats its length at its end, so two in a row suffice, and one that ends the file.
    """
    for first in range(start, end - 12 + 1):
        length = _block_length(data, first, end, big, max_block)
        if length == -2 and not is_last:
            return -first - 1
        if length < 0:
            continue
        at = first + length
        if at + 12 > end:
            if is_last:
                return first
            return -first - 1
        following = _block_length(data, at, end, big, max_block)
        if following > 0 or (following == -2 and is_last):
            return first
        if following == -2:
            return -first - 1
    return -max(start, end - 12 + 1) - 1
