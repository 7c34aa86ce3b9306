"""Numbers out of bytes.

In: a byte array and a position. Out: big-endian integers in int64, a digest in uint64.
Method: the digest mixes eight bytes at a time in four independent lanes (xor, multiply by an odd constant, shift:
each step is a bijection of the lane), because one lane waits on its multiplier. Of many bytes it mixes sums of keyed
products (NH of UMAC, RFC 4418 section 5.2, with 32-bit words and products of 64), which processors form for several
words at once: 17 GB/s against 10. It tells packets apart; it does not resist somebody who makes collisions on purpose.
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
_LANE_A, _LANE_B = np.uint64(0x243F6A8885A308D3), np.uint64(0xBF58476D1CE4E5B9)
_LANE_C, _LANE_D = np.uint64(0x94D049BB133111EB), np.uint64(0xD6E8FEB86659FD93)

LONG = 128
"""Bytes from which a digest is one of many."""
KEYS = np.array([0x9E3779B97F4A7C15 * place % 2**64 for place in range(1, 257)], np.uint64)
KEYS ^= KEYS >> np.uint64(29)
KEYS *= np.uint64(0xBF58476D1CE4E5B9)
KEYS ^= KEYS >> np.uint64(32)
"""One for each word of a stretch of 2 KiB, from the generator splitmix64, so that a word counts for its place."""
_LONG, _KEYED = np.uint64(LONG), np.uint64(len(KEYS))


@kernel
def be16(data: Any, at: Any) -> Any:
    """Return the big-endian 16-bit number at ``at``."""
    i = np.uint64(at)  # signed indices cost a test for negative ones each
    return (np.int64(data[i]) << 8) | np.int64(data[i + _1])


@kernel
def be32(data: Any, at: Any) -> Any:
    """Return the big-endian 32-bit number at ``at``; the compiler makes it one load."""
    i = np.uint64(at)
    return (
        (np.int64(data[i]) << 24)
        | (np.int64(data[i + _1]) << 16)
        | (np.int64(data[i + _2]) << 8)
        | np.int64(data[i + _3])
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
def seal(a: Any, b: Any, c: Any, d: Any, length: Any) -> Any:
    """Return the digest of four lanes (all uint64), never 0; the length tells zeros at the end apart."""
    if length >= _32:
        a = mix(mix(mix(a, b), c), d)
    return max(mix(mix(a, length), length), _1)


@kernel
def head_digest_of(data: Any, at: Any) -> Any:
    """Return the digest of exactly 32 bytes at ``at``."""
    a, b = mix(_LANE_A, le64(data, at)), mix(_LANE_B, le64(data, at + _8))
    c, d = mix(_LANE_C, le64(data, at + _16)), mix(_LANE_D, le64(data, at + _24))
    return seal(a, b, c, d, _32)


@kernel
def digest_and_sum(data: Any, at: Any, length: Any) -> Any:
    """Return the digest of ``length`` bytes at ``at`` and the sum of their little-endian 32-bit words (all uint64).

    ``length`` is not 0. The sum folds to the byte-swapped Internet checksum (RFC 1071 section 2 B: it does not depend
    on byte order).
    """
    if length < _LONG:
        return lanes_and_sum(data, at, length)
    return products_and_sum(data, at, length)


@kernel
def _stretch(data: Any, at: Any, words: Any) -> Any:
    """Return the sum of the keyed products of ``words`` 64-bit words at ``at``, and the sum of their halves.

    No step waits for the one before it but in two additions: the compiler does as many words at once as the processor
    has room for. Anything else that is carried from word to word would undo that.
    """
    products, total = _0, _0
    for place in range(words):
        word = le64(data, at + (np.uint64(place) << _3))
        keyed = word ^ KEYS[place]
        products += (keyed & _LOW) * (keyed >> _32)
        total += (word & _LOW) + (word >> _32)
    return products, total


@kernel
def products_and_sum(data: Any, at: Any, length: Any) -> Any:
    """As :func:`digest_and_sum`, of at least 8 bytes.

    A product is blind to one half of a word where the key turns the other into 0; the sum of the halves is not.
    """
    lane, total, end = _LANE_A, _0, at + length
    while at + _8 <= end:
        words = min(_KEYED, (end - at) >> _3)
        products, part = _stretch(data, at, np.int64(words))
        lane = mix(mix(lane, products), part)
        total += part
        at += words << _3
    if at < end:
        # The last whole word overlaps bytes already done: they are its low ones, shifted out.
        word = le64(data, end - _8) >> ((_8 - (end - at)) << _3)
        lane = mix(lane, word)
        total += (word & _LOW) + (word >> _32)
    return max(mix(mix(lane, length), length), _1), total


@kernel
def lanes_and_sum(data: Any, at: Any, length: Any) -> Any:
    """As :func:`digest_and_sum`, quick for few bytes."""
    a, b, c, d = _LANE_A, _LANE_B, _LANE_C, _LANE_D
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
    if at < end:
        w = _0
        if length >= _8:
            # The last whole word overlaps bytes already done: they are its low ones, shifted out.
            w = le64(data, end - _8) >> ((_8 - (end - at)) << _3)
        else:
            shift = _0
            while at < end:
                w |= np.uint64(data[at]) << shift
                shift += _8
                at += _1
        total += (w & _LOW) + (w >> _32)
        a = mix(a, w)
    return seal(a, b, c, d, length), total
