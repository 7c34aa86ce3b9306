"""Flows of one vantage, and flows joined over vantages.

In: made by ``flows`` (per vantage) and ``match`` (joined). Out: used by every later stage.
Method: a flow is both directions of one conversation; a 5-tuple used again by a new connection (another ISN) is
another flow.
Not here: packets of one flow matched across vantages (``matches.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import I8, I32, I64, U8, Bool, frozen


class FlowColumns(NamedTuple):
    """One row per flow of one vantage."""

    tuple_out: I32
    """Tuple row of initiator -> responder; -1 if that direction was never seen."""
    tuple_back: I32
    """Tuple row of responder -> initiator; -1 if never seen."""
    proto: U8
    packets: I64
    bytes: I64
    """Sum of ``ip_len``."""
    first_ns: I64
    """Own clock."""
    last_ns: I64
    isn_out: I64
    """TCP initial sequence number of the initiator (from its SYN); -1 = SYN not seen."""
    isn_back: I64
    has_known_initiator: Bool
    """True where a SYN, an echo request or a well-known server port proves who began; else first packet seen."""


@attrs.frozen(kw_only=True)
class FlowTable:
    """Flows of one vantage; ``of_packet`` and ``is_outbound`` have one entry per row of its PacketTable."""

    columns: FlowColumns
    of_packet: I32
    """Flow row of each packet (ICMP errors belong to the flow they quote); never -1."""
    is_outbound: Bool
    """True: initiator -> responder. An ICMP error counts by its own travel: against the packet it quotes."""

    def __len__(self) -> int:
        return len(self.columns.packets)


@attrs.frozen(kw_only=True)
class JoinedFlows:
    """Which flow of one vantage is which flow of another: NAT learned, not assumed."""

    of_flow: tuple[I32, ...]
    """Per vantage (input order): joined flow id (0-based) of each of its flows; never -1 (unjoined ones are alone)."""
    member: I32
    """Shape (flows, vantages): one flow row per vantage (the one with most packets), -1 = not seen there."""
    is_swapped: tuple[Bool, ...]
    """Per vantage: True where that flow's outbound is the joined flow's return direction (initiator guessed wrong)."""
    proto: U8
    """Per joined flow."""
    handshake: I8 = attrs.field(factory=lambda: frozen(np.zeros((0, 0)), np.int8))
    """Shape (flows, vantages): vantages with equal numbers saw the same handshake, -1 = flow not seen there.
    Empty: all saw the same."""
    connection: I8 = attrs.field(factory=lambda: frozen(np.zeros((0, 0)), np.int8))
    """The same of everything after the handshake: where numbers differ, a proxy stands between."""

    def __len__(self) -> int:
        return len(self.proto)
