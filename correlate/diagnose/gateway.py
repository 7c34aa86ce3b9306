"""Payload that a gateway rewrote to another length, with the sequence numbers shifted along.

In: mutations of one run. Out: which rows of the MutationTable are a gateway's work.
Method: RFC 3022 section 4 and RFC 2663 section 2.9: an application gateway that changes the length of a payload (FTP,
SIP) must shift every later sequence number of that direction, and every acknowledgement of it, by the difference.
Content that grew or shrank at one packet while the flow's later packets are shifted by exactly that much is its
signature; a box that merely renumbers shifts from the first packet on, a fault shifts nothing.
Not here: the finding (``alteration.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.diagnose.view import View
from correlate.model.arrays import I64, Bool

MOST_SHIFT = 1 << 16
"""A gateway rewrites addresses and ports in a payload; nobody inserts more than a datagram."""


def gateway_rows(view: View) -> Bool:
    """Return per row of the MutationTable whether a gateway's rewriting explains it."""
    columns, fields = view.run.mutations.columns, view.run.mutations.fields
    found = np.zeros(len(columns.packet), np.bool_)
    if not {"tcp.len", "tcp.seq_raw"} <= set(fields):
        return found
    flow = view.run.trajectories.flow[columns.packet].astype(np.int64)
    side = flow * 2 + view.run.trajectories.is_outbound[columns.packet]
    change = columns.after - columns.before
    is_length = (columns.field == fields.index("tcp.len")) & ~columns.expected & (change != 0)
    is_shift = (columns.field == fields.index("tcp.seq_raw")) & ~columns.expected
    shift = _signed(change)
    is_header = np.isin(columns.field, [i for i, name in enumerate(fields) if name in ("tcp.seq_raw", "tcp.ack_raw")])
    for hop in range(view.run.path.hop_count):
        here = columns.hop == hop
        grown = np.flatnonzero(here & is_length & (np.abs(change) < MOST_SHIFT))
        shifted = np.flatnonzero(here & is_shift & (np.abs(shift) < MOST_SHIFT))
        if len(grown) == 0 or len(shifted) == 0:
            continue
        # One length change per flow and side: what follows it must be shifted by just that.
        first = np.full(2 * len(view.run.joined), -1, np.int64)
        first[side[grown[::-1]]] = grown[::-1]
        of_shifted = first[side[shifted]]
        is_later = (of_shifted >= 0) & (columns.packet[shifted] > columns.packet[np.maximum(of_shifted, 0)])
        fits = is_later & (shift[shifted] == change[np.maximum(of_shifted, 0)])
        # All shifts of the flow and side must be this one.
        odd = np.bincount(side[shifted[~fits]], minlength=len(first)) > 0
        is_gateway = (np.bincount(side[shifted[fits]], minlength=len(first)) > 0) & ~odd
        found |= here & is_length & is_gateway[side]
        found[_content_of(view, grown[is_gateway[side[grown]]])] = True
        found |= here & is_header & (is_gateway[side] | is_gateway[side ^ 1])
    return found


def _signed(change: I64) -> I64:
    """Return differences of 32-bit numbers as signed ones."""
    return ((change + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)


def _content_of(view: View, grown: I64) -> I64:
    """Return all rows of the packets of these rows on the same hop."""
    columns = view.run.mutations.columns
    hops = np.int64(max(1, view.run.path.hop_count))
    mine = columns.packet * hops + columns.hop
    return np.flatnonzero(np.isin(mine, mine[grown]))
