"""Numbers out of bytes.

In: a byte array and a position. Out: big-endian integers in int64, a digest in uint64.
Method: the digest mixes eight bytes at a time in four independent lanes (xor, multiply by an odd constant, shift:
each step is a bijection of the lane), because one lane waits on its multiplier; measured 12 GB/s against 4. It tells
packets apart; it does not resist somebody who makes collisions on purpose.
Not here: what the numbers mean.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel

# One function works in uint64 alone: a signed operand would turn numba's result into a float.
_1, _2, _3, _4, _5, _6, _7, _8 = (np.uint64(number) for number in range(1, 9))
_0, _16, _24, _32, _40, _48, _56 = (np.uint64(number) for number in (0, 16, 24, 32, 40, 48, 56))
_BLOCK = np.uint64(31)
_LOW = np.uint64(0xFFFFFFFF)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_LANES = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB), np.uint64(0xD6E8FEB86659FD93)
_LANE_B, _LANE_C, _LANE_D = _LANES


@kernel
def be16(data: Any, at: Any) -> Any:
    """Return the big-endian 16-bit number at ``at``."""
    return (np.int64(data[at]) << 8) | np.int64(data[at + 1])


@kernel
def be32(data: Any, at: Any) -> Any:
    """Return the big-endian 32-bit number at ``at``."""
    return (
        (np.int64(data[at]) << 24)
        | (np.int64(data[at + 1]) << 16)
        | (np.int64(data[at + 2]) << 8)
        | np.int64(data[at + 3])
    )


@kernel
def le64(data: Any, at: Any) -> Any:
    """Return the little-endian 64-bit word at ``at`` (both uint64); the compiler makes it one load."""
    return (
        np.uint64(data[at])
        | (np.uint64(data[at + _1]) << _8)
        | (np.uint64(data[at + _2]) << _16)
        | (np.uint64(data[at + _3]) << _24)
        | (np.uint64(data[at + _4]) << _32)
        | (np.uint64(data[at + _5]) << _40)
        | (np.uint64(data[at + _6]) << _48)
        | (np.uint64(data[at + _7]) << _56)
    )


@kernel
def mix(lane: Any, word: Any) -> Any:
    """Return ``lane`` with ``word`` stirred in (all uint64)."""
    lane = (lane ^ word) * _MULTIPLIER
    return lane ^ (lane >> _32)


@kernel
def digest_and_sum(data: Any, at: Any, length: Any) -> Any:
    """Return the digest of ``length`` bytes at ``at`` and the sum of their little-endian 32-bit words (all uint64).

    The digest of no bytes is 0, of any others never. The sum folds to the byte-swapped Internet checksum
    (RFC 1071 section 2 B: it does not depend on byte order).
    """
    a, b, c, d = _MULTIPLIER, _LANE_B, _LANE_C, _LANE_D
    total = _0
    end = at + length
    stop = at + (length & ~_BLOCK)
    while at < stop:
        w, x, y, z = le64(data, at), le64(data, at + _8), le64(data, at + _16), le64(data, at + _24)
        total += (w & _LOW) + (w >> _32) + (x & _LOW) + (x >> _32)
        total += (y & _LOW) + (y >> _32) + (z & _LOW) + (z >> _32)
        a, b, c, d = mix(a, w), mix(b, x), mix(c, y), mix(d, z)
        at += _32
    while at + _8 <= end:
        w = le64(data, at)
        total += (w & _LOW) + (w >> _32)
        a = mix(a, w)
        at += _8
    w = _0
    shift = _0
    while at < end:
        w |= np.uint64(data[at]) << shift
        shift += _8
        at += _1
    total += (w & _LOW) + (w >> _32)
    # The length separates b"a" from b"a\0"; mixing one lane after another separates the lanes.
    digest = mix(mix(mix(mix(mix(a, w), b), c), d), length)
    if length == _0:
        return _0, total
    return max(digest, _1), total
