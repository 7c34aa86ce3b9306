"""Dense numbers for addresses and ports.

In: positions of addresses in the data, protocol and ports per row; the hash table. Out: one number per row, equal for
equal (version, protocol, source, destination, ports).
Method: open addressing with linear probing over five 64-bit words; the caller grows the table when told it is full.
Not here: the table's owner (``tuples``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.bytes_kernel import le64, mix
from correlate.jit import kernel

_0, _1, _8 = np.uint64(0), np.uint64(1), np.uint64(8)
_16, _24, _32, _34 = np.uint64(16), np.uint64(24), np.uint64(32), np.uint64(34)
_17, _42 = np.uint64(17), np.uint64(42)
_START = np.uint64(0x9E3779B97F4A7C15)


@kernel
def address_words(data: Any, at: Any, version: Any) -> Any:
    """Return ``(first word, second word)`` of the address at ``at`` (uint64), an IPv4 address in the second."""
    if version == 6:
        return le64(data, at), le64(data, at + _8)
    four = np.uint64(data[at]) | (np.uint64(data[at + _1]) << _8)
    four |= (np.uint64(data[at + _1 + _1]) << _16) | (np.uint64(data[at + _1 + _1 + _1]) << _24)
    return _0, four << _32


@kernel
def word_of_ports(version: Any, proto: Any, sport: Any, dport: Any) -> Any:
    """Return version, protocol and ports (-1 to 65535) packed in one uint64."""
    ports = (np.uint64(np.int64(sport) + 1) << _17) | np.uint64(np.int64(dport) + 1)
    return (np.uint64(version) << _42) | (np.uint64(proto) << _34) | ports


@kernel
def find_slot(slots: Any, words: Any, a: Any, b: Any, c: Any, d: Any, e: Any) -> Any:
    """Return the slot that holds the key, or the empty one (-1) where it belongs."""
    mask = np.uint64(len(slots) - 1)
    digest = mix(mix(mix(mix(mix(_START, a), b), c), d), e)
    slot = digest & mask
    while True:
        row = slots[slot]
        if row < 0:
            return slot
        is_same_v4 = words[row, 1] == b and words[row, 3] == d and words[row, 4] == e
        if is_same_v4 and words[row, 0] == a and words[row, 2] == c:
            return slot
        slot = (slot + _1) & mask


@kernel
def intern_rows(
    data: Any,
    source: Any,
    version: Any,
    proto: Any,
    sport: Any,
    dport: Any,
    row: Any,
    slots: Any,
    words: Any,
    used: Any,
    ids: Any,
) -> Any:
    """Write the number of each row's tuple from ``row`` on; return the row that did not fit, or the row count.

    In: ``source`` int64 (n,) position of the source address (the destination follows it); ``version``, ``proto``
    uint8, ports int32. Changed: ``slots`` int32 (a power of two), ``words`` uint64 (capacity, 5), ``used`` int64 (1,).
    Out: ``ids`` int32 (n,).
    """
    count = used[0]
    total = len(source)
    while row < total:
        at = np.uint64(source[row])
        size = _16 if version[row] == 6 else _8 >> _1
        a, b = address_words(data, at, version[row])
        c, d = address_words(data, at + size, version[row])
        e = word_of_ports(version[row], proto[row], sport[row], dport[row])
        slot = find_slot(slots, words, a, b, c, d, e)
        found = slots[slot]
        if found < 0:
            if count == len(words):
                break
            words[count, 0], words[count, 1], words[count, 2], words[count, 3], words[count, 4] = a, b, c, d, e
            slots[slot] = count
            found = count
            count += 1
        ids[row] = found
        row += 1
    used[0] = count
    return row


@kernel
def rehash(words: Any, count: Any, slots: Any) -> None:
    """Fill empty ``slots`` (all -1) with the first ``count`` rows of ``words``."""
    for row in range(count):
        slot = find_slot(slots, words, words[row, 0], words[row, 1], words[row, 2], words[row, 3], words[row, 4])
        slots[slot] = row


@kernel
def intern_layers(
    row_of: Any, kind: Any, tuple_id: Any, key: Any, at: Any, slots: Any, words: Any, used: Any, ids: Any
) -> Any:
    """Write stack numbers from tunnel layer ``at`` on; return the layer that did not fit, or the count of layers.

    In: per layer its packet's row, kind, tuple and key, int64; layers of a row stand together, outermost first.
    Changed: ``slots`` int32 (a power of two), ``words`` int64 (capacity, 4): parent, kind, tuple and key of each stack,
    row 0 none; ``used`` int64 (1,). Out: ``ids`` int32, per packet its stack so far (0 before its first layer).
    """
    count = used[0]
    mask = np.uint64(len(slots) - 1)
    while at < len(row_of):
        parent = np.int64(ids[row_of[at]])
        slot = _stack_digest(parent, kind[at], tuple_id[at], key[at]) & mask
        while True:
            found = slots[slot]
            if found < 0:
                break
            is_same = words[found, 0] == parent and words[found, 1] == kind[at]
            if is_same and words[found, 2] == tuple_id[at] and words[found, 3] == key[at]:
                break
            slot = (slot + _1) & mask
        if found < 0:
            if count == len(words):
                break
            words[count, 0], words[count, 1], words[count, 2], words[count, 3] = parent, kind[at], tuple_id[at], key[at]
            slots[slot] = found = count
            count += 1
        ids[row_of[at]] = found
        at += 1
    used[0] = count
    return at


@kernel
def _stack_digest(parent: Any, kind: Any, tuple_id: Any, key: Any) -> Any:
    """Return the hash of one stack (uint64)."""
    start = mix(mix(_START, np.uint64(parent)), np.uint64(kind))
    return mix(mix(start, np.uint64(tuple_id)), np.uint64(key))


@kernel
def rehash_layers(words: Any, count: Any, slots: Any) -> None:
    """Fill empty ``slots`` (all -1) with rows 1 to ``count`` of ``words``; row 0 is no tunnel."""
    mask = np.uint64(len(slots) - 1)
    for row in range(1, count):
        slot = _stack_digest(words[row, 0], words[row, 1], words[row, 2], words[row, 3]) & mask
        while slots[slot] >= 0:
            slot = (slot + _1) & mask
        slots[slot] = row
