"""Sightings on the two sides of a proxy, taken apart.

**In:** packets found so far, where connections end. **Out:** packets that stay on their side, and ``RelayedColumns``.
**Method:** of a flow whose connection ends nothing crosses; of a spliced one the handshake does not: SYN, SYN-ACK and
the first acknowledgement. What was cut only because the other side's cuts differ is whole again. Equal bytes on both
sides are remembered: a byte cannot leave a proxy before it came, which orders vantages and bounds clocks as a forwarded
packet does.
**Not here:** finding out (``terminations.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from correlate.match.lanes import Draft
from correlate.match.openings import find_openings
from correlate.match.sides import Side
from correlate.match.terminations import Terminations
from correlate.model.arrays import I64, Bool, concatenate, frozen, take
from correlate.model.matches import RelayedColumns, Tier, no_relays
from correlate.model.packets import TCP

_SYN, _FIN, _RST = 2, 1, 4


def sever(draft: Draft, sides: Sequence[Side], ends: Terminations) -> tuple[Draft, RelayedColumns]:
    """Return the packets with no sighting on both sides of a proxy. Vantages stay in matching order."""
    flow = draft.block >> 1
    labels = np.where(_is_handshake(draft, sides)[:, None], ends.handshake[flow], ends.connection[flow])
    held = draft.rows >= 0
    first = np.where(held, labels, np.iinfo(np.int8).max).min(axis=1)
    is_split = (held & (labels != first[:, None])).any(axis=1)
    relayed = _relayed(draft, sides, labels, np.flatnonzero(is_split))
    # All packets of such flows are looked at again: pieces whose sides are whole are one packet.
    mixed_flows = np.zeros(len(ends.connection), np.bool_)
    mixed_flows[flow[is_split]] = True
    touched = np.flatnonzero(mixed_flows[flow] & (is_split | (draft.tier == int(Tier.RANGE))))
    keep = np.ones(len(flow), np.bool_)
    keep[touched] = False
    parts = [take(draft, keep)]
    for label in np.unique(labels[touched][held[touched]]).tolist():
        rows = np.where(held[touched] & (labels[touched] == label), draft.rows[touched], -1)
        some = np.flatnonzero((rows >= 0).any(axis=1))
        source = touched[some]
        _, at = np.unique(np.column_stack([rows[some], draft.block[source]]), axis=0, return_index=True)
        parts.append(_whole(draft, sides, rows[some][at], source[at]))
    return concatenate(parts), relayed


def _whole(draft: Draft, sides: Sequence[Side], rows: I64, source: I64) -> Draft:
    """Return packets of one side of a proxy; how sure they are shows in their fingerprints."""
    keys = np.stack([side.prints.exact[np.maximum(rows[:, place], 0)] for place, side in enumerate(sides)], axis=1)
    held = rows >= 0
    low = np.where(held, keys, np.iinfo(np.int64).max).min(axis=1)
    high = np.where(held, keys, np.iinfo(np.int64).min).max(axis=1)
    tier = np.where(low == high, int(Tier.EXACT), int(Tier.TRANSFORMED))
    tier[held.sum(axis=1) == 1] = int(Tier.ALONE)
    return Draft(rows, draft.block[source], tier.astype(np.int8), draft.is_ambiguous[source], draft.origin[source])


def _is_handshake(draft: Draft, sides: Sequence[Side]) -> Bool:
    """Return which packets open a connection: SYN, SYN-ACK, and the acknowledgement of the latter."""
    flows = int(draft.block.max(initial=-1) >> 1) + 1
    openings = find_openings(draft, sides, flows)
    found = np.zeros(len(draft.block), np.bool_)
    for place, side in enumerate(sides):
        columns = side.packets.columns
        held = np.flatnonzero(draft.rows[:, place] >= 0)
        rows = draft.rows[held, place]
        isn = openings.isn[draft.block[held] >> 1, place]
        flags = columns.tcp_flags[rows]
        is_first = (columns.seq[rows] == (isn[:, 0] + 1) & 0xFFFFFFFF) & (
            columns.ack[rows] == (isn[:, 1] + 1) & 0xFFFFFFFF
        )
        is_first &= (columns.payload_len[rows] == 0) & ((flags & (_FIN | _RST)) == 0) & (isn >= 0).all(axis=1)
        found[held] |= (columns.proto[rows] == TCP) & (((flags & _SYN) != 0) | is_first)
    return found


def _relayed(draft: Draft, sides: Sequence[Side], labels: I64, split: I64) -> RelayedColumns:
    """Return the first two sightings on different sides of packets with payload that are no doubtful pairs."""
    split = split[~draft.is_ambiguous[split]]
    if not len(split):
        return no_relays()
    rows, label = draft.rows[split], labels[split]
    one = (rows >= 0).argmax(axis=1)
    at = np.arange(len(split))
    other = ((rows >= 0) & (label != label[at, one][:, None])).argmax(axis=1)
    length = np.zeros(len(split), np.int64)
    for place, side in enumerate(sides):
        here = np.flatnonzero(one == place)
        length[here] = side.prints.at("length", rows[here, place])
    good = np.flatnonzero(length > 0)
    return RelayedColumns(
        first=frozen(one[good], np.int16),
        first_row=frozen(rows[good, one[good]], np.int64),
        second=frozen(other[good], np.int16),
        second_row=frozen(rows[good, other[good]], np.int64),
        flow=frozen(draft.block[split[good]] >> 1, np.int32),
        is_outbound=frozen((draft.block[split[good]] & 1) == 1),
    )
