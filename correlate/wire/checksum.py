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


@kernel
def words_sum(data: Any, at: Any, stop: Any) -> Any:
    """Return the plain sum of the 16-bit words of ``data[at:stop]``, carries not folded.

    For headers: payloads are summed eight bytes at a time by ``dissect.payload_kernel``.

    >>> int(words_sum(np.array([1, 2, 3], np.uint8), 0, 3)) == 0x0102 + 0x0300
    True
    """
    total = np.int64(0)
    while at + 1 < stop:
        total += (np.int64(data[at]) << 8) | np.int64(data[at + 1])
        at += 2
    if at < stop:
        total += np.int64(data[at]) << 8
    return total


@kernel
def fold(total: Any) -> Any:
    """Return a sum with its carries folded into 16 bits (``total`` not negative).

    >>> int(fold(0x2FFFE))
    1
    """
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def checksum(data: bytes) -> int:
    """Return the checksum field for ``data`` whose own field is zero.

    >>> hex(checksum(bytes.fromhex("45000073000040004011" "0000" "c0a80001c0a800c7")))
    '0xb861'
    """
    padded = data + bytes(len(data) % 2)
    return 0xFFFF - int(fold(int(np.frombuffer(padded, ">u2").sum(dtype=np.int64))))
