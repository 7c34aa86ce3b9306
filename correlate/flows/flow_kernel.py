"""Packets to flows in one pass, in record order.

In: per packet its tuple and direction. Out: flow of each packet, facts per flow.
Method: a SYN with another initial sequence number on a used 5-tuple starts a new flow (RFC 9293 section 3.4); the same
SYN again is a retransmission and stays. Who began a flow, the strongest sign of all its packets says, of equal ones the
first.
Not here: how tuples become conversations, and flows without any sign (``grouping.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel

SYN, ACK, ENDS = 2, 16, 5  # ENDS = FIN | RST
ICMP, TCP, ICMPV6 = 1, 6, 58
TRANSPORT = 1 << 9
"""Bit of ``PacketFlag``."""
BY_PORT, BY_ECHO, BY_ANSWER, BY_SYN = 1, 2, 3, 4
"""Signs of who began a flow, weakest first."""


@kernel
def assign_flows(
    tuple_id: Any,
    of_tuple: Any,
    is_reverse: Any,
    flags: Any,
    proto: Any,
    tcp_flags: Any,
    icmp_type: Any,
    seq: Any,
    payload_len: Any,
    service: Any,
    ts_ns: Any,
    ip_len: Any,
    current: Any,
    of_packet: Any,
    flow_conversation: Any,
    isn: Any,
    is_used: Any,
    first_reverse: Any,
    begun_reverse: Any,
    sign: Any,
    ways: Any,
    sums: Any,
    span: Any,
) -> int:
    """Fill ``of_packet`` and the per-flow arrays; return the number of flows.

    ``of_tuple`` has the conversation of each tuple; ``service`` int8 per packet is 1 where only the destination has a
    well-known port, -1 where only the source has. ``current`` (per conversation) starts at -1; ``isn`` has shape
    (flows, 2), column 1 for the reverse direction, starting at -1; ``is_used`` marks flows that carried data, FIN or
    RST. ``begun_reverse`` tells whether the sender of reverse packets began the flow, by ``sign``, 0 = the first packet
    alone; ``ways`` (flows, 2) which directions were seen; ``sums`` (flows, 2) packets and bytes, ``span`` (flows, 2)
    the least and the greatest stamp. All others start at 0. Size of the per-flow arrays: conversations plus SYNs, at
    most.
    """
    flows = 0
    for row in range(len(tuple_id)):
        talk = of_tuple[tuple_id[row]]
        side = 1 if is_reverse[row] else 0
        flow = current[talk]
        is_tcp = proto[row] == TCP and int(flags[row]) & TRANSPORT != 0
        marks = np.int64(tcp_flags[row]) if is_tcp else 0
        is_syn = (marks & (SYN | ACK)) == SYN
        number = int(seq[row])
        stamp = ts_ns[row]
        is_new = flow < 0
        if is_syn and not is_new and isn[flow, side] != number:
            # Both ends opening at once (RFC 9293, figure 8) leave the flow unused and the other number known.
            is_new = is_used[flow] or isn[flow, side] >= 0
        if is_new:
            flow = flows
            flows += 1
            current[talk] = flow
            flow_conversation[flow] = talk
            first_reverse[flow] = is_reverse[row]
            begun_reverse[flow] = is_reverse[row]
            span[flow, 0] = stamp
            span[flow, 1] = stamp
        of_packet[row] = flow
        if (marks & SYN) != 0 and isn[flow, side] < 0:
            isn[flow, side] = number
        if is_tcp and (payload_len[row] > 0 or (marks & ENDS) != 0 or (marks & SYN) == 0):
            is_used[flow] = True
        ways[flow, side] = True
        sums[flow, 0] += 1
        sums[flow, 1] += ip_len[row]
        span[flow, 0] = min(span[flow, 0], stamp)
        span[flow, 1] = max(span[flow, 1], stamp)
        said, is_initiator = 0, True
        if is_syn:
            said = BY_SYN
        elif (marks & (SYN | ACK)) == (SYN | ACK):
            said, is_initiator = BY_ANSWER, False
        elif (proto[row] == ICMP and icmp_type[row] == 8) or (proto[row] == ICMPV6 and icmp_type[row] == 128):
            said = BY_ECHO
        elif service[row] != 0:
            said, is_initiator = BY_PORT, service[row] > 0
        if said > sign[flow]:
            sign[flow] = said
            begun_reverse[flow] = is_reverse[row] == is_initiator
    return flows
