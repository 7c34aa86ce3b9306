"""Handshakes of joined flows as each vantage saw them.

**In:** packets found so far. **Out:** ``Openings``.
**Method:** the first SYN and the first SYN-ACK of a flow at a vantage (RFC 9293 section 3.5).
**Not here:** what differing ones mean (``terminations.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from correlate.match.lanes import Draft
from correlate.match.sides import Side
from correlate.model.arrays import F64, I64
from correlate.model.fingerprints import mixed
from correlate.model.packets import TCP, PacketFlag

_SYN, _ACK = 2, 16


class Openings(NamedTuple):
    """Per joined flow and vantage."""

    isn: I64
    """Shape (flows, vantages, 2): initial sequence number of the initiator and of the responder; -1 = not seen."""
    answered: F64
    """Shape (flows, vantages): time of the SYN-ACK there, NaN = not seen."""
    offer: I64
    """Shape (flows, vantages): hash of what the SYN-ACK says of its sender: window, options, timestamp."""


def find_openings(draft: Draft, sides: Sequence[Side], flows: int) -> Openings:
    """Return the first SYN and SYN-ACK of every flow at every vantage. Cost O(n)."""
    isn = np.full((flows, len(sides), 2), -1, np.int64)
    answered = np.full((flows, len(sides)), np.nan)
    offer = np.zeros((flows, len(sides)), np.int64)
    for place, side in enumerate(sides):
        columns = side.packets.columns
        syns = np.flatnonzero((columns.tcp_flags & _SYN) != 0)
        syns = syns[(columns.proto[syns] == TCP) & ((columns.flags[syns] & PacketFlag.TRANSPORT) != 0)]
        # The last entry is asked for packets that are not here.
        is_syn = np.zeros(len(side) + 1, np.bool_)
        is_syn[syns] = True
        held = np.flatnonzero(is_syn[draft.rows[:, place]])
        rows = draft.rows[held, place]
        # Last first, so that the first one stays.
        order = np.argsort(rows, kind="stable")[::-1]
        held, rows = held[order], rows[order]
        has_ack = (columns.tcp_flags[rows] & _ACK) != 0
        flow, is_out = draft.block[held] >> 1, (draft.block[held] & 1) == 1
        for number, mask in ((0, ~has_ack & is_out), (1, has_ack & ~is_out)):
            isn[flow[mask], place, number] = columns.seq[rows[mask]]
        reply = has_ack & ~is_out
        answered[flow[reply], place] = side.time[rows[reply]]
        said = rows[reply]
        offer[flow[reply], place] = mixed(columns.window[said], columns.options[said], columns.tsval[said])
    return Openings(isn, answered, offer)
