"""What the near side of a hop tells of each TCP packet: resent, acknowledged, or waited for.

**In:** one place's columns. **Out:** :class:`Stream` per place, :class:`Evidence` per direction.

**Method:** prepares the arrays of ``tcp_kernels.py`` and turns rows back into packets. Copies that the capture itself
made and duplicates that the network made are left out: they are not resends.

**Not here:** what it means for a fate (``rules.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.model.arrays import I16, I32, I64, U8, Bool, frozen
from correlate.trajectories.scene import Place, Scene, Travel
from correlate.trajectories.tcp_kernels import AGAIN, COPY, RESENT, TAKES, chain_segments, gather_evidence

SCAN_LIMIT = 4096
"""Segments of one flow looked at from a packet: more than two windows of 1 MB in both directions."""


@attrs.frozen(kw_only=True)
class Stream:
    """TCP segments of one place, each flow's in order of record; arrays have one entry per row of the place."""

    following: I32
    """The next segment of the flow; -1 = none."""
    traits: U8
    """Bits of ``tcp_kernels``; 0 = no segment."""
    resent_by: I32


@attrs.frozen(kw_only=True)
class Evidence:
    """One entry per packet of a Travel, gathered at the last step that holds it."""

    bits: I16
    """Of ``tcp_kernels``; complete only for packets that are absent beyond."""
    acked_by: I32
    """Packet (TrajectoryTable row) that covers it; -1 = none."""
    resent_by: I32
    has_sequence: Bool
    """TCP with payload, SYN or FIN: the receiver must acknowledge it."""
    is_resent: Bool
    """Sent again before any acknowledgement of it, and not shown to have arrived."""


def read_stream(scene: Scene, place: Place) -> Stream:
    """Return the segments of one place with their resends."""
    columns, flows = place.packets.columns, place.flows
    is_left_out = place.packet_of < 0
    if np.any(scene.table.duplicate_of >= 0):
        is_left_out |= scene.table.duplicate_of[place.packet_of] >= 0
    count = len(is_left_out)
    following, resent_by = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
    traits = np.zeros(count, np.uint8)
    chain_segments(
        flows.of_packet,
        frozen(place.of_flow, np.int32),
        flows.is_outbound,
        frozen(place.is_swapped),
        columns.proto,
        columns.flags,
        columns.seq,
        columns.ack,
        columns.payload_len,
        columns.tcp_flags,
        is_left_out,
        SCAN_LIMIT,
        np.full((int(place.of_flow.max(initial=-1)) + 1, 3), -1, np.int64),
        np.empty(count, np.int32),
        following,
        traits,
        resent_by,
    )
    return Stream(following=following, traits=traits, resent_by=resent_by)


def collect(scene: Scene, travel: Travel, back: Travel, streams: dict[int, Stream]) -> Evidence:
    """Return the evidence of each packet of one direction, from the last place that holds it.

    Flows of which that place holds nothing in the opposite direction (``back``) cannot be acknowledged there and are
    not scanned: a long one-way flow would cost ``SCAN_LIMIT`` per packet.
    """
    count = len(travel.packets)
    bits = np.zeros(count, np.int16)
    acked_by, resent_by = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
    has_sequence, is_resent = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    for step in range(travel.step_count):
        place, stream = scene.places[travel.places[step]], streams[travel.places[step]]
        at = np.flatnonzero(travel.last == step)
        rows = travel.rows[at, step]
        traits = stream.traits[rows]
        has_sequence[at] = (traits & TAKES) != 0
        again = np.flatnonzero(traits & AGAIN)
        is_resent[at[again]] = True
        if step + 1 == travel.step_count:
            resent_by[at[again]] = place.packet_of[stream.resent_by[rows[again]]]
            continue
        is_answered = back.held_in_flow[travel.flow[at], travel.step_count - 1 - step] > 0
        at, rows = at[is_answered], rows[is_answered]
        found = _scan(place, stream, rows)
        bits[at] = found[0]
        acked_by[at] = np.where(found[1] >= 0, place.packet_of[found[1]], -1)
        resent_by[at] = np.where(found[2] >= 0, place.packet_of[found[2]], -1)
        is_resent[at] = (found[0] & RESENT) != 0
    return Evidence(bits=bits, acked_by=acked_by, resent_by=resent_by, has_sequence=has_sequence, is_resent=is_resent)


def find_stuck(travel: Travel, traits_at: dict[int, U8], step: int, is_asked: Bool) -> Bool:
    """Return which flows of those asked, as the vantage of ``step`` shows them, send everything again and again.

    ``traits_at``: of each place's ``Stream``.
    At least every other segment was sent before: a sender does so that hears nothing; losses alone repeat far less.
    What is acknowledged elsewhere does not matter.
    """
    if not is_asked.any():
        return is_asked
    held = np.flatnonzero(travel.held[:, step] & is_asked[travel.flow])
    traits = traits_at[travel.places[step]][travel.rows[held, step]]
    count = len(travel.held_in_flow)
    sent = np.bincount(travel.flow[held[(traits & TAKES) != 0]], minlength=count)
    again = np.bincount(travel.flow[held[(traits & (TAKES | COPY)) == (TAKES | COPY)]], minlength=count)
    return np.asarray((again > 0) & (2 * again >= sent), np.bool_)


def _scan(place: Place, stream: Stream, rows: I32) -> tuple[I16, I64, I64]:
    columns = place.packets.columns
    bits, acks, resends = np.zeros(len(rows), np.int16), np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    gather_evidence(
        rows.astype(np.int64),
        stream.following,
        stream.traits,
        columns.seq,
        columns.payload_len,
        columns.ack,
        columns.tcp_flags,
        columns.flags,
        columns.tsval,
        columns.tsecr,
        columns.sack_left,
        columns.sack_right,
        SCAN_LIMIT,
        bits,
        acks,
        resends,
    )
    return bits, acks, resends
