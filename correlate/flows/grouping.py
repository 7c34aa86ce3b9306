"""Conversations of one vantage.

**In:** ``PacketTable``. **Out:** ``FlowTable``.
**Method:** a tuple and its reverse are one conversation; a new connection on a used 5-tuple is another flow (one kernel
pass, ``flow_kernel.py``). ICMP errors go to the flow they quote, later fragments to that of their first fragment
(same hosts, protocol and IP ID, nearest in the capture). The initiator is, in this order of trust: sender of a SYN,
receiver of a SYN-ACK, sender of an echo request, the end without the well-known port, the end that begins more of the
conversations known by these signs, sender of the first packet. A NAT may give a client a server's port above 1023:
where the first packet comes from such a port, what its end does otherwise counts for more.
**Not here:** flows of other vantages (``match``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.flows.flow_kernel import BY_PORT, assign_flows
from correlate.flows.migrations import find_migrations
from correlate.model.arrays import I8, I32, I64, U8, Bool, frozen
from correlate.model.flows import FlowColumns, FlowTable
from correlate.model.ordering import stable_order
from correlate.model.packets import ICMP, ICMPV6, PacketFlag, PacketTable, TupleColumns

_SERVICE_PORTS = frozenset({1433, 1521, 1812, 3260, 3268, 3306, 3389, 5060, 5432, 5900, 5985, 6379, 8080, 8443})
"""Server ports above 1023 that no host picks as an ephemeral port (IANA registry, common use); NATs may."""

_SYSTEM_PORTS = 1024
"""Ports below are system ports (RFC 6335 section 6): no NAT gives them to a client that did not have one."""


class _Talks(NamedTuple):
    """Per tuple row: its conversation, and whether it is the conversation's reverse tuple."""

    of_tuple: I64
    is_reverse: Bool
    forward: I64
    """Per conversation: tuple row of either direction, -1 = not in the table."""
    reverse: I64


class _Assigned(NamedTuple):
    """What the kernel found: the first two per packet, the others per flow."""

    of_packet: I32
    is_reverse: Bool
    of_talk: I64
    isn: I64
    first_reverse: Bool
    begun_reverse: Bool
    sign: I8
    """Why that is so."""
    ways: Bool
    """Shape (flows, 2): forward and reverse packets were seen."""
    sums: I64
    """Shape (flows, 2): packets and bytes."""
    span: I64
    """Shape (flows, 2): least and greatest stamp."""


def group_flows(packets: PacketTable) -> FlowTable:
    """Group packets of one vantage into flows.

    Parameters
    ----------
    packets
        Packets in record order.

    Returns
    -------
    FlowTable
        ``of_packet`` and ``is_outbound`` have one entry per packet; flows are numbered by first packet. Cost: O(n) plus
        O(t log t) for t tuples.
    """
    talks = _as_connections(packets, _pair_tuples(packets.tuples))
    tuple_id = _tuples_of_fragments(packets)
    tuple_id, against = _follow_quotes(packets, tuple_id, talks)
    is_reverse = talks.is_reverse[tuple_id]
    is_reverse[against] ^= True
    return _table(packets, talks, _assign(packets, talks, tuple_id, is_reverse))


def _assign(packets: PacketTable, talks: _Talks, tuple_id: I32, is_reverse: Bool) -> _Assigned:
    """Follow the packets through their conversations."""
    columns = packets.columns
    room = len(talks.forward) + int(np.count_nonzero((columns.tcp_flags & 18) == 2))
    of_packet, of_talk = np.zeros(len(packets), np.int32), np.zeros(room, np.int64)
    isn, is_used = np.full((room, 2), -1, np.int64), np.zeros(room, np.bool_)
    first_reverse, begun_reverse = np.zeros(room, np.bool_), np.zeros(room, np.bool_)
    sign, ways = np.zeros(room, np.int8), np.zeros((room, 2), np.bool_)
    sums, span = np.zeros((room, 2), np.int64), np.zeros((room, 2), np.int64)
    count = assign_flows(
        frozen(tuple_id),
        frozen(talks.of_tuple),
        frozen(is_reverse),
        columns.flags,
        columns.proto,
        columns.tcp_flags,
        columns.icmp_type,
        columns.seq,
        columns.payload_len,
        frozen(_service_side(packets)),
        columns.ts_ns,
        columns.ip_len,
        np.full(len(talks.forward), -1, np.int64),
        of_packet,
        of_talk,
        isn,
        is_used,
        first_reverse,
        begun_reverse,
        sign,
        ways,
        sums,
        span,
    )
    return _Assigned(
        of_packet=of_packet,
        is_reverse=is_reverse,
        of_talk=of_talk[:count],
        isn=isn[:count],
        first_reverse=first_reverse[:count],
        begun_reverse=begun_reverse[:count],
        sign=sign[:count],
        ways=ways[:count],
        sums=sums[:count],
        span=span[:count],
    )


def _pair_tuples(tuples: TupleColumns) -> _Talks:
    """Pair each tuple with its reverse."""
    count = len(tuples.sport)
    ports = np.stack([tuples.sport, tuples.dport], axis=1).astype(">i4")
    tail = np.stack([tuples.proto, tuples.version], axis=1)

    def keys(src: U8, dst: U8, pair: I32) -> np.ndarray:
        joined = np.concatenate([src, dst, np.ascontiguousarray(pair).view(np.uint8), tail], axis=1)
        return np.ascontiguousarray(joined).view(f"V{joined.shape[1]}").ravel()

    both = np.concatenate([keys(tuples.src, tuples.dst, ports), keys(tuples.dst, tuples.src, ports[:, ::-1])])
    _, inverse = np.unique(both, return_inverse=True)
    mine, theirs = inverse[:count], inverse[count:]
    _, of_tuple = np.unique(np.minimum(mine, theirs), return_inverse=True)
    talks = int(of_tuple.max()) + 1 if count else 0
    # The tuple met first is the forward one, whatever its addresses are: relabelling must change nothing.
    first = np.full(talks, count, np.int64)
    np.minimum.at(first, of_tuple, np.arange(count))
    is_reverse = mine != mine[first[of_tuple]]
    forward = np.full(talks, -1, np.int64)
    reverse = np.full(talks, -1, np.int64)
    forward[of_tuple[~is_reverse]] = np.flatnonzero(~is_reverse)
    reverse[of_tuple[is_reverse]] = np.flatnonzero(is_reverse)
    return _Talks(of_tuple.astype(np.int64), is_reverse, forward, reverse)


def _as_connections(packets: PacketTable, talks: _Talks) -> _Talks:
    """Give the conversations of a QUIC connection that changed its addresses to the first of them."""
    one, two = find_migrations(packets, talks.of_tuple)
    if not len(one):
        return talks
    # Tuple rows count by first packet; conversations need not.
    begin = np.where(talks.forward >= 0, talks.forward, talks.reverse)
    by_begin = np.argsort(begin)
    rank = np.argsort(by_begin)
    of_talk = by_begin[_first_of_group(rank[talks.of_tuple[one]], rank[talks.of_tuple[two]], len(rank))[rank]]
    # Both ways to one end are the same direction of the connection.
    ways = np.zeros(len(rank), np.bool_)
    ways[talks.of_tuple[np.concatenate([one, two])]] = talks.is_reverse[np.concatenate([one, two])]
    turned = ways != ways[of_talk]
    return talks._replace(of_tuple=of_talk[talks.of_tuple], is_reverse=talks.is_reverse ^ turned[talks.of_tuple])


def _first_of_group(one: I64, two: I64, count: int) -> I64:
    """Return the least member of each number's group; ``one`` and ``two`` are in one group each."""
    first = np.arange(count)
    while True:
        found = first.copy()
        np.minimum.at(found, one, first[two])
        np.minimum.at(found, two, first[one])
        found = found[found]
        if np.array_equal(found, first):
            return found
        first = found


def _tuples_of_fragments(packets: PacketTable) -> I32:
    """Return the tuple of each packet, later fragments with that of their first fragment where it is known."""
    columns, tuples = packets.columns, packets.tuples
    tuple_id = columns.tuple_id
    later = np.flatnonzero((columns.flags & PacketFlag.LATER_FRAGMENT) != 0)
    if not len(later):
        return tuple_id
    is_first = (columns.flags & (PacketFlag.FRAGMENT | PacketFlag.LATER_FRAGMENT)) == PacketFlag.FRAGMENT
    first = np.flatnonzero(is_first)
    hosts = np.concatenate([tuples.src, tuples.dst, tuples.proto[:, None]], axis=1)
    _, pair = np.unique(np.ascontiguousarray(hosts).view("V33").ravel(), return_inverse=True)
    pair = pair.reshape(-1)[tuple_id].astype(np.int64)
    datagram = pair << 32 | columns.ip_id.astype(np.int64)
    head = _nearest(first, later, datagram)
    # Without its first fragment it goes with what the same two hosts say in the same protocol beside it.
    lost = later[head < 0]
    rest = np.flatnonzero(((columns.flags & PacketFlag.LATER_FRAGMENT) == 0) & np.isin(pair, pair[lost]))
    head[head < 0] = _nearest(rest, lost, pair)
    known = head >= 0
    followed = tuple_id.copy()
    followed[later[known]] = tuple_id[head[known]]
    return followed


def _nearest(heads: I64, others: I64, key: I64) -> I64:
    """Return for each of ``others`` the nearest row of ``heads`` with its key, the earlier one of two; -1 = none."""
    rows = np.concatenate([heads, others])
    is_head = np.arange(len(rows)) < len(heads)
    order = stable_order(key[rows], rows)
    rows, is_head = rows[order], is_head[order]
    here = np.arange(len(rows))
    before = np.maximum.accumulate(np.where(is_head, here, -1)) if len(rows) else here
    after = np.minimum.accumulate(np.where(is_head, here, len(rows))[::-1])[::-1] if len(rows) else here
    gaps = []
    for side in (before, after):
        at = np.clip(side, 0, max(0, len(rows) - 1))
        is_there = (side >= 0) & (side < len(rows)) & (key[rows[at]] == key[rows])
        gaps.append(np.where(is_there, np.abs(rows - rows[at]), np.iinfo(np.int64).max))
    nearest = np.where(gaps[0] <= gaps[1], before, after)
    is_known = np.minimum(*gaps) < np.iinfo(np.int64).max
    found = np.full(len(key), -1, np.int64)
    found[rows[is_known]] = rows[nearest[is_known]]
    return found[others]


def _follow_quotes(packets: PacketTable, tuple_id: I32, talks: _Talks) -> tuple[I32, I64]:
    """Give ICMP errors the tuple they quote where packets of that conversation were seen; they travel against it.

    Returns the tuples, and the rows of these errors.
    """
    quotes = packets.quotes
    if not len(quotes.row):
        return tuple_id, quotes.row
    is_own = np.ones(len(packets), np.bool_)
    is_own[quotes.row] = False
    is_live = np.zeros(len(talks.forward), np.bool_)
    is_live[talks.of_tuple[tuple_id[is_own]]] = True
    known = (quotes.tuple_id >= 0) & is_live[talks.of_tuple[np.maximum(quotes.tuple_id, 0)]]
    rows = quotes.row[known]
    followed = tuple_id.copy()
    followed[rows] = quotes.tuple_id[known]
    return followed, rows


def _initiators(packets: PacketTable, talks: _Talks, assigned: _Assigned) -> tuple[Bool, Bool]:
    """Return per flow whether the initiator is the sender of reverse packets, and whether that is known."""
    begun_reverse, is_known = assigned.begun_reverse, assigned.sign > 0
    is_doubtful = (assigned.sign == BY_PORT) & (begun_reverse != assigned.first_reverse)
    is_doubtful &= ~_has_system_port(packets.tuples, talks)[assigned.of_talk]
    by_habit = _by_habit(packets, assigned, talks, begun_reverse, is_known & ~is_doubtful)
    return by_habit, is_known & (by_habit == begun_reverse)


def _has_system_port(tuples: TupleColumns, talks: _Talks) -> Bool:
    """Return per conversation whether one of its ports is a system port."""
    rows = np.maximum(talks.forward, talks.reverse)
    ends = np.stack([tuples.sport[rows], tuples.dport[rows]])
    return np.asarray(((ends >= 0) & (ends < _SYSTEM_PORTS)).any(axis=0), np.bool_)


def _by_habit(packets: PacketTable, assigned: _Assigned, talks: _Talks, begun_reverse: Bool, is_known: Bool) -> Bool:
    """Return ``begun_reverse`` with unknown flows begun by the end that begins more of those that are known.

    A capture that starts within a conversation meets its answer first.
    """
    tuples = packets.tuples
    if is_known.all() or not is_known.any():
        return begun_reverse
    ends = np.ascontiguousarray(np.concatenate([tuples.src, tuples.dst])).view("V16").ravel()
    host = np.unique(ends, return_inverse=True)[1].reshape(2, -1)
    # Of either tuple: the sender of forward packets and their receiver.
    forward, reverse = talks.forward[assigned.of_talk], talks.reverse[assigned.of_talk]
    near = np.where(forward >= 0, host[0, forward], host[1, reverse])
    far = np.where(forward >= 0, host[1, forward], host[0, reverse])
    begins = np.where(begun_reverse, -1, 1) * is_known
    habit = np.bincount(near, begins, host.max() + 1) - np.bincount(far, begins, host.max() + 1)
    lean = habit[near] - habit[far]
    return np.where(is_known | (lean == 0), begun_reverse, lean < 0)


def _service_side(packets: PacketTable) -> I8:
    """Return per packet 1 where only the destination has a well-known port, -1 where only the source has, else 0."""
    tuples = packets.tuples

    def is_service(port: I32) -> Bool:
        return ((port >= 0) & (port < _SYSTEM_PORTS)) | np.isin(port, list(_SERVICE_PORTS))

    has_ports = ~np.isin(tuples.proto, [ICMP, ICMPV6])
    towards = is_service(tuples.dport).astype(np.int8) - is_service(tuples.sport).astype(np.int8)
    per_packet = (towards * has_ports)[packets.columns.tuple_id]
    per_packet[(packets.columns.flags & PacketFlag.ICMP_ERROR) != 0] = 0
    return np.asarray(per_packet, np.int8)


def _table(packets: PacketTable, talks: _Talks, assigned: _Assigned) -> FlowTable:
    """Sum up the flows."""
    of_talk, isn = assigned.of_talk, assigned.isn
    begun_reverse, is_known = _initiators(packets, talks, assigned)
    count = len(of_talk)
    is_outbound = assigned.is_reverse == begun_reverse[assigned.of_packet]
    flows, side = np.arange(count), begun_reverse.astype(np.int64)
    seen_back, seen_out = assigned.ways[flows, 1 - side], assigned.ways[flows, side]
    there, back = talks.forward[of_talk], talks.reverse[of_talk]
    proto = np.zeros(count, np.uint8)
    if len(packets.tuples.proto):
        proto[:] = packets.tuples.proto[np.maximum(there, back)]
    return FlowTable(
        columns=FlowColumns(
            tuple_out=frozen(np.where(seen_out, np.where(begun_reverse, back, there), -1), np.int32),
            tuple_back=frozen(np.where(seen_back, np.where(begun_reverse, there, back), -1), np.int32),
            proto=frozen(proto),
            packets=frozen(assigned.sums[:, 0]),
            bytes=frozen(assigned.sums[:, 1]),
            first_ns=frozen(assigned.span[:, 0]),
            last_ns=frozen(assigned.span[:, 1]),
            isn_out=frozen(isn[flows, side]),
            isn_back=frozen(isn[flows, 1 - side]),
            has_known_initiator=frozen(is_known),
        ),
        of_packet=frozen(assigned.of_packet),
        is_outbound=frozen(is_outbound),
    )
