"""Segments larger than their receiver asked for.

In: MSS options of handshakes and the data that follows, as each vantage holds them. Out: ``mss-ignored``.
Method: RFC 9293 section 3.7.1: a sender must not exceed the MSS that its peer's SYN offered. Compared where the sender
is nearest, so that a clamp on the way counts as the offer. A frame that a card was to cut, or that a kernel merged, is
larger than any segment: only a packet whose transport checksum is right as captured was on the wire in that size.
Not here: MSS options that a hop changed (``alteration.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.view import TCP_ACK, TCP_SYN, View
from correlate.diagnose.wording import counted, verb
from correlate.model.arrays import I64, Bool
from correlate.model.findings import Finding
from correlate.model.packets import TCP, ChecksumState, PacketFlag
from correlate.wire.seq import seq_diffs

NO_OFFER = 1 << 30


def find_ignored_sizes(view: View) -> Iterator[Finding]:
    """Yield one finding per outer vantage whose side sends too large segments."""
    for place, direction in ((0, 1), (view.places - 1, -1))[: view.places]:
        packets, offers = _too_large(view, place, direction)
        if len(packets):
            yield _finding(view, place, packets, offers)


def _too_large(view: View, place: int, direction: int) -> tuple[I64, I64]:
    """Return data packets that come from this end and exceed their peer's offer, and those offers."""
    table = view.run.trajectories
    if not _may_be_too_large(view, place):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    seen = np.flatnonzero(view.is_seen[:, place] & ~table.is_ambiguous)
    seen = seen[view.values("proto", seen, place) == TCP]
    flags = view.values("flags", seen, place)
    tcp_flags = view.values("tcp_flags", seen, place).astype(np.int64)
    side = table.flow[seen].astype(np.int64) * 2 + table.is_outbound[seen]
    offer = np.full(2 * len(view.run.joined), NO_OFFER)
    makes_offer = ((tcp_flags & TCP_SYN) != 0) & ((flags & PacketFlag.HAS_MSS) != 0)
    np.minimum.at(offer, side[makes_offer], view.values("mss", seen[makes_offer], place).astype(np.int64))
    # The peer of outbound packets (odd) is the side of the same flow with the other bit.
    limit = offer[side ^ 1]
    is_whole = view.values("l4_csum_state", seen, place) == ChecksumState.GOOD
    # A single vantage sees both ends' packets: both count there.
    is_mine = (table.direction[seen] == direction) | (view.places == 1)
    chosen = is_whole & is_mine & (view.values("payload_len", seen, place) > limit)
    chosen &= ~_is_ended_anywhere(view)[table.flow[seen]] & view.kept[seen]
    return seen[chosen], limit[chosen]


def _may_be_too_large(view: View, place: int) -> bool:
    """Tell whether any segment that the place shows is larger than the least offer that it shows."""
    columns = view.run.packets[view.run.path.order[place]].columns
    offers = np.flatnonzero((columns.tcp_flags & TCP_SYN) != 0)
    offers = offers[(columns.flags[offers] & np.uint32(PacketFlag.HAS_MSS)) != 0]
    return len(offers) > 0 and int(columns.payload_len.max()) > int(columns.mss[offers].min())


def _is_ended_anywhere(view: View) -> Bool:
    """Return flows of which a proxy makes two: their offers are of two connections."""
    return np.asarray(view.is_ended.any(axis=1), np.bool_)


def _finding(view: View, place: int, packets: I64, offers: I64) -> Finding:
    sizes = view.values("payload_len", packets, place)
    worst = int(np.argmax(sizes))
    largest, offer = int(sizes[worst]), int(offers[worst])
    name = view.name(place)
    flows = np.unique(view.run.trajectories.flow[packets])
    offered = _offer_of(view, int(packets[worst]), place)
    return Finding(
        id=f"mss-ignored/{place}",
        code="mss-ignored",
        severity=CATALOGUE["mss-ignored"].severity,
        grade="proven",
        title=f"Segments of up to {largest} bytes sent past {name} although the peer's MSS is {offer}",
        explanation=(
            f"{counted(len(packets), 'segment')} in {counted(len(flows), 'flow')} "
            f"{verb(len(packets), 'exceeds', 'exceed')} what the receiver's handshake allowed by up to "
            f"{int((sizes - offers).max())} bytes; their checksums are right as captured, so this is no offload. "
            f"{_outcome(view, packets)}"
        ),
        vantage=name,
        quantity=len(packets),
        unit="packets",
        flows=view.flows_of(packets),
        packet=int(packets[worst]),
        evidence=(
            *view.refs(offered, note=f"offers an MSS of {offer}", limit=2),
            *view.refs(packets[:3].tolist(), note="larger than that", limit=6),
        ),
    )


def _offer_of(view: View, packet: int, place: int) -> list[int]:
    """Return the handshake packet whose offer the given packet exceeds."""
    table = view.run.trajectories
    is_offer = (table.flow == table.flow[packet]) & (table.is_outbound != table.is_outbound[packet])
    is_offer &= view.is_seen[:, place] & ((view.tcp_flags & TCP_SYN) != 0)
    return [int(one) for one in np.flatnonzero(is_offer)[:1]]


def _outcome(view: View, packets: I64) -> str:
    """Say how far they came, and whether anybody acknowledged them."""
    far = view.places - 1 if int(view.run.trajectories.direction[packets[0]]) > 0 else 0
    acknowledged = _acknowledged(view, packets)
    fate = f"{acknowledged} of {len(packets)} {verb(acknowledged, 'is', 'are')} acknowledged."
    if view.places < 2:
        return f"{fate} One capture cannot tell whether they died on the way or in the host."
    arrived = int(view.is_seen[packets, far].sum())
    reached = f"{arrived} of {len(packets)} {verb(arrived, 'reaches', 'reach')} {view.name(far)}"
    if acknowledged == 0 and arrived == len(packets):
        return f"{reached}, and none is acknowledged: the receiver refuses them, not the path."
    return f"{reached}; {fate}"


def _acknowledged(view: View, packets: I64) -> int:
    """Return how many of these packets an acknowledgement covers that any vantage holds."""
    table = view.run.trajectories
    size = 2 * len(view.run.joined)
    best = np.full(size, -1, np.int64)
    side = table.flow.astype(np.int64) * 2 + table.is_outbound
    acks = np.flatnonzero(((view.tcp_flags & TCP_ACK) != 0) & np.isin(side, side[packets] ^ 1))
    number = view.first_values("ack", acks)
    # The last acknowledgement of a side is its greatest unless it came out of order, which changes nothing here.
    best[side[acks] ^ 1] = number
    end = view.first_values("seq", packets) + view.first_values("payload_len", packets)
    latest = best[side[packets]]
    return int(((latest >= 0) & (seq_diffs(latest, end) >= 0)).sum())
