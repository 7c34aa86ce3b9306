"""Kernels over the segments of a flow in record order: what was sent again, what was acknowledged first.

**In:** columns of one vantage. **Out:** arrays given by the caller.

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

SEGMENT = 1
"""A TCP segment whose header is whole and that counts."""
TAKES = 2
"""It takes sequence space: payload, SYN or FIN (RFC 9293)."""
COPY = 4
"""It starts below the highest byte sent before it: an earlier sending may be what the receiver acknowledges."""
OUTBOUND = 8
AGAIN = 16
"""It was sent again though no acknowledgement of it had been seen here."""

TCP = 6
FIN, SYN, RST, ACK = 1, 2, 4, 16
HAS_TRANSPORT = 1 << 9
HAS_TS = 1 << 10
HAS_SACK = 1 << 14

AFTERMATH = 64
"""Segments read on after the covering acknowledgement, for a DSACK that comes one round trip later."""


@kernel
def chain_segments(
    of_packet: Any,
    of_flow: Any,
    is_outbound: Any,
    is_swapped: Any,
    proto: Any,
    flags: Any,
    seq: Any,
    ack: Any,
    payload_len: Any,
    tcp_flags: Any,
    is_left_out: Any,
    limit: int,
    sent: Any,
    previous: Any,
    following: Any,
    traits: Any,
    resent_by: Any,
) -> int:
    """Chain the segments of each flow and fill ``traits[row]`` and ``resent_by[row]``; return how many were sent again.

    Goal: which segments were sent again though no acknowledgement of them had been seen here (-1 = not), in one pass
    in record order. Trick: only a segment that starts below the highest byte sent so far can be a resend; those are
    rare, so looking back from them is cheap. A keep-alive (one byte or none at the last byte sent) is not a resend.

    ``sent``: shape (joined flows, 3), filled with -1: the last segment of the flow, the highest byte sent by either
    direction. ``previous`` and ``following`` (filled with -1): the neighbours in the flow.
    """
    found = 0
    for row in range(len(of_packet)):
        if proto[row] != TCP or not flags[row] & HAS_TRANSPORT or is_left_out[row]:
            continue
        own = of_packet[row]
        flow = of_flow[own]
        before = sent[flow, 0]
        previous[row] = before
        if before >= 0:
            following[before] = row
        sent[flow, 0] = row
        is_out = is_outbound[row] != is_swapped[own]
        d = 2 if is_out else 1
        trait = SEGMENT | OUTBOUND if is_out else SEGMENT
        marks = tcp_flags[row]
        length = np.int64(payload_len[row]) + (marks & FIN) + ((marks & SYN) >> 1)
        if length <= 0:
            traits[row] = trait
            continue
        start = np.int64(seq[row])
        end = start + length
        top = sent[flow, d]
        if top < 0 or seq_diff(start, top) >= 0:
            traits[row] = trait | TAKES
            sent[flow, d] = end
            continue
        traits[row] = trait | TAKES | COPY
        is_keep_alive = length <= 1 and seq_diff(start, top) == -1 and not marks & (SYN | FIN)
        if seq_diff(end, top) > 0:
            sent[flow, d] = end
        if is_keep_alive:
            continue
        best_ack = np.int64(-(2**31))
        other = before
        looked = 0
        while other >= 0 and looked < limit:
            at = other
            other = previous[at]
            looked += 1
            if (traits[at] & OUTBOUND) != (trait & OUTBOUND):
                if tcp_flags[at] & ACK:
                    best_ack = max(best_ack, seq_diff(ack[at], start))
                continue
            if not traits[at] & TAKES:
                continue
            its_end = (
                np.int64(seq[at]) + np.int64(payload_len[at]) + (tcp_flags[at] & FIN) + ((tcp_flags[at] & SYN) >> 1)
            )
            tail = seq_diff(its_end, start)
            if tail <= 0 or seq_diff(seq[at], end) >= 0:
                continue
            if best_ack < tail and resent_by[at] < 0:
                resent_by[at] = row
                traits[at] |= AGAIN
                found += 1
            if seq_diff(seq[at], start) <= 0:
                break
    return found


@kernel
def gather_evidence(
    asked: Any,
    following: Any,
    traits: Any,
    seq: Any,
    payload_len: Any,
    ack: Any,
    tcp_flags: Any,
    flags: Any,
    tsval: Any,
    tsecr: Any,
    sack_left: Any,
    sack_right: Any,
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
        if not traits[row] & TAKES:
            continue
        start = np.int64(seq[row])
        end = start + np.int64(payload_len[row]) + (tcp_flags[row] & FIN) + ((tcp_flags[row] & SYN) >> 1)
        is_copy = (traits[row] & COPY) != 0
        bits = 0
        sent_beyond = False
        resends = 0
        repeats = 0
        left = -1
        looked = 0
        following_one = following[row]
        while following_one >= 0 and looked < limit and left != 0:
            other = following_one
            following_one = following[other]
            looked += 1
            if left > 0:
                left -= 1
            takes = (traits[other] & TAKES) != 0
            if (traits[other] & OUTBOUND) == (traits[row] & OUTBOUND):
                if not takes:
                    continue
                its_end = np.int64(seq[other]) + np.int64(payload_len[other])
                its_end += (tcp_flags[other] & FIN) + ((tcp_flags[other] & SYN) >> 1)
                if seq_diff(seq[other], end) >= 0:
                    sent_beyond = True
                elif seq_diff(its_end, start) > 0:
                    resends += 1
                    if out_resend[i] < 0 and left < 0:
                        bits |= RESENT
                        out_resend[i] = other
                continue
            if not tcp_flags[other] & ACK:
                continue
            has_sack = (np.int64(flags[other]) & HAS_SACK) != 0
            # A duplicate reported says that two sendings arrived: of three, this may be the one that did not.
            is_pair = bits & RESENT and resends == 1 and not is_copy
            is_dsack = has_sack and is_pair and seq_diff(sack_right[other], ack[other]) <= 0
            if is_dsack and seq_diff(sack_left[other], end) < 0 and seq_diff(sack_right[other], start) > 0:
                bits |= ARRIVED
            if left >= 0:
                continue
            if seq_diff(ack[other], end) >= 0:
                bits |= COVERED
                if bits & RESENT:
                    out_ack[i] = other
                    left = AFTERMATH
                else:
                    # Of a copy only the echo of its own time stamp says that it was the one to arrive.
                    is_echo = (np.int64(flags[other]) & np.int64(flags[row]) & HAS_TS) != 0 and tsecr[other] == tsval[
                        row
                    ]
                    if is_echo or not is_copy:
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
            if bits & RESENT or seq_diff(ack[other], start) != 0:
                continue
            if has_sack and seq_diff(sack_left[other], end) >= 0:
                bits |= SACK_HOLE
            is_pure = not takes and not tcp_flags[other] & RST
            repeats = repeats + 1 if is_pure and sent_beyond else 0
            if repeats >= 2:
                bits |= ACK_HOLE
        if looked >= limit and following_one >= 0 and out_ack[i] < 0:
            bits |= UNFINISHED
        out_flags[i] = bits
    return 0
