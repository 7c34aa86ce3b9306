"""Flows whose addresses or ports differ between the ends of a hop.

In: flows of every vantage, joined flows, path, trajectories. Out: ``TranslationGroup`` per hop and kind.
Method: the flow's tuple as its initiator sends it, at the end nearer to the initiator and at the other (RFC 2663 for
the kinds; RFC 6146 for NAT64). A flow whose handshakes at the two ends are different packets with unrelated initial
sequence numbers is two connections: a proxy, not a translation.
Not here: single packets (``mutations.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from correlate.metrics.addresses import TupleFacts, number_addresses
from correlate.metrics.timeline import SYN
from correlate.model.arrays import I64, Bool
from correlate.model.flows import FlowTable, JoinedFlows
from correlate.model.metrics import TranslationGroup
from correlate.model.packets import ICMP, ICMPV6, TCP, UDP, PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable

KINDS = ("", "snat", "dnat", "snat+dnat", "napt", "nat64", "nat46", "proxy")
_SNAT, _DNAT, _BOTH, _NAPT, _NAT64, _NAT46, _PROXY = range(1, 8)


class _Ends(NamedTuple):
    """Per joined flow, at one place: its tuple as the initiator sends it; int64, -1 = flow not seen there."""

    src: I64
    dst: I64
    sport: I64
    dport: I64
    version: I64
    isn_out: I64
    isn_back: I64


def find_translations(
    packets: Sequence[PacketTable],
    flows: Sequence[FlowTable],
    joined: JoinedFlows,
    path: Path,
    trajectories: TrajectoryTable,
) -> tuple[TranslationGroup, ...]:
    """Return per hop and kind the joined flows that were translated there.

    Parameters
    ----------
    packets, flows : sequences
        Input order.
    joined : JoinedFlows
        Which flow is which.
    path : Path
        Order of the vantages, and which way flows were opened.
    trajectories : TrajectoryTable
        Tells whether a handshake packet crossed the hop.

    Returns
    -------
    tuple of TranslationGroup
        In hop order. ICMP identifiers count as ports. Flows whose direction along the path is not known are left
        out: whether their source or their destination was translated is not known either.
    """
    _, facts = number_addresses(packets)
    ends = [_ends(flows[v], joined, v, facts[v]) for v in path.order]
    is_reverse = path.flow_direction < 0
    is_known = _has_known_initiator(flows, joined)
    groups = []
    for hop in range(path.hop_count):
        near, far = (
            _Ends(*(np.where(is_reverse, b, a) for a, b in zip(*sides, strict=True)))
            for sides in ((ends[hop], ends[hop + 1]), (ends[hop + 1], ends[hop]))
        )
        kind = _turned(_kinds(near, far, joined), near.dport != far.dport, is_known)
        both = np.flatnonzero((trajectories.rows[:, hop] >= 0) & (trajectories.rows[:, hop + 1] >= 0))
        is_split = _is_two_connections(
            near, far, _crossed_openings(packets, path, trajectories, hop, both, len(joined))
        )
        kind[is_split & (kind > 0) & (joined.proto == TCP)] = _PROXY
        kind[_are_other_connections(joined, path, hop)] = _PROXY
        kind[path.flow_direction == 0] = 0
        kind[_keeps_its_tuples(packets, facts, path, trajectories, hop, both, joined)] = 0
        groups += [
            TranslationGroup(hop=hop, kind=KINDS[number], flows=tuple(np.flatnonzero(kind == number).tolist()))
            for number in np.unique(kind[kind > 0]).tolist()
        ]
    return tuple(groups)


def _ends(table: FlowTable, joined: JoinedFlows, vantage: int, facts: TupleFacts) -> _Ends:
    """Return what every joined flow looks like at one vantage."""
    member = joined.member[:, vantage].astype(np.int64)
    if not len(table):
        nothing = np.full(len(joined), -1, np.int64)
        return _Ends(*(nothing for _ in _Ends._fields))
    swapped = joined.is_swapped[vantage][member]
    columns = table.columns
    out, back = columns.tuple_out[member], columns.tuple_back[member]
    out, back = np.where(swapped, back, out), np.where(swapped, out, back)
    # Only the other direction was seen: read its tuple the other way round.
    is_flipped = out < 0
    row = np.where(is_flipped, back, out)
    isn_out, isn_back = columns.isn_out[member], columns.isn_back[member]
    seen = (member >= 0) & (row >= 0)

    def pick(plain: I64, flipped: I64) -> I64:
        return np.where(seen, np.where(is_flipped, flipped[row], plain[row]), -1)

    return _Ends(
        src=pick(facts.src, facts.dst),
        dst=pick(facts.dst, facts.src),
        sport=pick(facts.sport, facts.dport),
        dport=pick(facts.dport, facts.sport),
        version=pick(facts.version, facts.version),
        isn_out=np.where(member >= 0, np.where(swapped, isn_back, isn_out), -1),
        isn_back=np.where(member >= 0, np.where(swapped, isn_out, isn_back), -1),
    )


def _kinds(near: _Ends, far: _Ends, joined: JoinedFlows) -> I64:
    """Return the number in ``KINDS`` of what happened to each flow between the two ends, 0 = nothing or not seen."""
    is_icmp = (joined.proto == ICMP) | (joined.proto == ICMPV6)
    source, source_port = near.src != far.src, near.sport != far.sport
    target = (near.dst != far.dst) | ((near.dport != far.dport) & ~is_icmp)
    is_source = source | source_port
    kind = np.zeros(len(joined), np.int64)
    kind[is_source] = np.where(source_port, _NAPT, _SNAT)[is_source]
    kind[target] = np.where(is_source, _BOTH, _DNAT)[target]
    crosses = near.version != far.version
    kind[crosses] = np.where(near.version == 6, _NAT64, _NAT46)[crosses]
    kind[(near.src < 0) | (far.src < 0)] = 0
    return kind


def _has_known_initiator(flows: Sequence[FlowTable], joined: JoinedFlows) -> Bool:
    """Return of which joined flows some vantage shows who began them."""
    known = np.zeros(len(joined), np.bool_)
    for table, member in zip(flows, joined.member.T, strict=True):
        if len(table):
            known |= (member >= 0) & table.columns.has_known_initiator[np.maximum(member, 0)]
    return known


def _turned(kind: I64, target_port: Bool, is_known: Bool) -> I64:
    """Return kinds with the flows turned round whose initiator is a guess that the others of the hop refute.

    A connection that was under way when the capture began may be taken from its wrong end: the source that a NAT
    translates then looks like a translated destination, and the other way round. Where no beginning was seen, most
    flows decide, source NAT if they are even.
    """
    is_source, is_target = np.isin(kind, (_SNAT, _NAPT)), kind == _DNAT
    known = is_known & (is_source | is_target)
    says = known if known.any() else ~is_known
    sources, targets = int((is_source & says).sum()), int((is_target & says).sum())
    turned = kind.copy()
    if known.any() and sources and targets:
        return turned
    if sources >= targets:
        mine = is_target & ~is_known
        turned[mine] = np.where(target_port, _NAPT, _SNAT)[mine]
    else:
        turned[is_source & ~is_known] = _DNAT
    return turned


def _is_two_connections(near: _Ends, far: _Ends, crossed: Bool) -> Bool:
    """Return where both ends saw both initial sequence numbers, none agrees, and no handshake packet crossed."""
    known = (near.isn_out >= 0) & (far.isn_out >= 0) & (near.isn_back >= 0) & (far.isn_back >= 0)
    found: Bool = known & (near.isn_out != far.isn_out) & (near.isn_back != far.isn_back) & ~crossed
    return found


def _are_other_connections(joined: JoinedFlows, path: Path, hop: int) -> Bool:
    """Return which flows are different connections at the two ends of a hop; of neither, if one does not show them."""
    if not joined.connection.size:
        return np.zeros(len(joined), np.bool_)
    near, far = (joined.connection[:, path.order[place]] for place in (hop, hop + 1))
    return np.asarray((near >= 0) & (far >= 0) & (near != far))


def _keeps_its_tuples(  # noqa: PLR0913, PLR0917 -- what one hop is
    packets: Sequence[PacketTable],
    facts: Sequence[TupleFacts],
    path: Path,
    trajectories: TrajectoryTable,
    hop: int,
    both: I64,
    joined: JoinedFlows,
) -> Bool:
    """Return UDP flows of which packets crossed a hop (``both``: all that did), none with another address or port.

    A connection that changes its addresses (QUIC) has several tuples; each end counts the one that it met first.
    """
    pair = path.order[hop], path.order[hop + 1]
    if not (joined.proto == UDP).any():
        return np.zeros(len(joined), np.bool_)
    both = both[joined.proto[trajectories.flow[both]] == UDP]
    tuples = [packets[vantage].columns.tuple_id[trajectories.rows[both, hop + k]] for k, vantage in enumerate(pair)]
    differs = np.zeros(len(both), np.bool_)
    for name in ("src", "dst", "sport", "dport"):
        near, far = (getattr(facts[vantage], name)[rows] for vantage, rows in zip(pair, tuples, strict=True))
        differs |= near != far
    crossed, changed = (np.zeros(len(joined), np.bool_) for _ in range(2))
    crossed[trajectories.flow[both]] = True
    changed[trajectories.flow[both[differs]]] = True
    return crossed & ~changed


def _crossed_openings(
    packets: Sequence[PacketTable], path: Path, trajectories: TrajectoryTable, hop: int, both: I64, flows: int
) -> Bool:
    """Return per joined flow whether one SYN or SYN-ACK was seen at both ends of the hop."""
    flags = packets[path.order[hop]].columns.tcp_flags[trajectories.rows[both, hop]]
    crossed = np.zeros(flows, np.bool_)
    crossed[trajectories.flow[both[(flags & SYN) != 0]]] = True
    return crossed
