"""Fragments whose datagram is not whole.

**In:** packets of one vantage. **Out:** a mask over its rows.
**Method:** RFC 791 section 3.2: same hosts, protocol and identification; whole when the first, the last and every byte
between are there. An identification used again after 60 s (the usual reassembly limit) is another datagram.
**Not here:** putting payloads together.
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I64, Bool
from correlate.model.packets import PacketFlag, PacketTable

_REASSEMBLY_NS = 60 * 10**9


def incomplete_fragments(packets: PacketTable, is_candidate: Bool) -> Bool:
    """Return which candidate rows are fragments of a datagram that this capture does not hold whole."""
    columns = packets.columns
    result = np.zeros(len(packets), np.bool_)
    rows = np.flatnonzero((columns.flags & PacketFlag.FRAGMENT) != 0)
    if not len(rows):
        return result
    datagram = _datagrams(packets, rows)
    count = int(datagram.max()) + 1
    start = columns.frag_offset[rows].astype(np.int64) * 8
    # Later fragments have no transport header, so theirs shows how long the IP header of the datagram is.
    header = columns.payload_offset[rows].astype(np.int64) - columns.l3_offset[rows]
    ip_header = np.full(count, 1 << 20)
    np.minimum.at(ip_header, datagram[start > 0], header[start > 0])
    payload = np.maximum(0, columns.ip_len[rows] - ip_header[datagram])
    held = np.bincount(datagram, payload, minlength=count).astype(np.int64)
    is_last = (columns.flags[rows] & PacketFlag.MF) == 0
    end = np.full(count, -1, np.int64)
    np.maximum.at(end, datagram[is_last], (start + payload)[is_last])
    has_first = np.bincount(datagram[start == 0], minlength=count) > 0
    is_whole = has_first & (end >= 0) & (held >= end)
    result[rows] = ~is_whole[datagram] & is_candidate[rows]
    return result


def _datagrams(packets: PacketTable, rows: I64) -> I64:
    """Return a datagram number per fragment."""
    columns, tuples = packets.columns, packets.tuples
    hosts = np.ascontiguousarray(np.concatenate([tuples.src, tuples.dst, tuples.proto[:, None]], axis=1))
    _, pair = np.unique(hosts.view("V33").ravel(), return_inverse=True)
    key = pair[columns.tuple_id[rows]].astype(np.int64) << 32 | columns.ip_id[rows].astype(np.int64)
    order = np.lexsort((columns.ts_ns[rows], key))
    key, stamp = key[order], columns.ts_ns[rows][order]
    is_new = np.concatenate([[True], (key[1:] != key[:-1]) | (np.diff(stamp) > _REASSEMBLY_NS)])
    datagram = np.zeros(len(rows), np.int64)
    datagram[order] = np.cumsum(is_new) - 1
    return datagram
