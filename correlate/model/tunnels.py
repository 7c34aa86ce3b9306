"""What wraps a packet on its way: stacks of tunnel headers.

In: made by ``dissect``. Out: used by ``match`` (copies), ``metrics``, ``diagnose``, ``report``.
Method: one row of the ``PacketTable`` is the innermost readable IP packet of a frame; what lies outside it is a stack
of layers, interned as a tree: a tunnel number is its innermost layer, ``parent`` leads outwards, 0 is no tunnel.
Packets of one tunnel share a number, as packets of one conversation share a tuple.
Not here: what differs from packet to packet in the outer headers (``PacketColumns.outer_*``).
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from correlate.model.arrays import I32, I64, U8, frozen

MAX_DEPTH = 8
"""Tunnel layers opened in one frame; more is no traffic but a fuzzer, and the row is the deepest packet reached."""


class TunnelKind(enum.IntEnum):
    """One layer that carries a packet, named by the header that says so."""

    NONE = 0
    MPLS = 1
    """A label stack (RFC 3032), or an Ethernet pseudowire behind one (RFC 4448)."""
    PPPOE = 2
    IPIP = 3
    """IPv4 in IPv4 (RFC 2003)."""
    SIX_IN_FOUR = 4
    FOUR_IN_SIX = 5
    SIX_IN_SIX = 6
    GRE = 7
    PPTP = 8
    """PPP in GRE version 1 (RFC 2637)."""
    ERSPAN = 9
    ETHERIP = 10
    VXLAN = 11
    GENEVE = 12
    GTP = 13
    L2TP = 14
    """Version 2: PPP (RFC 2661)."""
    L2TPV3 = 15
    """Version 3: an Ethernet pseudowire (RFC 3931, RFC 4719)."""
    TEREDO = 16

    @property
    def code(self) -> str:
        """The word in reports."""
        return _WORDS.get(self, self.name.lower())


_WORDS = {
    TunnelKind.SIX_IN_FOUR: "6in4",
    TunnelKind.FOUR_IN_SIX: "4in6",
    TunnelKind.SIX_IN_SIX: "6in6",
    TunnelKind.GTP: "gtp-u",
}


class TunnelColumns(NamedTuple):
    """Distinct stacks, one row per stack that was seen or is part of one; row 0 is no tunnel."""

    parent: I32
    """The stack without its innermost layer; 0 = none."""
    kind: U8
    tuple_id: I32
    """Row of the ``TupleTable``: outer addresses, protocol and ports; -1 = the layer has none (MPLS, PPPoE)."""
    key: I64
    """VNI, TEID, GRE key, session, bottom MPLS label; -1 = the header has none."""


NO_TUNNELS = TunnelColumns(
    parent=frozen([0], "i4"), kind=frozen([0], "u1"), tuple_id=frozen([-1], "i4"), key=frozen([-1], "i8")
)
"""The table of a capture without tunnels."""


def layers_of(tunnels: TunnelColumns, number: int) -> list[int]:
    """Return the rows of a stack, outermost first; empty for no tunnel.

    >>> layers_of(NO_TUNNELS, 0)
    []
    """
    rows: list[int] = []
    while number:
        rows.append(number)
        number = int(tunnels.parent[number])
    return rows[::-1]
