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
from correlate.metrics.speech_kernel import pair_bursts
from correlate.metrics.timeline import SYN, Timeline
from correlate.metrics.transaction_places import Times, first_sendings, reach_of, times_of
from correlate.metrics.worth import is_worth_a_kernel
from correlate.model.arrays import I8, I64, Bool, frozen, take
from correlate.model.packets import TCP, UDP, PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable
from correlate.model.transactions import TransactionColumns, TransactionKind, no_transactions
from correlate.wire.seq import seq_diffs

DNS_PORT = 53
QUERY_PACKETS = 3
"""Datagrams of one DNS request: A, AAAA and one more are asked at once."""
TALK_PACKETS = 8
"""A UDP conversation of more speech is a stream, whose datagrams answer nothing; DNS may go on."""


class Pairs(NamedTuple):
    """One row per transaction: positions in ``Speech``, but for the burst that asks."""

    burst: I64
    begin: I64
    asked: I64
    """Last new packet of the request."""
    request: I64
    reply: I64
    last: I64


def find_transactions(
    packets: Sequence[PacketTable], path: Path, trajectories: TrajectoryTable, line: Timeline, own: I64
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
    own : int64 array
        :func:`~correlate.metrics.stamps.own_stamps`.

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
    times = times_of(own, trajectories, [speech.line.packet[at] for at in pairs[1:]])
    if not times.is_told.all():
        whole = np.flatnonzero(times.is_told)
        pairs, times = Pairs(*(at[whole] for at in pairs)), take(times, whole)
    return _columns(packets, path, trajectories, speech, pairs, times, ends.dns_flows)


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
    burst = _asking(speech, dns_flows)
    request = speech.ends[burst].copy()
    resends = _arrived_resends(speech, trajectories)
    of_burst = np.full(len(speech.starts), -1, np.int64)
    of_burst[burst] = np.arange(len(burst))
    mine = of_burst[speech.burst[resends]]
    resends, mine = resends[mine >= 0], mine[mine >= 0]
    is_before = resends < speech.starts[burst[mine] + 1]
    np.maximum.at(request, mine[is_before], resends[is_before])
    return Pairs(
        burst=burst,
        begin=speech.starts[burst],
        asked=speech.ends[burst],
        request=request,
        reply=speech.starts[burst + 1],
        last=speech.ends[burst + 1],
    )


def _asking(speech: Speech, dns_flows: Bool) -> I64:
    """Return the bursts of an initiator that the next one answers."""
    line = speech.line
    datagrams = np.flatnonzero(speech.is_new & (line.proto == UDP))
    talk = np.bincount(line.flow[datagrams], minlength=len(dns_flows))
    if is_worth_a_kernel(len(speech.starts)):
        found = np.empty(len(speech.starts), np.int64)
        bursts = speech.starts, speech.ends, speech.sizes, speech.spoken
        count = pair_bursts(line, bursts, dns_flows, talk, (QUERY_PACKETS, TALK_PACKETS), found)
        return found[:count]
    asked, reply = speech.ends[:-1], speech.starts[1:]
    fits = (line.flow[asked] == line.flow[reply]) & line.is_outbound[asked] & ~line.is_outbound[reply]
    fits &= ((line.tcp_flags[asked] ^ line.tcp_flags[reply]) & SYN) == 0
    is_tcp = line.proto[asked] == TCP
    fits &= ~is_tcp | (seq_diffs(line.ack[reply], line.end[asked]) >= 0)
    flow, size = line.flow[asked], speech.sizes[:-1]
    fits &= is_tcp | np.where(dns_flows[flow], size <= QUERY_PACKETS, (size == 1) & (talk[flow] <= TALK_PACKETS))
    return np.flatnonzero(fits)


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
    times: Times,
    dns_flows: Bool,
) -> TransactionColumns:
    line = speech.line
    told = first_sendings(packets, path, trajectories, line, pairs, times)
    wait = times.rtt_ns[np.arange(len(pairs.begin)), times.far]
    held = np.where(told >= 0, wait - told, 0)
    return TransactionColumns(
        flow=frozen(line.flow[pairs.begin], np.int32),
        kind=frozen(_kinds(line, pairs, dns_flows)),
        first=frozen(line.packet[pairs.begin]),
        request=frozen(line.packet[pairs.request]),
        reply=frozen(line.packet[pairs.reply]),
        last=frozen(line.packet[pairs.last]),
        near=frozen(times.near, np.int16),
        far=frozen(times.far, np.int16),
        request_ns=frozen(times.request_ns),
        resend_ns=frozen(times.resend_ns),
        answer_ns=frozen(times.answer_ns),
        think_ns=frozen(wait - held),
        held_ns=frozen(held),
        rtt_ns=frozen(times.rtt_ns),
        answer_at_ns=frozen(times.answer_at_ns),
        asked_bytes=frozen(speech.spoken[pairs.burst]),
        answered_bytes=frozen(speech.spoken[pairs.burst + 1]),
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
