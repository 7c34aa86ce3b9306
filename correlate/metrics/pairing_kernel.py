"""Who answers whom within every flow of a long timeline, in one pass.

In: columns of a ``Timeline``: the packets of a flow stand together. Out: per packet the position of what answers it.
Method: a hash table per flow, small enough for the cache, of numbers that were sent and acknowledged. Chains, and a
multiplier drawn anew for every run (Dietzfelbinger et al. 1997: two keys collide with chance 2 / size at most): nobody
can write a capture whose chains grow long.
Not here: the same for short timelines, and what the answers are (``pairing.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel
from correlate.wire.seq import seq_diff

_SYN, _RST, _ACK, _TCP, _UDP = 2, 4, 16, 6, 17
_WORD = 0xFFFFFFFF


@kernel
def longest_run(flow: Any) -> int:
    """Return the length of the longest run of one flow."""
    longest, start = 0, 0
    for k in range(len(flow)):
        if flow[k] != flow[start]:
            start = k
        longest = max(longest, k + 1 - start)
    return longest


@kernel
def bits_for(count: int) -> int:
    """Return how many bits number at least ``count`` places, 1 at least."""
    bits = 1
    while 1 << bits < count:
        bits += 1
    return bits


@kernel
def place_of(key: Any, multiplier: int, bits: int) -> Any:
    """Return the place of a key in a table of ``2**bits``; ``multiplier`` is odd and below 2**31, ``bits`` below 33."""
    low = ((key & _WORD) * multiplier) & _WORD
    high = ((key >> 32 & _WORD) * multiplier) & _WORD
    return (low ^ (high >> 1)) >> (32 - bits)


@kernel
def pair_answers(
    line: Any, multiplier: int, wants: int, table: Any, entries: Any, of_data: Any, acked_by: Any, turn_to: Any
) -> int:
    """Fill ``acked_by`` (unless ``wants`` is 0) and ``turn_to``, both -1 at first; return the number of flows.

    ``table``: heads, keys, links; ``entries``: segments sent, data packets sent, first sending, first acknowledgement;
    ``of_data``: entry of a data packet. All are scratch for the longest flow: two entries per packet.
    """
    heads, keys, following = table
    sent, spoken, request, reply = entries
    flows, start = 0, 0
    while start < len(line.flow):
        stop = start + 1
        while stop < len(line.flow) and line.flow[stop] == line.flow[start]:
            stop += 1
        bits = bits_for(2 * (stop - start))
        heads[: 1 << bits] = -1
        used = 0
        for k in range(start, stop):
            of_data[k - start] = -1
            way = 1 if line.is_outbound[k] else 0
            flags = np.int64(line.tcp_flags[k])
            is_tcp = line.proto[k] == _TCP and (flags & _RST) == 0
            speaks = line.payload_len[k] > 0 and (
                (is_tcp and (flags & _SYN) == 0) or (line.proto[k] == _UDP and not line.is_error[k])
            )
            takes = is_tcp and line.end[k] != line.seq[k] and wants != 0
            answers = is_tcp and (flags & _ACK) != 0 and wants != 0
            # Its acknowledgement is a number of the other side, its end one of its own.
            for turn in range(2):
                if (turn == 0 and not answers) or (turn == 1 and not speaks and not takes):
                    continue
                key = (1 - way) << 32 | np.int64(line.ack[k]) if turn == 0 else way << 32 | np.int64(line.end[k])
                place = place_of(key, multiplier, bits)
                at = heads[place]
                while at >= 0 and keys[at] != key:
                    at = following[at]
                if at < 0:
                    at = used
                    used += 1
                    keys[at], following[at] = key, heads[place]
                    heads[place] = at
                    sent[at], spoken[at], reply[at] = 0, 0, -1
                if turn == 0:
                    reply[at] = k if reply[at] < 0 else reply[at]
                    continue
                if takes:
                    request[at] = k if sent[at] == 0 else request[at]
                    sent[at] += 1
                if speaks:
                    spoken[at] += 1
                    of_data[k - start] = at
        for at in range(used):
            if sent[at] == 1 and reply[at] > request[at]:
                acked_by[request[at]] = reply[at]
        before, was_turn = -1, True
        for k in range(start, stop):
            if of_data[k - start] < 0:
                continue
            is_turn = before >= 0 and line.is_outbound[k] != line.is_outbound[before]
            if is_turn:
                is_answer = line.proto[k] == _UDP and was_turn
                if line.proto[k] == _TCP and seq_diff(line.ack[k], line.end[before]) >= 0:
                    is_answer = spoken[of_data[k - start]] == 1 and spoken[of_data[before - start]] == 1
                if is_answer:
                    turn_to[before] = k
            was_turn = is_turn or before < 0
            before = k
        flows += 1
        start = stop
    return flows
