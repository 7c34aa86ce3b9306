"""Bursts of new speech on a long timeline, flow by flow, in one pass.

In: columns of a ``Timeline``: the packets of a flow stand together. Out: what was said first, and the bursts.
Method: a hash table per flow of what was said, small enough for the cache, its multiplier drawn anew for every run
(``pairing_kernel.py``). Bytes that keep a connection alive are told by a second table, of ends of longer segments, made
only for flows with single bytes.
Not here: the same for short timelines, and what a burst is (``speech.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel
from correlate.metrics.pairing_kernel import bits_for, place_of
from correlate.wire.seq import seq_diff

_SYN, _RST, _TCP, _UDP = 2, 4, 6, 17
_HASHED = 1 << 61
"""``speech.HASHED``."""


_SAYS = -2
"""Of an entry that says something, until its burst is known."""


@kernel
def hear(line: Any, digest: Any, multiplier: int, lull_ns: int, table: Any, said: Any, bursts: Any) -> int:
    """Fill ``said`` and ``bursts``; return how many bursts there are.

    ``digest``: per entry, 0 = a datagram that equals no other. ``table``: heads, keys, links and position of each
    entry; scratch for the longest flow. ``said``: per entry the first that said the same (its own position, if it says
    nothing), its burst (-1 at first) and whether it is new (False at first). ``bursts``: first and last new entry, how
    many from one to the other say something, bytes of the new ones.
    """
    heads, keys, following, position = table
    first, burst, is_new = said
    start = 0
    while start < len(line.flow):
        stop = start + 1
        while stop < len(line.flow) and line.flow[stop] == line.flow[start]:
            stop += 1
        bits = bits_for(2 * (stop - start))
        heads[: 1 << bits] = -1
        used, singles = 0, 0
        for k in range(start, stop):
            first[k] = k
            flags, is_stream = np.int64(line.tcp_flags[k]), line.proto[k] == _TCP and (line.tcp_flags[k] & _RST) == 0
            is_datagram = line.proto[k] == _UDP and not line.is_error[k]
            says = line.payload_len[k] > 0 and (is_stream or is_datagram)
            if not says and not (is_stream and (flags & _SYN) != 0):
                continue
            burst[k], is_new[k] = _SAYS, True
            side = (np.int64(line.flow[k]) * 2 + (1 if line.is_outbound[k] else 0)) << 32
            if is_stream:
                singles += 1 if line.payload_len[k] == 1 else 0
                key = side | np.int64(line.seq[k])
            elif digest[k] != 0:
                key = (digest[k] ^ side * 3) & (_HASHED - 1) | _HASHED
            else:
                continue
            place = place_of(key, multiplier, bits)
            at = heads[place]
            while at >= 0 and keys[at] != key:
                at = following[at]
            if at < 0:
                at = used
                used += 1
                keys[at], following[at], position[at] = key, heads[place], k
                heads[place] = at
            first[k] = position[at]
            is_new[k] = first[k] == k
        if singles > 0:
            heads[: 1 << bits] = -1
            used = 0
            for turn in range(2):
                for k in range(start, stop):
                    length = line.payload_len[k]
                    if burst[k] != _SAYS or line.proto[k] != _TCP or (length <= 1 if turn == 0 else length != 1):
                        continue
                    key = np.int64(1 if line.is_outbound[k] else 0) << 32 | np.int64(line.end[k])
                    place = place_of(key, multiplier, bits)
                    at = heads[place]
                    while at >= 0 and keys[at] != key:
                        at = following[at]
                    if turn == 1:
                        is_new[k] = is_new[k] and at < 0
                    elif at < 0:
                        keys[used], following[used] = key, heads[place]
                        heads[place] = used
                        used += 1
        start = stop
    return cut_bursts(line, lull_ns, said, bursts)


@kernel
def cut_bursts(line: Any, lull_ns: int, said: Any, bursts: Any) -> int:
    """Fill ``bursts``, and the burst of each entry that says something; return how many bursts there are."""
    first, burst, is_new = said
    starts, ends, sizes, spoken = bursts
    count, before, heard, begun = 0, -1, 0, 0
    for k in range(len(line.flow)):
        if burst[k] != _SAYS:
            continue
        heard += 1
        if not is_new[k]:
            burst[k] = max(-1, burst[first[k]])
            continue
        is_same = before >= 0 and line.flow[k] == line.flow[before] and line.is_outbound[k] == line.is_outbound[before]
        is_same = is_same and ((line.tcp_flags[k] ^ line.tcp_flags[before]) & _SYN) == 0
        if not is_same or line.ts_ns[k] - line.ts_ns[before] >= lull_ns:
            starts[count], spoken[count] = k, 0
            begun = heard
            count += 1
        burst[k], ends[count - 1] = count - 1, k
        sizes[count - 1] = heard - begun + 1
        spoken[count - 1] += line.payload_len[k]
        before = k
    return count


@kernel
def pair_bursts(line: Any, bursts: Any, is_dns: Any, talk: Any, most: Any, asked: Any) -> int:
    """Fill ``asked`` with the bursts of an initiator that the next one answers; return how many there are.

    ``is_dns`` and ``talk``: per flow, what it says in datagrams; ``most``: datagrams of a DNS question, and of a flow
    whose datagrams answer one another.
    """
    starts, ends, sizes, _ = bursts
    count = 0
    for b in range(len(starts) - 1):
        last, reply = ends[b], starts[b + 1]
        if line.flow[last] != line.flow[reply] or not line.is_outbound[last] or line.is_outbound[reply]:
            continue
        if ((line.tcp_flags[last] ^ line.tcp_flags[reply]) & _SYN) != 0:
            continue
        flow = line.flow[last]
        if line.proto[last] == _TCP:
            if seq_diff(line.ack[reply], line.end[last]) < 0:
                continue
        elif is_dns[flow]:
            if sizes[b] > most[0]:
                continue
        elif sizes[b] != 1 or talk[flow] > most[1]:
            continue
        asked[count] = b
        count += 1
    return count
