"""The Internet checksum (RFC 1071) and its arithmetic.

In: bytes of a packet. Out: 16-bit ones-complement sums as int64, not inverted unless said.
Method: add big-endian 16-bit words in int64, fold the carries at the end (RFC 1071 section 2; an odd last byte is
the high half of a word).
Not here: which bytes a protocol covers (``dissect``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel

_1, _2, _3, _4 = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)


@kernel
def words_sum(data: Any, at: Any, stop: Any) -> Any:
    """Return the sum of the 16-bit words of ``data[at:stop]``, carries not folded (only :func:`fold` of it matters).

    For headers: payloads are summed eight bytes at a time by ``dissect.payload_kernel``.

    >>> hex(int(fold(words_sum(np.array([1, 2, 3], np.uint8), 0, 3))))
    '0x402'
    """
    total = np.int64(0)
    i, end = np.uint64(at), np.uint64(stop)  # signed indices cost a test for negative ones each
    while i + _4 <= end:
        # Two words at once, which the compiler makes one load: 2**16 is 1 modulo 0xFFFF.
        total += (
            (np.int64(data[i]) << 24)
            | (np.int64(data[i + _1]) << 16)
            | (np.int64(data[i + _2]) << 8)
            | np.int64(data[i + _3])
        )
        i += _4
    shift = 8
    while i < end:
        total += np.int64(data[i]) << shift
        shift ^= 8
        i += _1
    return total


@kernel
def fold(total: Any) -> Any:
    """Return a sum with its carries folded into 16 bits (``total`` not negative).

    Four steps do for any int64; how many a sum needs is no branch that a processor foretells.

    >>> int(fold(0x2FFFE))
    1
    """
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return (total & 0xFFFF) + (total >> 16)


def checksum(data: bytes) -> int:
    """Return the checksum field for ``data`` whose own field is zero.

    >>> hex(checksum(bytes.fromhex("45000073000040004011" "0000" "c0a80001c0a800c7")))
    '0xb861'
    """
    padded = data + bytes(len(data) % 2)
    return 0xFFFF - int(fold(int(np.frombuffer(padded, ">u2").sum(dtype=np.int64))))
