"""Packets to flows in one pass, in record order.

In: per packet its conversation and direction. Out: flow of each packet, facts per flow.
Method: a SYN with another initial sequence number on a used 5-tuple starts a new flow (RFC 9293 section 3.4); the same
SYN again is a retransmission and stays.
Not here: how tuples become conversations (``grouping.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel

SYN, ACK, ENDS = 2, 16, 5  # ENDS = FIN | RST


@kernel
def assign_flows(
    conversation: Any,
    is_reverse: Any,
    is_tcp: Any,
    tcp_flags: Any,
    seq: Any,
    payload_len: Any,
    current: Any,
    of_packet: Any,
    flow_conversation: Any,
    isn: Any,
    is_used: Any,
    first_reverse: Any,
) -> int:
    """Fill ``of_packet`` and the per-flow arrays; return the number of flows.

    ``current`` (per conversation) starts at -1; ``isn`` has shape (flows, 2), column 1 for the reverse direction,
    starting at -1; ``is_used`` marks flows that carried data, FIN or RST. Size of the per-flow arrays: conversations
    plus SYNs, at most.
    """
    flows = 0
    for row in range(len(conversation)):
        talk = conversation[row]
        side = 1 if is_reverse[row] else 0
        flow = current[talk]
        flags = tcp_flags[row] if is_tcp[row] else 0
        is_syn = (flags & (SYN | ACK)) == SYN
        number = int(seq[row])
        is_new = flow < 0
        if is_syn and not is_new and isn[flow, side] != number:
            # Both ends opening at once (RFC 9293, figure 8) leave the flow unused and the other number known.
            is_new = is_used[flow] or isn[flow, side] >= 0
        if is_new:
            flow = flows
            flows += 1
            current[talk] = flow
            flow_conversation[flow] = talk
            first_reverse[flow] = side
        of_packet[row] = flow
        if (flags & SYN) != 0 and isn[flow, side] < 0:
            isn[flow, side] = number
        if is_tcp[row] and (payload_len[row] > 0 or (flags & ENDS) != 0 or (flags & SYN) == 0):
            is_used[flow] = True
    return flows


@kernel
def sum_up_flows(
    of_packet: Any, ts_ns: Any, ip_len: Any, packets: Any, octets: Any, first_ns: Any, last_ns: Any
) -> int:
    """Add every packet to its flow; return how many there are.

    ``packets`` and ``octets`` start at 0, ``first_ns`` at the greatest and ``last_ns`` at the least int64.
    """
    for row in range(len(of_packet)):
        flow, stamp = of_packet[row], ts_ns[row]
        packets[flow] += 1
        octets[flow] += ip_len[row]
        first_ns[flow] = min(first_ns[flow], stamp)
        last_ns[flow] = max(last_ns[flow], stamp)
    return len(of_packet)
