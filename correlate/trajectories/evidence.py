"""What the near side of a hop tells of each TCP packet: resent, acknowledged, or waited for.

**In:** one place's columns. **Out:** :class:`Stream` per place, :class:`Evidence` per direction.

**Method:** prepares the arrays of ``tcp_kernels.py`` and turns rows back into packets. Copies that the capture itself
made and duplicates that the network made are left out: they are not resends.

**Not here:** what it means for a fate (``rules.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.model.arrays import I16, I32, I64, Bool, frozen
from correlate.model.ordering import stable_order
from correlate.model.packets import TCP, PacketFlag
from correlate.trajectories.scene import Place, Scene, Travel
from correlate.trajectories.tcp_kernels import FIN, RESENT, SYN, find_resends, gather_evidence

SCAN_LIMIT = 4096
"""Segments of one flow looked at from a packet: more than two windows of 1 MB in both directions."""


@attrs.frozen(kw_only=True)
class Stream:
    """TCP segments of one place in order of flow and record; arrays have one entry per row of the place."""

    order: I32
    position: I32
    is_segment: Bool
    seq: I64
    end: I64
    """``seq`` plus payload, SYN and FIN (RFC 9293); equal to ``seq`` for packets that take no sequence space."""
    resent_by: I32
    is_copy: Bool
    """Starts below the highest byte sent before it."""


@attrs.frozen(kw_only=True)
class Evidence:
    """One entry per packet of a Travel, gathered at the last step that holds it."""

    bits: I16
    """Of ``tcp_kernels``; complete only for packets that are absent beyond."""
    acked_by: I64
    """Packet (TrajectoryTable row) that covers it; -1 = none."""
    resent_by: I64
    has_sequence: Bool
    """TCP with payload, SYN or FIN: the receiver must acknowledge it."""
    is_resent: Bool
    """Sent again before any acknowledgement of it, and not shown to have arrived."""


def read_stream(scene: Scene, place: Place) -> Stream:
    """Return the segments of one place with their resends."""
    columns = place.packets.columns
    is_segment = (columns.proto == TCP) & ((columns.flags & PacketFlag.TRANSPORT) != 0) & (place.packet_of >= 0)
    if np.any(scene.table.duplicate_of >= 0):
        is_segment &= ~((place.packet_of >= 0) & (scene.table.duplicate_of[place.packet_of] >= 0))
    seq = columns.seq.astype(np.int64)
    rows = np.flatnonzero(is_segment)
    order = rows[stable_order(place.joined[rows])].astype(np.int32)
    position = np.zeros(len(columns.seq), np.int32)
    position[order] = np.arange(len(order), dtype=np.int32)
    length = columns.payload_len + (columns.tcp_flags & FIN) + ((columns.tcp_flags & SYN) >> 1)
    length *= is_segment
    end = seq + length
    resent_by = np.full(len(seq), -1, np.int32)
    is_copy = np.zeros(len(seq), np.bool_)
    find_resends(
        frozen(order),
        frozen(place.joined, np.int32),
        frozen(place.is_outbound),
        frozen(is_segment),
        frozen(seq),
        frozen(end, np.int64),
        columns.ack,
        columns.tcp_flags,
        SCAN_LIMIT,
        resent_by,
        is_copy,
    )
    return Stream(
        order=order,
        position=position,
        is_segment=is_segment,
        seq=seq,
        end=end,
        resent_by=resent_by,
        is_copy=is_copy,
    )


def collect(scene: Scene, travel: Travel, back: Travel, streams: dict[int, Stream]) -> Evidence:
    """Return the evidence of each packet of one direction, from the last place that holds it.

    Flows of which that place holds nothing in the opposite direction (``back``) cannot be acknowledged there and are
    not scanned: a long one-way flow would cost ``SCAN_LIMIT`` per packet.
    """
    count = len(travel.packets)
    bits = np.zeros(count, np.int16)
    acked_by, resent_by = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
    has_sequence, is_resent = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    for step in range(travel.step_count):
        place, stream = scene.places[travel.places[step]], streams[travel.places[step]]
        at = np.flatnonzero(travel.last == step)
        rows = travel.rows[at, step]
        has_sequence[at] = stream.end[rows] > stream.seq[rows]
        is_resent[at] = stream.resent_by[rows] >= 0
        if step + 1 == travel.step_count:
            resend = stream.resent_by[rows]
            resent_by[at] = np.where(resend >= 0, place.packet_of[resend], -1)
            continue
        is_answered = back.held_in_flow[travel.flow[at], travel.step_count - 1 - step] > 0
        at, rows = at[is_answered], rows[is_answered]
        found = _scan(place, stream, rows)
        bits[at] = found[0]
        acked_by[at] = np.where(found[1] >= 0, place.packet_of[found[1]], -1)
        resent_by[at] = np.where(found[2] >= 0, place.packet_of[found[2]], -1)
        is_resent[at] = (found[0] & RESENT) != 0
    return Evidence(bits=bits, acked_by=acked_by, resent_by=resent_by, has_sequence=has_sequence, is_resent=is_resent)


def find_stuck(travel: Travel, streams: dict[int, Stream], step: int) -> Bool:
    """Return which flows, as the vantage of ``step`` shows them, send what they sent before at least every other time.

    A sender does so that hears nothing; losses alone repeat far less. What is acknowledged elsewhere does not matter.
    """
    stream = streams[travel.places[step]]
    held = np.flatnonzero(travel.held[:, step])
    rows = travel.rows[held, step]
    takes = stream.end[rows] > stream.seq[rows]
    count = len(travel.held_in_flow)
    sent = np.bincount(travel.flow[held[takes]], minlength=count)
    again = np.bincount(travel.flow[held[takes & stream.is_copy[rows]]], minlength=count)
    return np.asarray((again > 0) & (2 * again >= sent), np.bool_)


def _scan(place: Place, stream: Stream, rows: I64) -> tuple[I16, I64, I64]:
    columns = place.packets.columns
    bits, acks, resends = np.zeros(len(rows), np.int16), np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    gather_evidence(
        frozen(rows),
        frozen(stream.position),
        frozen(stream.order),
        frozen(place.joined, np.int32),
        frozen(place.is_outbound),
        frozen(stream.is_segment),
        frozen(stream.seq),
        frozen(stream.end, np.int64),
        columns.ack,
        columns.tcp_flags,
        columns.flags,
        columns.tsval,
        columns.tsecr,
        columns.sack_left,
        columns.sack_right,
        frozen(stream.is_copy),
        SCAN_LIMIT,
        bits,
        acks,
        resends,
    )
    return bits, acks, resends
