"""Who spoke when: bursts of new speech on a timeline, and what was said again.

In: a ``Timeline``. Out: ``Speech``: its packets that say something, in bursts of one speaker.
Method: TCP data and SYNs, UDP payload. What begins where an earlier packet of its side began says it again (a DNS
datagram: what is equal); it belongs to the burst that said it first. A burst ends where the speaker changes or falls
silent for ``LULL_NS``: what comes then is no part of the same message.
Not here: which burst answers which (``transactions.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.metrics.pairing import random_multiplier
from correlate.metrics.pairing_kernel import bits_for, longest_run
from correlate.metrics.speech_kernel import hear
from correlate.metrics.timeline import RST, SYN, Timeline, only
from correlate.metrics.worth import is_worth_a_kernel
from correlate.model.arrays import I32, I64, Bool, freeze, frozen
from correlate.model.ordering import group_order
from correlate.model.packets import TCP, UDP

LULL_NS = 5_000_000_000
"""Data that follows this long a silence of its own side is a new message: servers push, people pause. Longer than the
first resends of a sender (RFC 6298: 1 and 2 s)."""

HASHED = 1 << 61
"""Set in keys that are digests: those of streams are below it."""


class Speech(NamedTuple):
    """What the packets of a timeline say; bursts ascend along it."""

    line: Timeline
    """Packets that say something; of long timelines all, the others are neither new nor in any burst."""
    first_said: I32 | I64
    """Position of the first packet that said this; its own where it is new."""
    burst: I32 | I64
    """Burst in which it was said first; -1 = none."""
    is_new: Bool
    starts: I64
    """Per burst: position of its first new packet."""
    ends: I64
    """Per burst: position of its last new packet."""
    sizes: I64
    """Per burst: packets from the first to the last that say something, new or not."""
    spoken: I64
    """Per burst: bytes of its new packets."""


def speech_of(line: Timeline, digest: I64) -> Speech:
    """Return the bursts of a timeline.

    Parameters
    ----------
    line : Timeline
        As recorded; the packets of a flow stand together.
    digest : int64 array
        Per entry of the timeline: tells equal datagrams that are one message sent again; 0 = every one is new.
    """
    if is_worth_a_kernel(len(line.packet)):
        return _heard(line, digest)
    is_stream = (line.proto == TCP) & ((line.tcp_flags & RST) == 0)
    says = (is_stream & (line.payload_len > 0)) | (is_stream & ((line.tcp_flags & SYN) != 0))
    says |= (line.proto == UDP) & ~line.is_error & (line.payload_len > 0)
    digest, line = digest[says], only(line, says)
    first_said = _first_said(line, digest)
    at = np.arange(len(first_said))
    is_new = (first_said == at) & ~_is_keep_alive(line)
    fresh = np.flatnonzero(is_new)
    begins = _begins(line, fresh)
    burst = np.full(len(at), -1, np.int64)
    burst[fresh] = np.cumsum(begins) - 1
    starts = fresh[begins]
    ends = fresh[np.append(np.flatnonzero(begins)[1:], len(fresh)) - 1] if len(fresh) else fresh
    size = np.concatenate(([0], np.cumsum(np.where(is_new, line.payload_len, 0))))
    spoken = size[ends + 1] - size[starts]
    return Speech(line, first_said, burst[first_said], is_new, starts, ends, ends - starts + 1, spoken)


def _heard(line: Timeline, digest: I64) -> Speech:
    """Return the bursts of a long timeline, found flow by flow."""
    size, longest = len(line.packet), longest_run(line.flow)
    links = np.empty(longest, np.int32), np.empty(longest, np.int64)
    table = np.empty(1 << bits_for(2 * longest), np.int32), np.empty(longest, np.int64), *links
    said = np.empty(size, np.int32), np.full(size, -1, np.int32), np.zeros(size, np.bool_)
    bursts = tuple(np.empty(size, np.int64) for _ in range(4))
    count = hear(freeze(line), frozen(digest), random_multiplier(), LULL_NS, table, said, bursts)
    first_said, burst, is_new = said
    return Speech(line, first_said, burst, is_new, *(column[:count] for column in bursts))


def _first_said(line: Timeline, digest: I64) -> I64:
    """Return per packet the position of the first one that said the same."""
    at = np.arange(len(digest))
    side = (line.flow * 2 + line.is_outbound) << 32
    hashed = (digest ^ side * 3) & (HASHED - 1) | HASHED
    key = np.where(line.proto == TCP, side | line.seq, np.where(digest != 0, hashed, -1 - at))
    order = group_order(key)
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = key[order[1:]] != key[order[:-1]]
    found = np.empty(len(order), np.int64)
    found[order] = order[is_first][np.cumsum(is_first) - 1]
    return found


def _is_keep_alive(line: Timeline) -> Bool:
    """Mark single bytes that end where a longer segment of their side ended (RFC 9293 section 3.8.4)."""
    found = np.zeros(len(line.packet), np.bool_)
    single = np.flatnonzero((line.proto == TCP) & (line.payload_len == 1))
    if len(single):
        key = (line.flow * 2 + line.is_outbound) << 32 | line.end
        longer = (line.proto == TCP) & (line.payload_len > 1)
        found[single] = np.isin(key[single], key[longer])
    return found


def _begins(line: Timeline, fresh: I64) -> Bool:
    """Mark new packets that begin a burst."""
    begins = np.ones(len(fresh), np.bool_)
    here, before = fresh[1:], fresh[:-1]
    is_opening = (line.tcp_flags & SYN) != 0
    begins[1:] = (line.flow[here] != line.flow[before]) | (line.is_outbound[here] != line.is_outbound[before])
    begins[1:] |= is_opening[here] != is_opening[before]
    begins[1:] |= line.ts_ns[here] - line.ts_ns[before] >= LULL_NS
    return begins
