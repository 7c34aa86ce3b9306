"""Packets that the receiver lacked until they were sent again, read beside the receiver.

**In:** both directions with their evidence. **Out:** which packets absent at the last vantage died before it.

**Method:** where the last vantage stands at the receiver's own host, nothing lies beyond it: a packet it lacks was
missed by its capture or died on the hop, and one it missed was received, so the receiver answers for it. Its
acknowledgements there are in the order it sent them. Packet lost: after something sent later has come in, and right
up to the resend, the receiver asks for exactly its first byte (RFC 9293, RFC 5681 section 4.2: an arrival that fills a
hole is acknowledged at once). Record order of one capture needs no clock.

**Not here:** holes read at the near vantage (``tcp_kernels.py``), what counts as loss (``rules.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.model.arrays import I32, I64, Bool
from correlate.model.packets import TCP, PacketFlag
from correlate.trajectories.evidence import Evidence
from correlate.trajectories.groups import host_pairs, is_at_host
from correlate.trajectories.scene import Scene, Travel
from correlate.trajectories.tcp_kernels import ACK, ACK_HOLE, ACKED, ARRIVED, FIN, SACK_HOLE, SYN
from correlate.wire.seq import seq_diffs

ROW_SPAN = 1 << 32
"""Above any row number."""

LONGEST_CHAIN = 8
"""Resends of resends followed until one is seen beside the receiver."""


@attrs.frozen(kw_only=True)
class Wait:
    """What the receiver's own acknowledgements say, one entry per packet asked."""

    is_asked_for: Bool
    """The last acknowledgement before the resend came in asks for exactly it, after later packets had come in."""
    is_open: Bool
    """No acknowledgement of all of it was sent before the resend came in."""


def find_unreceived(scene: Scene, travel: Travel, back: Travel, evidence: Evidence) -> Bool:
    """Return for each packet of ``travel`` whether it surely died on the last hop.

    Nowhere, if one that the last vantage does hold died: then something lies beyond it after all.
    """
    found = np.zeros(len(travel.packets), np.bool_)
    last = travel.step_count - 1
    if last < 1:
        return found
    resent = evidence.has_sequence & (evidence.resent_by >= 0) & ((evidence.bits & (ACKED | ARRIVED)) == 0)
    absent = np.flatnonzero(resent & (travel.last == last - 1))
    pair = host_pairs(scene, travel, last - 1)
    absent = absent[is_at_host(scene, back, 0, pair, int(pair.max(initial=-1)) + 1)[pair[travel.flow[absent]]]]
    held = np.flatnonzero(resent & travel.held[:, last])
    if len(absent) == 0 or _await(scene, travel, back, evidence, held, last).is_asked_for.any():
        return found
    wait = _await(scene, travel, back, evidence, absent, last - 1)
    was_waited_for = (evidence.bits[absent] & (SACK_HOLE | ACK_HOLE)) != 0
    found[absent] = wait.is_asked_for | (wait.is_open & was_waited_for)
    return found


def _await(scene: Scene, travel: Travel, back: Travel, evidence: Evidence, index: I64, step: int) -> Wait:
    """Return what the receiver said between ``index`` (seen at ``step``) and their resends."""
    last = travel.step_count - 1
    resend = _resends(travel, evidence, index, last)
    has_resend = (resend >= 0) & travel.held[resend, last] & travel.held[resend, step]
    resend = np.where(has_resend, resend, index)
    flow, row = travel.flow[index], travel.rows[index, step]
    near, far = (scene.places[travel.places[at]].packets.columns for at in (step, last))
    resend_row = travel.rows[resend, last]
    # The resend tells what the hop added to sequence numbers.
    shift = np.where(has_resend, seq_diffs(far.seq[resend_row], near.seq[travel.rows[resend, step]]), 0)
    start = (near.seq[row].astype(np.int64) + shift) % ROW_SPAN
    flags = near.tcp_flags[row]
    length = near.payload_len[row].astype(np.int64) + ((flags & SYN) != 0) + ((flags & FIN) != 0)
    ack_row, ack = _acknowledgement_before(scene, back, flow, resend_row)
    later = _next_arrival(travel, index, step)
    is_asked_for = (later >= 0) & (later < ack_row) & (seq_diffs(ack, start) == 0)
    is_open = (ack_row < 0) | (seq_diffs(ack, (start + length) % ROW_SPAN) < 0)
    return Wait(is_asked_for=has_resend & is_asked_for, is_open=has_resend & is_open)


def _resends(travel: Travel, evidence: Evidence, index: I64, last: int) -> I64:
    """Return the first resend of each that the last step holds, following resends of resends; else the last known."""
    at = _entries(travel, evidence.resent_by[index])
    for _ in range(LONGEST_CHAIN):
        following = _entries(travel, evidence.resent_by[at])
        at = np.where((at >= 0) & ~travel.held[at, last] & (following >= 0), following, at)
    return at


def _entries(travel: Travel, packets: I32) -> I64:
    """Return the entry of each packet in the Travel, -1 = none."""
    if len(travel.packets) == 0:
        return np.full(len(packets), -1, np.int64)
    at = np.minimum(np.searchsorted(travel.packets, packets), len(travel.packets) - 1)
    return np.where((packets >= 0) & (travel.packets[at] == packets), at, -1)


def _next_arrival(travel: Travel, index: I64, step: int) -> I64:
    """Return the row beside the receiver of the next packet of the flow sent after each that came in, -1 = none."""
    last = travel.step_count - 1
    both = np.flatnonzero(travel.held[:, step] & travel.held[:, last] & np.isin(travel.flow, travel.flow[index]))
    keys = travel.flow[both] * ROW_SPAN + travel.rows[both, step]
    order = np.argsort(keys)
    at = np.searchsorted(keys[order], travel.flow[index] * ROW_SPAN + travel.rows[index, step], side="right")
    found = np.append(both[order], -1)[at]
    is_same = (found >= 0) & (travel.flow[found] == travel.flow[index])
    return np.where(is_same, travel.rows[found, last], -1)


def _acknowledgement_before(scene: Scene, back: Travel, flow: I64, row: I64) -> tuple[I64, I64]:
    """Return row (-1 = none) and number of the receiver's last acknowledgement of each flow recorded before ``row``."""
    columns = scene.places[back.places[0]].packets.columns
    held = np.flatnonzero(back.held[:, 0] & np.isin(back.flow, flow))
    rows = back.rows[held, 0]
    is_ack = (columns.proto[rows] == TCP) & ((columns.flags[rows] & PacketFlag.TRANSPORT) != 0)
    is_ack &= (columns.tcp_flags[rows] & ACK) != 0
    held, rows = held[is_ack], rows[is_ack]
    keys = np.sort(back.flow[held] * ROW_SPAN + rows)
    at = np.searchsorted(keys, flow * ROW_SPAN + row) - 1
    key = np.append(keys, -1)[at]
    found = np.where((key >= 0) & (key // ROW_SPAN == flow), key % ROW_SPAN, -1)
    return found, np.where(found >= 0, columns.ack[np.maximum(found, 0)].astype(np.int64), 0)
