"""Payload that a gateway rewrote to another length, with the sequence numbers shifted along.

In: packets seen at both ends of a hop, mutations. Out: which rows of ``MutationTable.odd`` are a gateway's work.
Method: RFC 3022 section 4 and RFC 2663 section 2.9: an application gateway that changes the length of a payload (FTP,
SIP) must shift every later sequence number of that direction, and every acknowledgement of it, by the difference. Along
the bytes of a direction the shift is a step function: level at a segment's first byte, level behind its last byte. A
segment that grew or shrank, and another packet that begins or acknowledges right behind it at just the new level, are
its signature. A box that merely renumbers has one level, a fault none that follows. Both may meet on one hop: what
stays at the first level, where that is no small one, is renumbering.
Not here: the finding (``alg_rewrite.py``), other changes (``alteration.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from correlate.model.arrays import I64, Bool
from correlate.model.fingerprints import mixed
from correlate.model.matches import Tier
from correlate.model.packets import TCP, PacketFlag

if TYPE_CHECKING:
    from correlate.diagnose.view import View

MOST_SHIFT = 1 << 16
"""A gateway rewrites addresses and ports in a payload; nobody inserts more than a datagram."""
_AGREEING = 4
"""Confirmed edits of a direction per one that what follows contradicts: pairs may be wrong."""
_WORD, _HALF = 0xFFFFFFFF, 1 << 31
_CONTENT = ("tcp.len", "tcp.payload")


class Gateway(NamedTuple):
    """What gateways do on one hop."""

    hop: int
    edited: I64
    """Packets whose payload they rewrote, ascending."""
    growth: I64
    """Bytes that each of these is longer at the hop's far end."""
    rows: I64
    """Rows of ``MutationTable.odd`` that they explain."""


class _Crossing(NamedTuple):
    """TCP packets seen at both ends of a hop; numbers are those of the near end, levels far minus near."""

    packet: I64
    side: I64
    """Joined flow * 2 + outbound."""
    seq: I64
    level: I64
    growth: I64
    """Bytes that the payload is longer at the far end."""
    end: I64
    """Sequence number behind the last byte, near end."""
    ack: I64
    """-1 = none."""
    ack_level: I64
    is_opening: Bool


def gateways_of(view: View) -> tuple[Gateway, ...]:
    """Return what gateways do on each hop that has any. Cost: one sort of the edited packets per hop."""
    fields = view.run.mutations.fields
    if not {"tcp.len", "tcp.seq_raw"} <= set(fields):
        return ()
    # Where a hop changes nothing unexpected, nothing is left to explain.
    hops = np.unique(view.run.mutations.odd.hop[view.unexpected]).tolist()
    found = (_on_hop(view, hop) for hop in hops)
    return tuple(gateway for gateway in found if gateway is not None)


def gateway_rows(view: View) -> Bool:
    """Return per row of ``MutationTable.odd`` whether a gateway's rewriting explains it."""
    found = np.zeros(len(view.run.mutations.odd.packet), np.bool_)
    for gateway in view.gateways:
        found[gateway.rows] = True
    return found


def _on_hop(view: View, hop: int) -> Gateway | None:
    crossing = _crossing(view, hop)
    grown = np.flatnonzero((crossing.growth != 0) & (np.abs(crossing.growth) < MOST_SHIFT) & ~crossing.is_opening)
    if not len(grown):
        return None
    sides = 2 * len(view.run.joined)
    is_gateway = _edited_sides(crossing, grown, sides)
    if not is_gateway.any():
        return None
    base = _first_levels(crossing, sides)
    # Where the edited segment itself was missed, only the jump shows.
    is_jumping = is_gateway | _has_jump(crossing, base, sides)
    columns, fields = view.run.mutations.odd, view.run.mutations.fields
    here = view.unexpected[columns.hop[view.unexpected] == hop]
    at = np.full(len(view.run.trajectories), -1, np.int64)
    at[crossing.packet] = np.arange(len(crossing.packet))
    here = here[at[columns.packet[here]] >= 0]
    own = at[columns.packet[here]]
    side = crossing.side[own]
    is_content, is_seq, is_ack = (
        np.array([name in names for name in fields], np.bool_)[columns.field[here]]
        for names in (_CONTENT, ("tcp.seq_raw",), ("tcp.ack_raw",))
    )
    explained = is_gateway[side] & is_content
    explained |= is_seq & is_jumping[side] & (crossing.level[own] != base[side])
    explained |= is_ack & is_jumping[side ^ 1] & (crossing.ack_level[own] != base[side ^ 1])
    edited = np.unique(columns.packet[here[explained & is_content]])
    return Gateway(hop, edited, crossing.growth[at[edited]], here[explained])


def _crossing(view: View, hop: int) -> _Crossing:
    table = view.run.trajectories
    packet = np.flatnonzero(view.is_seen[:, hop] & view.is_seen[:, hop + 1] & ~table.is_ambiguous)
    packet = packet[table.tier[packet] < Tier.RANGE]
    packet = packet[~view.is_ended[table.flow[packet], hop]]
    is_read = np.full(len(packet), True)
    for place in (hop, hop + 1):
        is_read &= view.values("proto", packet, place) == TCP
        is_read &= (view.values("flags", packet, place) & PacketFlag.TRANSPORT) != 0
    packet = packet[is_read]
    seq, ack, length, flags = (
        np.stack([view.values(name, packet, place).astype(np.int64) for place in (hop, hop + 1)])
        for name in ("seq", "ack", "payload_len", "tcp_flags")
    )
    has_ack = ((flags[0] & flags[1] & 16) != 0) & (ack[0] != 0)
    return _Crossing(
        packet=packet,
        side=table.flow[packet].astype(np.int64) * 2 + table.is_outbound[packet],
        seq=seq[0],
        level=(seq[1] - seq[0]) & _WORD,
        growth=length[1] - length[0],
        end=(seq[0] + length[0]) & _WORD,
        ack=np.where(has_ack, ack[0], -1),
        ack_level=(ack[1] - ack[0]) & _WORD,
        is_opening=(flags[0] & 2) != 0,
    )


def _edited_sides(crossing: _Crossing, grown: I64, sides: int) -> Bool:
    """Return the directions in which what follows edited segments bears them out."""
    behind = (crossing.level[grown] + crossing.growth[grown]) & _WORD
    # A segment that was empty, or is now, begins where it ends: its own number says nothing of what follows.
    bytes_ = np.flatnonzero(crossing.end != crossing.seq)
    says = np.flatnonzero(crossing.ack >= 0)
    side = np.concatenate([crossing.side[bytes_], crossing.side[says] ^ 1])
    at = np.concatenate([crossing.seq[bytes_], crossing.ack[says]])
    level = np.concatenate([crossing.level[bytes_], crossing.ack_level[says]])
    place = mixed(crossing.side[grown], crossing.end[grown])
    is_met = np.isin(place, mixed(side, at))
    is_confirmed = np.isin(mixed(place, behind), mixed(mixed(side, at), level))
    yes, no = (
        np.bincount(crossing.side[grown[mask]], minlength=sides) for mask in (is_confirmed, is_met & ~is_confirmed)
    )
    return np.asarray((yes > 0) & (yes >= _AGREEING * no))


def _first_levels(crossing: _Crossing, sides: int) -> I64:
    """Return per direction the level of its first byte; a small one is no new initial sequence number but an edit's."""
    first = np.zeros(sides, np.int64)
    order = crossing.side[::-1]
    first[order] = crossing.seq[::-1]
    distance = ((crossing.seq - first[crossing.side] + _HALF) & _WORD) - _HALF
    along = np.lexsort((distance, crossing.side))[::-1]
    base = np.zeros(sides, np.int64)
    base[crossing.side[along]] = crossing.level[along]
    return np.where(np.abs(signed(base)) < MOST_SHIFT, 0, base)


def _has_jump(crossing: _Crossing, base: I64, sides: int) -> Bool:
    """Return the directions whose level leaves the first one by no more than a gateway puts in."""
    by = signed(crossing.level - base[crossing.side])
    return np.bincount(crossing.side[(by != 0) & (np.abs(by) < MOST_SHIFT)], minlength=sides) > 0


def signed(change: I64) -> I64:
    """Return differences of 32-bit numbers as signed ones."""
    return ((change + _HALF) & _WORD) - _HALF
