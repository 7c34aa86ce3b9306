"""Kernels over the segments of a flow in record order: what was sent again, what was acknowledged first.

**In:** columns of one vantage, rows ordered by flow and record. **Out:** arrays given by the caller.

**Method:** RFC 9293 sequence arithmetic; RFC 2018 and 2883 (SACK, DSACK), RFC 3522 (Eifel detection by time stamps).
Every scan is bounded by ``limit`` segments, so the worst case stays linear.

**Not here:** what the evidence means (``rules.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel
from correlate.wire.seq import seq_diff

ACKED = 1
"""The receiver acknowledged all of it before any of it was sent again."""
RESENT = 2
"""Some of it was sent again before an acknowledgement of it was seen."""
ARRIVED = 4
"""Sent again, yet a later acknowledgement shows that the first sending had arrived."""
SACK_HOLE = 8
"""Before the resend the receiver waited for exactly it and reported holding bytes beyond it."""
ACK_HOLE = 16
"""Before the resend the receiver twice asked for exactly it after bytes beyond it had been sent."""
ECHO_HOLE = 32
"""The acknowledgement that covers it echoes a time stamp of later than its first sending."""
UNFINISHED = 64
"""The scan ended at its limit."""
COVERED = 128
"""An acknowledgement covers its bytes, whichever sending brought them."""

FIN, SYN, RST, ACK = 1, 2, 4, 16
HAS_TS = 1 << 10
HAS_SACK = 1 << 14

AFTERMATH = 64
"""Segments read on after the covering acknowledgement, for a DSACK that comes one round trip later."""


@kernel
def find_resends(
    order: Any,
    flow: Any,
    is_outbound: Any,
    is_segment: Any,
    seq: Any,
    end: Any,
    ack: Any,
    tcp_flags: Any,
    limit: int,
    resent_by: Any,
    is_copy: Any,
) -> int:
    """Fill ``resent_by[row]`` and ``is_copy[row]``; return the number of rows sent again.

    Goal: which segments were sent again though no acknowledgement of them had been seen here (-1 = not). Trick: only
    a segment that starts below the highest byte sent so far can be a resend; those are rare, so looking back from
    them is cheap. A keep-alive (one byte or none at the last byte sent) is not a resend. ``is_copy``: starts below the
    highest byte sent, so an earlier sending may be what the receiver acknowledges.
    """
    found = 0
    start = 0
    has_sent = np.zeros(2, np.bool_)
    top = np.zeros(2, np.int64)
    for k in range(len(order)):
        row = order[k]
        if k == 0 or flow[row] != flow[order[k - 1]]:
            start = k
            has_sent[:] = False
        if not is_segment[row]:
            continue
        d = 1 if is_outbound[row] else 0
        length = end[row] - seq[row]
        if length <= 0:
            continue
        if not has_sent[d] or seq_diff(seq[row], top[d]) >= 0:
            has_sent[d] = True
            top[d] = end[row]
            continue
        is_copy[row] = True
        is_keep_alive = length <= 1 and seq_diff(seq[row], top[d]) == -1 and not tcp_flags[row] & (SYN | FIN)
        if seq_diff(end[row], top[d]) > 0:
            top[d] = end[row]
        if is_keep_alive:
            continue
        best_ack = np.int64(-(2**31))
        for j in range(k - 1, max(start, k - limit) - 1, -1):
            other = order[j]
            if not is_segment[other]:
                continue
            if is_outbound[other] != is_outbound[row]:
                if tcp_flags[other] & ACK:
                    best_ack = max(best_ack, seq_diff(ack[other], seq[row]))
                continue
            tail = seq_diff(end[other], seq[row])
            if end[other] <= seq[other] or tail <= 0 or seq_diff(seq[other], end[row]) >= 0:
                continue
            if best_ack < tail and resent_by[other] < 0:
                resent_by[other] = row
                found += 1
            if seq_diff(seq[other], seq[row]) <= 0:
                break
    return found


@kernel
def gather_evidence(
    asked: Any,
    position: Any,
    order: Any,
    flow: Any,
    is_outbound: Any,
    is_segment: Any,
    seq: Any,
    end: Any,
    ack: Any,
    tcp_flags: Any,
    flags: Any,
    tsval: Any,
    tsecr: Any,
    sack_left: Any,
    sack_right: Any,
    is_copy: Any,
    limit: int,
    out_flags: Any,
    out_ack: Any,
    out_resend: Any,
) -> int:
    """Fill the evidence of each asked row: bits above, covering acknowledgement's row, first resend's row (-1 none).

    Goal: did the receiver get this sending? Scans forward in the row's flow until an acknowledgement covers it (and
    ``AFTERMATH`` segments on if it was sent again). Cost: one round trip's worth of segments per asked row.
    """
    for i in range(len(asked)):
        row = asked[i]
        out_flags[i] = 0
        out_ack[i] = -1
        out_resend[i] = -1
        if not is_segment[row] or end[row] <= seq[row]:
            continue
        bits = 0
        sent_beyond = False
        resends = 0
        repeats = 0
        left = -1
        stop = min(len(order), position[row] + 1 + limit)
        k = position[row] + 1
        while k < stop and flow[order[k]] == flow[row] and left != 0:
            other = order[k]
            k += 1
            if left > 0:
                left -= 1
            if not is_segment[other]:
                continue
            if is_outbound[other] == is_outbound[row]:
                if end[other] <= seq[other]:
                    continue
                if seq_diff(seq[other], end[row]) >= 0:
                    sent_beyond = True
                elif seq_diff(end[other], seq[row]) > 0:
                    resends += 1
                    if out_resend[i] < 0 and left < 0:
                        bits |= RESENT
                        out_resend[i] = other
                continue
            if not tcp_flags[other] & ACK:
                continue
            has_sack = (np.int64(flags[other]) & HAS_SACK) != 0
            # A duplicate reported says that two sendings arrived: of three, this may be the one that did not.
            is_pair = bits & RESENT and resends == 1 and not is_copy[row]
            is_dsack = has_sack and is_pair and seq_diff(sack_right[other], ack[other]) <= 0
            if is_dsack and seq_diff(sack_left[other], end[row]) < 0 and seq_diff(sack_right[other], seq[row]) > 0:
                bits |= ARRIVED
            if left >= 0:
                continue
            if seq_diff(ack[other], end[row]) >= 0:
                bits |= COVERED
                if bits & RESENT:
                    out_ack[i] = other
                    left = AFTERMATH
                else:
                    # Of a copy only the echo of its own time stamp says that it was the one to arrive.
                    is_echo = (np.int64(flags[other]) & np.int64(flags[row]) & HAS_TS) != 0 and tsecr[other] == tsval[
                        row
                    ]
                    if is_echo or not is_copy[row]:
                        out_ack[i] = other
                        bits |= ACKED
                    break
                resend = out_resend[i]
                has_all = (np.int64(flags[other]) & np.int64(flags[row]) & np.int64(flags[resend]) & HAS_TS) != 0
                if has_all and tsval[row] != tsval[resend]:
                    if tsecr[other] == tsval[row]:
                        bits |= ARRIVED
                    elif seq_diff(tsecr[other], tsval[row]) > 0:
                        bits |= ECHO_HOLE
                continue
            # Only a receiver that waits for exactly this byte speaks of it: a lower acknowledgement waits for an
            # earlier one, and this may lie in a SACK block that is not the first.
            if bits & RESENT or seq_diff(ack[other], seq[row]) != 0:
                continue
            if has_sack and seq_diff(sack_left[other], end[row]) >= 0:
                bits |= SACK_HOLE
            is_pure = end[other] <= seq[other] and not tcp_flags[other] & RST
            repeats = repeats + 1 if is_pure and sent_beyond else 0
            if repeats >= 2:
                bits |= ACK_HOLE
        if k >= stop and k < len(order) and out_ack[i] < 0:
            bits |= UNFINISHED
        out_flags[i] = bits
    return 0
