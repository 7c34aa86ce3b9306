"""Requests and replies by content alone."""

from __future__ import annotations

import numpy as np

from correlate.clocks.exchanges import conversations, find_turns
from correlate.model.arrays import frozen
from correlate.model.packets import ICMP, TCP, PacketFlag
from tests.clocks.tables import packet_table

ACK, SYN = 16, 2


def turns_of(*packets, proto=TCP):
    """Return pairs (request, reply) of (outbound, seq, length, ack, flags or ICMP type) in record order."""
    outbound, seq, length, ack, flags = (np.array(column) for column in zip(*packets, strict=True))
    table = packet_table(np.arange(len(packets)))
    columns = table.columns._replace(
        proto=frozen(np.full(len(packets), proto), np.uint8),
        flags=frozen(np.full(len(packets), int(PacketFlag.TRANSPORT)), np.uint32),
        seq=frozen(seq % 2**32, np.uint32),
        ack=frozen(ack % 2**32, np.uint32),
        payload_len=frozen(length, np.int32),
        tcp_flags=frozen(flags, np.uint16),
        icmp_type=frozen(flags, np.uint8),
    )
    table = type(table)(columns=columns, tuples=table.tuples, quotes=table.quotes)
    found = find_turns(table, np.zeros(len(packets), np.int64), outbound.astype(bool), np.arange(len(packets)))
    return sorted(zip(found.request.tolist(), found.reply.tolist(), strict=True))


def test_a_segment_is_answered_by_the_first_that_acknowledges_its_end():
    assert turns_of((1, 100, 50, 7, ACK), (0, 7, 0, 150, ACK), (0, 7, 0, 150, ACK)) == [(0, 1)]


def test_record_order_of_the_two_directions_does_not_matter():
    """A file sorted by stamps of two clocks holds the reply first."""
    assert turns_of((0, 7, 0, 150, ACK), (1, 100, 50, 7, ACK)) == [(1, 0)]


def test_what_is_sent_twice_has_no_reply_of_its_own():
    """Karn's rule."""
    assert turns_of((1, 100, 50, 7, ACK), (1, 100, 50, 7, ACK), (0, 7, 0, 150, ACK)) == []


def test_a_handshake_counts_and_numbers_wrap():
    assert turns_of((1, 2**32 - 1, 0, 0, SYN), (0, 500, 0, 0, SYN | ACK), (1, 0, 0, 501, ACK)) == [(0, 1), (1, 2)]


def test_a_keep_alive_asks_for_nothing():
    """RFC 9293 section 3.8.4: one byte that was acknowledged long before."""
    assert turns_of((0, 7, 0, 150, ACK), (1, 149, 1, 7, ACK), (0, 7, 0, 150, ACK)) == []


def test_echo_replies_answer_by_number():
    assert turns_of((1, 5, 0, 0, 8), (1, 6, 0, 0, 8), (0, 6, 0, 0, 0), proto=ICMP) == [(1, 2)]


def test_both_directions_of_two_ends_are_one_conversation():
    """Ports and protocol tell conversations apart; which end began does not matter."""
    ends = [(1, 2, 10, 20, 6), (2, 1, 20, 10, 6), (1, 2, 11, 20, 6), (1, 2, 10, 20, 17)]
    address = np.zeros((4, 2, 16), np.uint8)
    address[:, 0, 15], address[:, 1, 15] = [e[0] for e in ends], [e[1] for e in ends]
    table = packet_table(np.arange(4))
    tuples = table.tuples._replace(
        src=frozen(address[:, 0]),
        dst=frozen(address[:, 1]),
        sport=frozen([e[2] for e in ends], np.int32),
        dport=frozen([e[3] for e in ends], np.int32),
        proto=frozen([e[4] for e in ends], np.uint8),
    )
    columns = table.columns._replace(tuple_id=frozen(np.arange(4), np.int32))
    number, side = conversations(
        type(table)(columns=columns, tuples=tuples, quotes=table.quotes), np.arange(len(columns.ts_ns))
    )
    assert number[0] == number[1]
    assert len(set(number.tolist())) == 3
    assert side[0] != side[1]
