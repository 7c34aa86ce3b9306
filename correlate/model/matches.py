"""Frames of different vantages that carry the same packet.

In: made by ``match``. Out: used by ``paths``, ``clocks``, ``trajectories`` and everything after.
Method: a dense matrix packet x vantage of first sightings plus a list of copies; -1 = not observed.
Not here: what absence means (``trajectories``).
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import I8, I16, I32, I64, Bool, frozen, take


class Tier(enum.IntEnum):
    """Evidence that two sightings are one packet, strongest first (algorithms: matching tiers)."""

    ALONE = -1
    """Seen at one vantage only."""
    EXACT = 0
    """IP ID and all transport fields that NAT leaves alone are equal, and no other packet of the flow has them."""
    TRANSFORMED = 1
    """Equal after the flow's learned transformation (sequence shift, IP ID dropped, ...)."""
    CONTENT = 2
    """Payload (digest or sum) and relative position are equal, or equal but for one altered component."""
    ORDER = 3
    """Identical packets, told apart by order and time only."""
    RANGE = 4
    """Part of a larger or smaller segment that covers the same bytes."""


class CopyColumns(NamedTuple):
    """Further sightings of a packet at a vantage that already has one."""

    packet: I64
    vantage: I16
    row: I64


class RelayedColumns(NamedTuple):
    """The same bytes on the two sides of a proxy: not one packet, yet the far one is later."""

    first: I16
    """Vantage, input order."""
    first_row: I64
    second: I16
    second_row: I64
    flow: I32
    is_outbound: Bool


def no_relays() -> RelayedColumns:
    """Return an empty table."""
    long: I64 = np.zeros(0, np.int64)
    return RelayedColumns(
        np.zeros(0, np.int16), long, np.zeros(0, np.int16), long, np.zeros(0, np.int32), np.zeros(0, np.bool_)
    )


@attrs.frozen(kw_only=True)
class MatchTable:
    """Every packet seen anywhere, once; packets are numbered 0.. in no promised order."""

    rows: I64
    """Shape (packets, vantages in input order): row of the PacketTable there, -1 = not observed.
    One row may stand at several packets (a super-segment that other vantages hold in pieces)."""
    flow: I32
    """Joined flow of each packet."""
    is_outbound: Bool
    """True: travels from the joined flow's initiator to its responder."""
    tier: I8
    """The weakest ``Tier`` that holds its sightings together."""
    is_ambiguous: Bool
    """Another assignment explains the captures as well: never feeds a clock, a delay or a ``proven`` claim."""
    copies: CopyColumns
    network_duplicate_of: I64
    """Packet that this one is a network-made duplicate of; -1 = none."""
    incomplete_fragments: tuple[Bool, ...]
    """Per vantage, per row: a fragment whose datagram is not whole here and that matched nothing."""
    relayed: RelayedColumns = attrs.field(factory=no_relays)

    def __len__(self) -> int:
        return len(self.flow)

    def without(self, vantages: Sequence[int]) -> MatchTable:
        """Return the table as it were had some vantages seen nothing; packets that only they hold stay, unseen."""
        if not vantages:
            return self
        rows = self.rows.copy()
        rows[:, list(vantages)] = -1
        is_kept = ~np.isin(self.copies.vantage, list(vantages))
        return attrs.evolve(self, rows=frozen(rows), copies=take(self.copies, is_kept))


def with_relays(match: MatchTable) -> MatchTable:
    """Return the table with relayed pairs as if they were one packet: they bound clocks and order vantages as such.

    For such questions only: nothing was forwarded. Of frames whose bytes were relayed in several cuts the first counts.
    """
    relayed = match.relayed
    if not len(relayed.flow):
        return match
    rows, tier = match.rows.copy(), match.tier.copy()
    one, two = (np.zeros(len(relayed.flow), np.int64) for _ in range(2))
    for vantage, column in enumerate(rows.T):
        packet_of = np.full(int(column.max(initial=-1)) + 1, -1, np.int64)
        held = np.flatnonzero(column >= 0)[::-1]
        packet_of[column[held]] = held
        for found, at, row in ((one, relayed.first, relayed.first_row), (two, relayed.second, relayed.second_row)):
            found[at == vantage] = packet_of[row[at == vantage]]
    is_first = np.zeros(len(one), np.bool_)
    is_first[np.unique(one, return_index=True)[1]] = True
    again = np.ones(len(two), np.bool_)
    again[np.unique(two, return_index=True)[1]] = False
    chosen = is_first & ~again
    one, two = one[chosen], two[chosen]
    rows[one] = np.maximum(rows[one], rows[two])
    rows[two] = -1
    tier[one] = int(Tier.CONTENT)
    return attrs.evolve(match, rows=frozen(rows), tier=frozen(tier))
