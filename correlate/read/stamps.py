"""Ticks of a pcapng time stamp to Unix nanoseconds.

In: ``if_tsresol`` and ``if_tsoffset`` of an interface, 64-bit ticks. Out: int64 ns, rounded down.
Method: whole seconds and the rest apart, in uint64, so that no resolution overflows; what lies more than 146 years from
1970 is cut to that, so that the difference of any two stamps fits int64 ns.
Not here: pcap, whose two fields need no thought.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from correlate.model.arrays import I64, frozen

MAX_SECONDS = 4_611_686_017
"""Seconds of which twice as many fit int64 ns: later stages subtract stamps, and no difference may wrap."""


class Scale(NamedTuple):
    """ns = offset + ticks // per_second seconds + (((ticks % per_second) >> shift) * factor // divisor) ns."""

    per_second: int
    shift: int
    factor: int
    divisor: int
    offset_s: int


MICROSECONDS = Scale(1_000_000, 0, 1000, 1, 0)
"""What holds when the file says nothing (draft-ietf-opsawg-pcapng section 4.2)."""


def scale_of(resolution: int, offset_s: int) -> Scale:
    """Return the scale of an ``if_tsresol`` byte and an ``if_tsoffset``.

    Bit 7 set: the tick is 2 to the minus of the other bits, else 10 to the minus of them, seconds.
    """
    offset = max(-(2**61), min(2**61, offset_s))
    exponent = resolution & 0x7F
    if resolution & 0x80:
        # 10**9 * 2**34 is the last product below 2**64; finer bits are less than a nanosecond each.
        kept = min(exponent, 34)
        return Scale(min(1 << exponent, 2**64 - 1), min(exponent - kept, 63), 10**9, 1 << kept, offset)
    per_second = min(10**exponent, 2**64 - 1)
    if exponent <= 9:
        return Scale(per_second, 0, 10 ** (9 - exponent), 1, offset)
    return Scale(per_second, 0, 1, min(10 ** (exponent - 9), 2**64 - 1), offset)


def tick_ns(scale: Scale) -> int:
    """Return the resolution of a scale, ns, rounded up, at least 1."""
    return max(1, -(-(10**9) // scale.per_second))


def to_ns(ticks: NDArray[np.uint64], scale: Any) -> I64:
    """Convert ticks, shape (n,), to Unix ns.

    Parameters
    ----------
    ticks
        As in the file.
    scale
        The five elements of a ``Scale``: uint64 (the offset int64), each one number or an array of shape (n,).
    """
    per_second, shift, factor, divisor, offset_s = scale
    seconds = ticks // per_second
    rest = ((ticks - seconds * per_second) >> shift) * factor // divisor
    whole = np.minimum(seconds, np.uint64(2**62)).astype(np.int64) + offset_s
    return frozen(np.clip(whole, -MAX_SECONDS, MAX_SECONDS) * 1_000_000_000 + rest.astype(np.int64), np.int64)


def as_arrays(scales: list[Scale]) -> tuple[NDArray[Any], ...]:
    """Return the scales as five arrays, uint64 but for the offset."""
    columns = list(zip(*scales, strict=True))
    return (*(np.array(column, np.uint64) for column in columns[:4]), np.array(columns[4], np.int64))
