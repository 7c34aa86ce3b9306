"""Find where a damaged snoop or ERF file goes on.

In: bytes behind the damage. Out: the next position at which records walk cleanly.
Method: neither format has a mark, but a record says three things that must agree: how long it is, how much of a frame
is in it, and when that was. A position counts if the record there and the next ones are plausible and their stamps run
on from one another, or all up to the end of the bytes where fewer are left. Each position looks at few headers: time is
proportional to the bytes.
Not here: pcap and pcapng (``resume_kernel.py``), reading on from there (``frames.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel
from correlate.read import erf_kernel, snoop_kernel
from correlate.read.records_kernel import read32
from correlate.read.resume_kernel import MONTH_S

SNOOP, ERF = 0, 1
IN_A_ROW = 4
"""Records that must follow one another: their lengths and stamps agree by chance once in 2**70 positions."""
MOST_HEADERS = 64
"""Headers looked at per position: records that only fill do not count, and could go on for ever."""
LONGEST_FRAME = 0x40000
MOST_PADDING = 64
"""Bytes behind a frame of a snoop record: Surveyor writes 16 to 19, others 6 at most."""


@kernel
def _snoop_record(data: Any, at: Any, limit: Any) -> Any:
    """Return ``(length, second)`` of a plausible snoop record at ``at``; length -1 = none."""
    original, captured, total = read32(data, at, 1), read32(data, at + 4, 1), read32(data, at + 8, 1)
    padding = total - snoop_kernel.HEADER - captured
    if captured == 0 or captured > min(limit, original) or original > LONGEST_FRAME:
        return np.int64(-1), np.int64(-1)
    if padding < 0 or padding > MOST_PADDING or read32(data, at + 20, 1) >= 1_000_000:
        return np.int64(-1), np.int64(-1)
    return total, read32(data, at + 16, 1)


@kernel
def _erf_record(data: Any, at: Any) -> Any:
    """Return ``(length, second)`` of a plausible ERF record at ``at``; length -1 = none, second -1 = it fills only."""
    kind = np.int64(data[at + 8])
    total = np.int64(data[at + 10]) << 8 | np.int64(data[at + 11])
    if kind == erf_kernel.PAD:
        return (total if total >= erf_kernel.HEADER else np.int64(-1)), np.int64(-1)
    original = np.int64(data[at + 14]) << 8 | np.int64(data[at + 15])
    if not 0 < kind & 0x7F < erf_kernel.PAD or total <= erf_kernel.HEADER or original == 0:
        return np.int64(-1), np.int64(-1)
    return total, read32(data, at + 4, 0)


@kernel
def _record(data: Any, at: Any, kind: Any, limit: Any) -> Any:
    if kind == SNOOP:
        return _snoop_record(data, at, limit)
    return _erf_record(data, at)


@kernel
def next_record(data: Any, start: Any, end: Any, kind: Any, limit: Any, near_s: Any, is_last: Any) -> Any:
    """Return the next position from ``start`` on where records walk, or, negated, that up to which none do.

    ``kind``: ``SNOOP`` or ``ERF``. ``near_s``: second of the last sound stamp, -1 = none. ``is_last``: the file ends
    at ``end``.
    """
    header = snoop_kernel.HEADER if kind == SNOOP else erf_kernel.HEADER
    for first in range(start, end - header + 1):
        at, sound, near, seen = first, 0, near_s, 0
        while sound < IN_A_ROW and seen < MOST_HEADERS and at + header <= end:
            seen += 1
            total, second = _record(data, at, kind, limit)
            if total < 0 or (second >= 0 and near >= 0 and abs(second - near) > MONTH_S):
                break
            if second >= 0:
                sound, near = sound + 1, second
            elif at == first:
                break
            at += total
        if sound == IN_A_ROW or (sound > 0 and is_last and at == end):
            return first
        if sound > 0 and not is_last and at + header > end:
            # Perhaps: more bytes will tell.
            return -first - 1
    return -max(start, end - header + 1) - 1
