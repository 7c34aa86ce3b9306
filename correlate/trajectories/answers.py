"""ICMP errors that quote an absent packet.

**In:** quotes at the near vantage. **Out:** for each absent packet the ICMP error (packet) that quotes it.

**Method:** a quote names the packet by its addresses and ports and its IP ID; where there is no IP ID (IPv6) by its TCP
sequence number. Redirects do not end a packet (RFC 792, RFC 4861).

**Not here:** what it means (``rules.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I64
from correlate.model.packets import ICMP, ICMPV6, PacketFlag
from correlate.trajectories.scene import Place

REDIRECTS = ((ICMP, 5), (ICMPV6, 137))


def quoted_by(place: Place, rows: I64) -> I64:
    """Return for each row of ``place`` the packet of an ICMP error there that quotes it, -1 = none."""
    columns, quotes = place.packets.columns, place.packets.quotes
    kind = np.stack([columns.proto[quotes.row], columns.icmp_type[quotes.row]], axis=1)
    is_redirect = np.zeros(len(quotes.row), np.bool_)
    for proto, code in REDIRECTS:
        is_redirect |= (kind[:, 0] == proto) & (kind[:, 1] == code)
    by_id, by_seq = (quotes.ip_id >= 0) & ~is_redirect, (quotes.ip_id < 0) & (quotes.seq >= 0) & ~is_redirect
    has_id = (columns.flags[rows] & PacketFlag.HAS_IP_ID) != 0
    tuples = columns.tuple_id[rows].astype(np.int64)
    found = np.full(len(rows), -1, np.int64)
    pairs = ((by_id, quotes.ip_id, has_id, columns.ip_id), (by_seq, quotes.seq, ~has_id, columns.seq))
    for is_named, name, is_asked, value in pairs:
        keys = quotes.tuple_id[is_named].astype(np.int64) << 32 | name[is_named]
        found = np.where(
            is_asked, _lookup(keys, quotes.row[is_named], tuples << 32 | value[rows].astype(np.int64)), found
        )
    return np.where(found >= 0, place.packet_of[np.maximum(found, 0)], -1)


def _lookup(keys: I64, values: I64, asked: I64) -> I64:
    """Return the value of each asked key, -1 = not there."""
    if len(keys) == 0 or len(asked) == 0:
        return np.full(len(asked), -1, np.int64)
    order = np.argsort(keys, kind="stable")
    at = np.minimum(np.searchsorted(keys[order], asked), len(keys) - 1)
    return np.where(keys[order][at] == asked, values[order][at], -1)
