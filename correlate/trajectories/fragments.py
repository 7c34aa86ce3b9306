"""Fragments that the receiver waited for in vain.

**In:** absent packets of one hop, ICMP errors at both ends. **Out:** which of them their receiver says it lacked.

**Method:** RFC 792 and RFC 1122 section 3.3.2: a host that cannot put a datagram together within its time sends *time
exceeded, code 1* and quotes the first fragment, so that one and some others arrived. A fragment of this very datagram
that the far vantage lacks, while it holds another one, is what the host waited for.

**Not here:** datagrams of which nothing arrived; putting them together (``match``).
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I64
from correlate.model.packets import ICMP, PacketFlag
from correlate.trajectories.scene import Scene, Travel

TIME_EXCEEDED, OF_REASSEMBLY = 11, 1

LONGEST_WAIT_NS = 240_000_000_000
"""Hosts wait up to 120 s (RFC 1122 section 3.3.2); twice that is believed."""


def find_unassembled(scene: Scene, travel: Travel, index: I64, step: int) -> I64:
    """Return for each absent packet the ICMP error that says its datagram was never whole, -1 = none."""
    place = scene.places[travel.places[step]]
    columns, quotes = place.packets.columns, place.packets.quotes
    witness = np.full(len(index), -1, np.int64)
    is_error = columns.proto[quotes.row] == ICMP
    is_error &= (columns.icmp_type[quotes.row] == TIME_EXCEEDED) & (columns.icmp_code[quotes.row] == OF_REASSEMBLY)
    here = np.flatnonzero(travel.held[index, step])
    rows = travel.rows[index[here], step]
    is_piece = (columns.flags[rows] & PacketFlag.FRAGMENT) != 0
    here, rows = here[is_piece], rows[is_piece]
    if len(rows) == 0 or not is_error.any():
        return witness
    source, target = place.addresses
    span = 1 + max(int(source.max(initial=0)), int(target.max(initial=0)))
    pair = source * span + target

    def datagram(tuples: I64, ident: I64) -> I64:
        return pair[tuples] << 16 | (ident & 0xFFFF)

    asked = datagram(columns.tuple_id[rows], columns.ip_id[rows].astype(np.int64))
    names = datagram(quotes.tuple_id[is_error], quotes.ip_id[is_error])
    order = np.argsort(names, kind="stable")
    at = np.minimum(np.searchsorted(names[order], asked), len(names) - 1)
    errors = quotes.row[is_error][order][at]
    # The complaint comes after the fragment,.
    wait = columns.ts_ns[errors] - columns.ts_ns[rows]
    is_named = (names[order][at] == asked) & (wait > 0) & (wait < LONGEST_WAIT_NS)
    crossing = np.flatnonzero(travel.held[:, step] & travel.held[:, step + 1])
    of_crossing = travel.rows[crossing, step]
    crossed = datagram(columns.tuple_id[of_crossing], columns.ip_id[of_crossing].astype(np.int64))
    is_named &= np.isin(asked, crossed)
    witness[here] = np.where(is_named, place.packet_of[errors], -1)
    return witness
