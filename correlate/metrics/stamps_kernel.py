"""Packets' own stamps at every place, and what passed between them.

In: rows of packets, columns of a vantage. Out: arrays given by the caller.
Method: all places of a packet lie beside one another, so that whoever asks about a packet reads one line of memory.
Not here: which packets are asked about (``transaction_places.py``, ``exchanges.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel

_NO_TIME = 1 << 21
"""``PacketFlag``."""


@kernel
def fill_stamps(rows: Any, is_paired: Any, place: int, stamps: Any, flags: Any, own: Any) -> int:
    """Fill the column of a place where a packet has a stamp of its own there; return how many do."""
    count = 0
    for p in range(len(rows)):
        row = rows[p, place]
        if row >= 0 and is_paired[p, place] and (np.int64(flags[row]) & _NO_TIME) == 0:
            own[p, place] = stamps[row]
            count += 1
    return count


@kernel
def time_between(own: Any, first: Any, second: Any, none: int, out: Any) -> int:
    """Fill ``out`` with second stamp minus first at every place, ``none`` where one is missing; return how many are."""
    count = 0
    for k in range(len(first)):
        for place in range(own.shape[1]):
            a, b = own[first[k], place], own[second[k], place]
            out[k, place] = none
            if none not in (a, b):
                out[k, place] = b - a
                count += 1
    return count


@kernel
def time_five(own: Any, direction: Any, five: Any, none: int, ends: Any, spent: Any, rtt: Any, answer_at: Any) -> int:
    """Fill what is known of transactions at all places; return how many some place saw whole, in order of time.

    ``five``: first, last new, whole request, first and last of the answer, each a packet per transaction. Filled:
    ``ends`` int64 (2, transactions), the place nearest the requester that saw all (-1 = none did) and the one nearest
    the responder that saw request and reply; ``spent`` int64 (3, transactions), from packet 0 to 1, 1 to 2 and 3 to 4
    at the former; ``rtt`` and ``answer_at`` (transactions, places), packet 2 to 3 and 3 to 4, else ``none``.
    """
    firsts, askeds, requests, replies, lasts = five
    places = own.shape[1]
    told = 0
    for t in range(len(firsts)):
        first, asked, request, reply, last = firsts[t], askeds[t], requests[t], replies[t], lasts[t]
        is_forward = direction[request] >= 0
        near, far = -1, 0 if not is_forward else places - 1
        has_far = False
        for step in range(places):
            # Along the travel of the request.
            place = step if is_forward else places - 1 - step
            c, d, e = own[request, place], own[reply, place], own[last, place]
            rtt[t, place], answer_at[t, place] = none, none
            if d != none and e >= d:
                answer_at[t, place] = e - d
            if none in (c, d):
                continue
            rtt[t, place] = d - c
            far, has_far = place, True
            a, b = own[first, place], own[asked, place]
            if near < 0 and a != none and b >= a and c >= b and e >= d:
                near = place
                spent[0, t], spent[1, t], spent[2, t] = b - a, c - b, e - d
        ends[0, t], ends[1, t] = near, far
        told += 1 if near >= 0 and has_far else 0
    return told
