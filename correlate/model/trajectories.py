"""Packets followed along the path, and what became of them on each hop.

In: made by ``trajectories``. Out: used by ``metrics``, ``diagnose``, ``report``.
Method: matrices packet x place in path order. -1 = not observed; fates are a flat table, one row per packet and hop.
Not here: changed fields (``mutations.py``).
"""

from __future__ import annotations

import enum
from typing import Any, NamedTuple, Protocol

import attrs

from correlate.model.arrays import I8, I16, I32, I64, Bool


class Fate(enum.IntEnum):
    """What happened to a packet on a hop (contract: fates.parquet)."""

    DELIVERED = 0
    LOST = 1
    NOT_CAPTURED = 2
    ABSORBED = 3
    ORIGINATED = 4
    AMBIGUOUS = 5

    @property
    def code(self) -> str:
        """The word in reports."""
        return self.name.lower()


class FateGrade(enum.IntEnum):
    """How sure; ``code`` is the word in reports."""

    PROVEN = 0
    LIKELY = 1
    INCONCLUSIVE = 2

    @property
    def code(self) -> str:
        """The word in reports."""
        return self.name.lower()


class Reason(enum.IntEnum):
    """Rule that decided a fate; ``code`` is public API (listed in the JSON Schema)."""

    SEEN = 0
    SEEN_BEYOND = 1
    ACKED_FROM_BEYOND = 2
    DROP_COUNTER = 3
    WINDOW = 4
    FILTERED = 5
    TRUNCATED = 6
    BYPASS = 7
    FAST_PATH = 8
    XFRM = 9
    RETRANSMITTED = 10
    """Sent again, and the far side never acknowledged the first sending."""
    SACK_HOLE = 11
    FLOW_BLOCKED = 12
    """Nothing of the flow crosses although others do."""
    ICMP_ANSWERED = 13
    ANSWERED_ON_HOP = 14
    RATE = 15
    """Weighed by local rates of loss against capture misses."""
    NO_EVIDENCE = 16
    BORN_ON_HOP = 17
    NETWORK_DUPLICATE = 18
    UNSEEN_UPSTREAM = 19
    """First seen here, but the capture upstream may simply have missed it."""
    ACK_HOLE = 20
    """The receiver went on acknowledging only what came before it."""
    UNALIGNED = 21
    """The clocks cannot tell whether the far capture was running."""
    REJECTED = 22
    """The far side answered as if it never came, and its resends fare the same."""
    OFFLOAD = 23
    SIZE = 24
    """Every packet above some size vanishes, resends too, while smaller ones of the same flows cross."""
    DROP_LOG = 25
    """A box on the way says in its drop log that it dropped it."""
    REASSEMBLY = 26
    """The receiver says that a datagram was never whole: this fragment is what it lacked."""
    STATE_LOST = 27
    """After a silence nothing of the flow crosses any more, resends too, while others of its hosts do."""
    ONE_WAY = 28
    """Nothing of this direction crosses, resends too, while the flow's other direction and its hosts' others do."""

    @property
    def code(self) -> str:
        """The word in reports."""
        return self.name.lower().replace("_", "-")


class Bound(Protocol):
    """Times, int64 ns, as a matrix packets x places of which only what is asked for need exist."""

    def __getitem__(self, key: Any, /) -> Any:
        """Return the times of packets (numbers, an array or a slice) at a place or several; no place = at all."""


@attrs.frozen(kw_only=True)
class TrajectoryTable:
    """Packets in the order of first ``time_ns``; packet id for people = row + 1."""

    rows: I64
    """Shape (packets, places): row of the PacketTable of ``Path.order[place]``; -1 = not observed."""
    match_packet: I64
    """Row in the MatchTable."""
    flow: I32
    direction: I8
    """``Direction`` along the path."""
    is_outbound: Bool
    tier: I8
    is_ambiguous: Bool
    time_ns: I64
    """Shape (packets, places): best estimate on the reference clock where observed, else 0."""
    lo_ns: Bound
    """Shape (packets, places): earliest possible; ``-UNBOUNDED`` = unknown."""
    hi_ns: Bound
    copies: tuple[I64, I16, I64]
    """(packet, place, row) of further sightings, each an array."""
    duplicate_of: I64
    """Packet (row here) that a network duplicate copies; -1 = none."""
    is_paired_stamp: Bool
    """Shape (packets, places): False where the frame carries several packets and its stamp belongs to another."""

    def __len__(self) -> int:
        return len(self.flow)


class FateColumns(NamedTuple):
    """One row per packet and hop on its way."""

    packet: I64
    """Row of the TrajectoryTable."""
    hop: I16
    """``Path`` hop index."""
    fate: I8
    grade: I8
    reason: I8
    owd_ns: I64
    """Symmetric estimate; ``NO_DELAY`` unless delivered between two sightings whose stamps pair."""
    owd_lo_ns: I64
    owd_hi_ns: I64
    witness: I32
    """Packet whose sighting decides (the acknowledgement, the retransmission, ...); -1 = none."""


NO_DELAY: int = -(2**63)
