"""Requests and their replies at one vantage, by content alone.

In: one vantage's packets, their flows and directions. Out: ``Turns``: rows of requests and of the replies to them.
Method: a TCP segment sent once is answered by the first packet of the other direction that acknowledges exactly up to
its end; an ICMP echo request by its reply. Keys alone decide, neither stamps nor the order of the two directions in
the file: both may be what is wrong with the capture.
Not here: round trips of reports (``metrics``), what the pairs say of clocks (``directions.py``, ``hearsay.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.model.arrays import I64, Bool
from correlate.model.fingerprints import mixed
from correlate.model.packets import ICMP, ICMPV6, TCP, PacketFlag, PacketTable

FIN, SYN, RST, ACK = 1, 2, 4, 16
ECHO = {ICMP: (8, 0), ICMPV6: (128, 129)}
"""Types of echo request and reply (RFC 792, RFC 4443 section 4)."""


class Turns(NamedTuple):
    """One row per request that was answered."""

    request: I64
    """Row of the PacketTable."""
    reply: I64


def find_turns(packets: PacketTable, flow: I64, is_outbound: Bool, rows: I64) -> Turns:
    """Return the exchanges among ``rows``, whose ``flow`` and ``is_outbound`` are given."""
    flags = packets.columns.flags[rows]
    is_usable = (flags & (PacketFlag.TRANSPORT | PacketFlag.NO_TIME | PacketFlag.ICMP_ERROR)) == PacketFlag.TRANSPORT
    chosen, flow, is_outbound = rows[is_usable], flow[is_usable], is_outbound[is_usable]
    stream = (flow * 2 + is_outbound).astype(np.int64) << 32
    back = (flow * 2 + ~is_outbound).astype(np.int64) << 32
    parts = [_segments(packets, chosen, stream, back), *(_echoes(packets, chosen, stream, back, one) for one in ECHO)]
    return Turns(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def conversations(packets: PacketTable, rows: I64) -> tuple[I64, Bool]:
    """Return for each of the rows a number that both directions of its ends share, and which direction it is.

    Flows end and begin by the order of packets, which a file sorted by two clocks does not keep; ends do not.
    """
    tuples = packets.tuples
    ends = [
        mixed(*np.ascontiguousarray(address).view(np.int64).reshape(-1, 2).T, port)
        for address, port in ((tuples.src, tuples.sport), (tuples.dst, tuples.dport))
    ]
    number = mixed(ends[0] ^ ends[1], tuples.proto)
    _, dense = np.unique(number, return_inverse=True)
    at = packets.columns.tuple_id[rows]
    return dense.astype(np.int64)[at], np.asarray(ends[0] > ends[1], np.bool_)[at]


def _segments(packets: PacketTable, rows: I64, stream: I64, back: I64) -> Turns:
    columns = packets.columns
    flags = columns.tcp_flags[rows]
    is_tcp = (columns.proto[rows] == TCP) & ((flags & RST) == 0)
    length = columns.payload_len[rows].astype(np.int64) + ((flags & SYN) != 0) + ((flags & FIN) != 0)
    end = (columns.seq[rows].astype(np.int64) + length) & 0xFFFFFFFF
    # One byte alone is mostly a keep-alive: it repeats the last byte, which was acknowledged long before.
    asks = np.flatnonzero(is_tcp & ((length > 1) | ((flags & (SYN | FIN)) != 0)))
    answers = np.flatnonzero(is_tcp & ((flags & ACK) != 0))
    return _join(rows[asks], stream[asks] | end[asks], rows[answers], back[answers] | columns.ack[rows[answers]])


def _echoes(packets: PacketTable, rows: I64, stream: I64, back: I64, proto: int) -> Turns:
    columns = packets.columns
    of_kind = [
        np.flatnonzero((columns.proto[rows] == proto) & (columns.icmp_type[rows] == kind)) for kind in ECHO[proto]
    ]
    asks, answers = of_kind
    number = columns.seq[rows].astype(np.int64) & 0xFFFF
    return _join(rows[asks], stream[asks] | number[asks], rows[answers], back[answers] | number[answers])


def _join(request: I64, request_key: I64, reply: I64, reply_key: I64) -> Turns:
    """Join requests whose key occurs once with the first reply of that key in record order."""
    single, at, count = np.unique(request_key, return_index=True, return_counts=True)
    single, at = single[count == 1], at[count == 1]
    keys, first = np.unique(reply_key, return_index=True)
    _, here, there = np.intersect1d(single, keys, assume_unique=True, return_indices=True)
    return Turns(request[at[here]].astype(np.int64), reply[first[there]].astype(np.int64))
