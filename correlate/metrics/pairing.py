"""Which packet answers which, on one vantage's timeline.

In: a ``Timeline``. Out: positions (request, reply) in it.
Method: joins on keys; on long timelines a pass over each flow (``pairing_kernel.py``). A request sent more than once
is no request here (Karn's rule, RFC 6298 section 3): nobody can tell which sending was answered.
Not here: durations (``exchanges.py``, ``hosts.py``).
"""

from __future__ import annotations

import secrets

import numpy as np

from correlate.metrics.pairing_kernel import bits_for, longest_run, pair_answers
from correlate.metrics.timeline import ACK, RST, SYN, Timeline
from correlate.metrics.worth import is_worth_a_kernel
from correlate.model.arrays import I64, Bool, freeze
from correlate.model.ordering import first_of_each
from correlate.model.packets import ICMP, ICMPV6, TCP, UDP
from correlate.wire.seq import seq_diffs

Answers = tuple[I64, I64]
"""Positions of requests and of their replies."""


def answers_of(line: Timeline, *, turns_only: bool = False) -> tuple[Answers, Answers]:
    """Return :func:`acknowledged` (nothing, if only the others are asked for) and :func:`turns`, found together."""
    if not is_worth_a_kernel(len(line.packet)):
        nothing = np.zeros(0, np.int64)
        return (nothing, nothing) if turns_only else acknowledged(line), turns(line)
    longest = longest_run(line.flow)
    entries = 2 * longest
    table = np.empty(1 << bits_for(entries), np.int32), np.empty(entries, np.int64), np.empty(entries, np.int32)
    counts = tuple(np.empty(entries, np.int32) for _ in range(4))
    of_data = np.empty(longest, np.int32)
    answers = tuple(np.full(len(line.packet), -1, np.int32) for _ in range(2))
    pair_answers(freeze(line), random_multiplier(), int(not turns_only), table, counts, of_data, *answers)
    asked = [np.flatnonzero(answer >= 0) for answer in answers]
    covered, turned = ((at, answer[at].astype(np.int64)) for at, answer in zip(asked, answers, strict=True))
    return covered, turned


def random_multiplier() -> int:
    """Return a multiplier for ``place_of``: the places of keys cannot be foretold, and no result depends on them."""
    return secrets.randbits(31) | 1


def acknowledged(line: Timeline) -> Answers:
    """Return every TCP segment sent once with the first packet that acknowledges exactly up to its end."""
    is_tcp = (line.proto == TCP) & ((line.tcp_flags & RST) == 0)
    segment = np.flatnonzero(is_tcp & (line.end != line.seq))
    reply = np.flatnonzero(is_tcp & ((line.tcp_flags & ACK) != 0))
    return _first_after(
        segment,
        _stream(line, segment, opposite=False) | line.end[segment],
        reply,
        _stream(line, reply, opposite=True) | line.ack[reply],
    )


def echoed(line: Timeline) -> Answers:
    """Return every ICMP echo request sent once with its first reply (RFC 792, RFC 4443 section 4)."""
    is_echo = {ICMP: (8, 0), ICMPV6: (128, 129)}
    if not np.any((line.proto == ICMP) | (line.proto == ICMPV6)):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    request = np.flatnonzero(_is_any(line, {proto: kinds[0] for proto, kinds in is_echo.items()}))
    reply = np.flatnonzero(_is_any(line, {proto: kinds[1] for proto, kinds in is_echo.items()}))
    return _first_after(
        request,
        _stream(line, request, opposite=False) | line.seq[request],
        reply,
        _stream(line, reply, opposite=True) | line.seq[reply],
    )


def turns(line: Timeline) -> Answers:
    """Return the last data packet of one side with the first data packet of the other side after it.

    TCP: neither may be a retransmission, and the reply acknowledges the request wholly (else it does not answer it).
    UDP: the request stands alone between two turns, else nobody can tell which datagram was answered.
    """
    is_stream = (line.proto == TCP) & ((line.tcp_flags & (RST | SYN)) == 0)
    data = np.flatnonzero((is_stream | ((line.proto == UDP) & ~line.is_error)) & (line.payload_len > 0))
    if len(data) < 2:
        return data[:0], data[:0]
    is_same_flow = line.flow[data[1:]] == line.flow[data[:-1]]
    is_turn = is_same_flow & (line.is_outbound[data[1:]] != line.is_outbound[data[:-1]])
    is_alone = np.concatenate(([True], is_turn[:-1] | ~is_same_flow[:-1]))
    is_first_sending = _is_single(_stream(line, data, opposite=False) | line.end[data])
    answers = seq_diffs(line.ack[data[1:]], line.end[data[:-1]]) >= 0
    is_tcp_turn = (line.proto[data[1:]] == TCP) & answers & is_first_sending[1:] & is_first_sending[:-1]
    is_udp_turn = (line.proto[data[1:]] == UDP) & is_alone
    where = np.flatnonzero(is_turn & (is_tcp_turn | is_udp_turn))
    return data[where], data[where + 1]


def is_opening(line: Timeline, answers: Answers) -> Bool:
    """Return where the request is a SYN and the reply its SYN-ACK."""
    flags = line.tcp_flags[answers[0]], line.tcp_flags[answers[1]]
    found: Bool = ((flags[0] & (SYN | ACK)) == SYN) & ((flags[1] & (SYN | ACK)) == (SYN | ACK))
    return found


def _stream(line: Timeline, at: I64, *, opposite: bool) -> I64:
    """Return a number per flow and direction with 32 free low bits."""
    return (line.flow[at] * 2 + (line.is_outbound[at] ^ opposite)) << 32


def _is_any(line: Timeline, kinds: dict[int, int]) -> Bool:
    """Return where an ICMP message has the type given for its protocol."""
    found = np.zeros(len(line.packet), np.bool_)
    for proto, kind in kinds.items():
        found |= (line.proto == proto) & (line.icmp_type == kind)
    return found


def _is_single(keys: I64) -> Bool:
    """Return where a key occurs once."""
    _, first, count = first_of_each(keys)
    found = np.zeros(len(keys), np.bool_)
    found[first[count == 1]] = True
    return found


def _first_after(request: I64, request_key: I64, reply: I64, reply_key: I64) -> Answers:
    """Join requests whose key occurs once with the first reply of that key, if it comes after.

    Positions ascend in record order within a flow and a key names the flow, so "after" is a greater position.
    """
    single, first_request, count = first_of_each(request_key)
    single, first_request = single[count == 1], first_request[count == 1]
    keys, first_reply, _ = first_of_each(reply_key)
    if not len(keys):
        return request[:0], reply[:0]
    place = np.minimum(np.searchsorted(keys, single), len(keys) - 1)
    asked, answered = request[first_request], reply[first_reply[place]]
    found = np.flatnonzero((keys[place] == single) & (answered > asked))
    order = np.argsort(asked[found])
    return asked[found][order], answered[found][order]
