"""Packets that their sender sent before, by one pass over all packets.

**In:** packet columns of the places, one place after the other; then one key per packet. **Out:** keys; which packets
share one.
**Method:** what tells sendings apart is hashed into 64 bits (multiply and shift, as in splitmix64); equal keys meet in
a table of open addressing. Keys that a hostile capture made fall together are given up after ``FARTHEST`` steps: the
caller sorts instead.
**Not here:** what equal keys mean (``sendings.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel

FREE = -1
"""Of a slot: no packet."""
FARTHEST = 256
"""Steps from a key's own slot; at most half of the slots are taken, so chance needs a few dozen."""

_TCP = 6
_FIN_SYN_RST = 7
_1, _4, _8 = np.uint64(1), np.uint64(4), np.uint64(8)
_27, _30, _31 = np.uint64(27), np.uint64(30), np.uint64(31)
_STEP = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@kernel
def stirred(state: Any, part: Any) -> Any:
    """Return ``state`` with one more number in it; all uint64."""
    state = (state ^ part) + _STEP
    state = (state ^ (state >> _30)) * _FACTORS[0]
    return (state ^ (state >> _27)) * _FACTORS[1]


@kernel
def key_sendings(
    rows: Any, place: int, flow: Any, is_outbound: Any,
    proto: Any, payload_len: Any, tcp_flags: Any, seq: Any, ack: Any, digest: Any,
    keys: Any, flags: Any,
) -> int:  # fmt: skip
    """Fill ``keys`` and ``flags`` (0 without TCP) of the packets that ``place`` shows first; return how many these are.

    ``rows`` int64 (packets, places), -1 = not seen; a packet that no place shows counts as row 0 of place 0. Columns of
    the place's packet table, at least one row each: ``proto`` uint8, ``payload_len`` int32, ``tcp_flags`` uint16,
    ``seq`` and ``ack`` uint32, ``digest`` uint64. Out: ``keys`` uint64, ``flags`` uint16 (packets,).
    """
    count = 0
    for i in range(len(flow)):
        row = rows[i, place]
        if row < 0 and place > 0:
            continue
        is_first = True
        for before in range(place):
            is_first = is_first and rows[i, before] < 0
        if not is_first:
            continue
        if row < 0:
            for later in range(1, rows.shape[1]):
                is_first = is_first and rows[i, later] < 0
            if not is_first:
                continue
            row = 0
        count += 1
        is_tcp = proto[row] == _TCP
        flags[i] = tcp_flags[row] if is_tcp else 0
        word = np.uint64(flow[i]) << _4
        if is_outbound[i]:
            word |= _8
        what = digest[row]
        if is_tcp and payload_len[row] > 0:
            # Data is told by where it begins: a resend may be cut otherwise, and acknowledges more.
            word = (word << _1) | _1
            what = np.uint64(0)
        elif is_tcp:
            word = (word | np.uint64(tcp_flags[row] & _FIN_SYN_RST)) << _1
            what = np.uint64(ack[row])
        else:
            word <<= _1
        key = stirred(stirred(stirred(np.uint64(0), word), np.uint64(seq[row])), what)
        keys[i] = key ^ (key >> _31)
    return count


@kernel
def mark_repeats(keys: Any, shift: Any, slots: Any, is_repeated: Any, is_early: Any) -> int:
    """Mark packets whose key others share, and of these all but the last; return 0, or 1 if keys fall together.

    ``keys`` uint64; ``shift`` uint64, 64 less the bits of a slot's number; ``slots`` int32, a power of two of them, all
    ``FREE``, at least twice as many as keys. The marks are bool, all False.
    """
    mask = len(slots) - 1
    for i in range(len(keys)):
        key = keys[i]
        at = np.int64(key >> shift)
        for step in range(FARTHEST + 1):
            if step == FARTHEST:
                return 1
            last = slots[at]
            if last == FREE:
                break
            if keys[last] == key:
                is_early[last] = True
                is_repeated[last] = True
                is_repeated[i] = True
                break
            at = (at + 1) & mask
        slots[at] = i
    return 0
