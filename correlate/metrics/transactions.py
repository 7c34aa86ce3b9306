"""Requests and their answers, with every part of the time that they took.

In: packet tables, path, trajectories, the timeline of every flow at its home place. Out: ``TransactionColumns``.
Method: a burst of the initiator followed by one of the responder that acknowledges it whole. The request counts as
whole with the packet that arrived last of it, resends included: of several sendings the earliest that got farthest is
the one that arrived. All parts are differences of two stamps of one clock. A first sending of the answer that the far
place holds and the near one does not was lost on the way back; from there on the responder waited to send it again.
Not here: who waits long (``diagnose``), error bounds (``report``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from correlate.metrics.speech import Speech, speech_of
from correlate.metrics.timeline import SYN, Timeline
from correlate.metrics.transaction_places import Stamps, first_sendings, reach_of
from correlate.model.arrays import I8, I64, Bool, frozen
from correlate.model.packets import TCP, UDP, PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable
from correlate.model.transactions import UNKNOWN_NS, TransactionColumns, TransactionKind, no_transactions
from correlate.wire.seq import seq_diffs

DNS_PORT = 53
QUERY_PACKETS = 3
"""Datagrams of one DNS request: A, AAAA and one more are asked at once."""
TALK_PACKETS = 8
"""A UDP conversation of more speech is a stream, whose datagrams answer nothing; DNS may go on."""


class Pairs(NamedTuple):
    """One row per transaction: positions in ``Speech``."""

    begin: I64
    asked: I64
    """Last new packet of the request."""
    request: I64
    reply: I64
    last: I64


def find_transactions(
    packets: Sequence[PacketTable], path: Path, trajectories: TrajectoryTable, line: Timeline
) -> TransactionColumns:
    """Return every request that was answered.

    Parameters
    ----------
    packets : sequence of PacketTable
        Input order.
    path : Path
        Order of the vantages.
    trajectories : TrajectoryTable
        All packets.
    line : Timeline
        Every flow at one place that saw it, as recorded; the packets of a flow stand together.

    Returns
    -------
    TransactionColumns
        Those of a flow in the order of time. Left out are transactions of which no place saw all five packets.
    """
    ends = _Datagrams(packets, path, trajectories, line)
    speech = speech_of(line, ends.digest)
    if len(speech.starts) < 2:
        return no_transactions(len(path.order))
    pairs = _pairs(speech, ends.dns_flows, trajectories)
    stamps = Stamps.of(packets, path, trajectories, [speech.line.packet[at] for at in pairs])
    whole = np.flatnonzero(stamps.is_told)
    pairs, stamps = Pairs(*(at[whole] for at in pairs)), stamps.only(whole)
    return _columns(packets, path, trajectories, speech, pairs, stamps, ends.dns_flows)


class _Datagrams:
    """What tells DNS datagrams apart on a timeline, and which flows are DNS."""

    def __init__(
        self, packets: Sequence[PacketTable], path: Path, trajectories: TrajectoryTable, line: Timeline
    ) -> None:
        self.dns_flows = np.zeros(int(line.flow.max(initial=-1)) + 1, np.bool_)
        self.digest = np.zeros(len(line.packet), np.int64)
        rest = np.flatnonzero((line.proto == UDP) & ~line.is_error)
        for place, vantage in enumerate(path.order):
            columns, tuples = packets[vantage].columns, packets[vantage].tuples
            rows = trajectories.rows[line.packet[rest], place]
            at, rows = rest[rows >= 0], rows[rows >= 0]
            is_dns = ((tuples.sport == DNS_PORT) | (tuples.dport == DNS_PORT))[columns.tuple_id[rows]]
            self.dns_flows[line.flow[at[is_dns]]] = True
            self.digest[at[is_dns]] = columns.digest[rows[is_dns]]
            rest = rest[trajectories.rows[line.packet[rest], place] < 0]


def _pairs(speech: Speech, dns_flows: Bool, trajectories: TrajectoryTable) -> Pairs:
    """Return each burst of the initiator with the one that answers it."""
    line = speech.line
    asked, reply = speech.ends[:-1], speech.starts[1:]
    fits = (line.flow[asked] == line.flow[reply]) & line.is_outbound[asked] & ~line.is_outbound[reply]
    fits &= ((line.tcp_flags[asked] ^ line.tcp_flags[reply]) & SYN) == 0
    is_tcp = line.proto[asked] == TCP
    fits &= ~is_tcp | (seq_diffs(line.ack[reply], line.end[asked]) >= 0)
    fits &= is_tcp | _is_query(speech, dns_flows)
    burst = np.flatnonzero(fits)
    request = speech.ends[burst].copy()
    resends = _arrived_resends(speech, trajectories)
    of_burst = np.full(len(speech.starts), -1, np.int64)
    of_burst[burst] = np.arange(len(burst))
    mine = of_burst[speech.burst[resends]]
    resends, mine = resends[mine >= 0], mine[mine >= 0]
    is_before = resends < speech.starts[burst[mine] + 1]
    np.maximum.at(request, mine[is_before], resends[is_before])
    return Pairs(
        begin=speech.starts[burst],
        asked=speech.ends[burst],
        request=request,
        reply=speech.starts[burst + 1],
        last=speech.ends[burst + 1],
    )


def _is_query(speech: Speech, dns_flows: Bool) -> Bool:
    """Mark bursts that may be the question of a datagram exchange (all but the last burst)."""
    flow = speech.line.flow[speech.starts[:-1]]
    size = speech.ends - speech.starts + 1
    is_dns = dns_flows[flow]
    talk = np.bincount(speech.line.flow[speech.is_new], minlength=len(dns_flows))
    return np.where(is_dns, size[:-1] <= QUERY_PACKETS, (size[:-1] == 1) & (talk[flow] <= TALK_PACKETS))


def _arrived_resends(speech: Speech, trajectories: TrajectoryTable) -> I64:
    """Return positions of sendings that got farther than every earlier one of the same bytes."""
    again = np.flatnonzero(speech.first_said != np.arange(len(speech.first_said)))
    several = np.unique(np.concatenate([speech.first_said[again], again]))
    reach = reach_of(trajectories, speech.line.packet[several])
    order = np.lexsort((several, -reach, speech.first_said[several]))
    group = speech.first_said[several][order]
    is_best = np.ones(len(order), np.bool_)
    is_best[1:] = group[1:] != group[:-1]
    best = several[order][is_best]
    return np.asarray(best[speech.first_said[best] != best], np.int64)


def _columns(  # noqa: PLR0913, PLR0917 -- everything known meets here
    packets: Sequence[PacketTable],
    path: Path,
    trajectories: TrajectoryTable,
    speech: Speech,
    pairs: Pairs,
    stamps: Stamps,
    dns_flows: Bool,
) -> TransactionColumns:
    line, here = speech.line, np.arange(len(pairs.begin))
    rtt = stamps.rtt_ns
    told = first_sendings(packets, path, trajectories, line, pairs, stamps)
    wait = rtt[here, stamps.far]
    held = np.where(told >= 0, wait - told, 0)
    size = np.concatenate(([0], np.cumsum(np.where(speech.is_new, line.payload_len, 0))))
    return TransactionColumns(
        flow=frozen(line.flow[pairs.begin], np.int32),
        kind=frozen(_kinds(line, pairs, dns_flows)),
        first=frozen(line.packet[pairs.begin]),
        request=frozen(line.packet[pairs.request]),
        reply=frozen(line.packet[pairs.reply]),
        last=frozen(line.packet[pairs.last]),
        near=frozen(stamps.near, np.int16),
        far=frozen(stamps.far, np.int16),
        request_ns=frozen(stamps.between(0, 1)),
        resend_ns=frozen(stamps.between(1, 2)),
        answer_ns=frozen(stamps.between(3, 4)),
        think_ns=frozen(wait - held),
        held_ns=frozen(held),
        rtt_ns=frozen(np.where(stamps.is_both, rtt, UNKNOWN_NS)),
        answer_at_ns=frozen(stamps.answer_at_ns),
        asked_bytes=frozen(size[pairs.asked + 1] - size[pairs.begin]),
        answered_bytes=frozen(size[pairs.last + 1] - size[pairs.reply]),
    )


def _kinds(line: Timeline, pairs: Pairs, dns_flows: Bool) -> I8:
    """Return what each transaction is."""
    kind = np.full(len(pairs.begin), TransactionKind.EXCHANGE, np.int8)
    kind[line.is_tls[pairs.begin]] = TransactionKind.TLS
    kind[dns_flows[line.flow[pairs.begin]]] = TransactionKind.DNS
    kind[(line.tcp_flags[pairs.begin] & SYN) != 0] = TransactionKind.HANDSHAKE
    return kind


def keep_transactions(transactions: TransactionColumns, kept: Bool, answers_kept: Bool) -> TransactionColumns:
    """Return the transactions whose request and answer are kept (masks over packets)."""
    at = np.flatnonzero(kept[transactions.request] & answers_kept[transactions.reply])
    return TransactionColumns(*(frozen(column[at]) for column in transactions))
