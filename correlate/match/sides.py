"""One vantage as the matcher sees it.

**In:** packets, flows and fingerprints of a vantage. **Out:** ``Side``; ``Sights``, the part of it that is matched now.
**Method:** times count from the capture's first frame, so that float64 keeps nanoseconds and no clock is ever compared
with another.
**Not here:** decisions; rewritten sequence numbers (``numbering.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import F64, I32, I64, Bool
from correlate.model.fingerprints import FingerprintColumns
from correlate.model.flows import FlowTable
from correlate.model.packets import TCP, ChecksumState, PacketFlag, PacketTable


@attrs.frozen(kw_only=True)
class Side:
    """A vantage: its tables and what is derived once for all pairs."""

    packets: PacketTable
    flows: FlowTable
    prints: FingerprintColumns
    time: F64
    """Nanoseconds since the first stamped frame; a frame without stamp has that of the frame before it."""
    is_copy: Bool
    """Further sightings within the capture; they take no part in matching."""

    def __len__(self) -> int:
        return len(self.packets)


_FIRST_BYTES = 32
"""What ``head_digest`` covers where there is as much."""


class Sights(NamedTuple):
    """Packets of one side that may still find a partner; one row each."""

    row: I64
    block: I64
    """Joined flow * 2 + 1 if outbound."""
    time: F64
    ident: I64
    is_telling: Bool
    seq: I64
    ack: I64
    shape: I64
    body: I64
    stamp: I64
    detail: I64
    sack: I64
    sack_left: I64
    sack_right: I64
    length: I32
    head: I64
    first: I64
    """Hash of the first 32 bytes of payload, whatever its length; 0 = fewer, or not captured."""
    is_bare: Bool
    is_syn: Bool
    is_tcp: Bool
    is_wrong: Bool
    """Its transport checksum is wrong."""
    exact: I64
    total: I64
    whole: I64
    """Hash of the whole payload; 0 = not all captured."""
    growth: I64
    """Bytes that the other side's numbers leave for this payload beyond its length: what a gateway put in."""
    is_part: Bool
    """A fragment."""
    is_unfinished: Bool
    """The card was still to write its checksum: it may have cut it as well."""


def elapsed(packets: PacketTable) -> F64:
    """Return the time of each packet since the first stamped one, nanoseconds."""
    columns = packets.columns
    has_time = (columns.flags & PacketFlag.NO_TIME) == 0
    if not has_time.any():
        return np.zeros(len(packets))
    stamped = np.maximum.accumulate(np.where(has_time, np.arange(len(packets)), -1))
    base = columns.ts_ns[has_time].min()
    since = np.where(has_time, columns.ts_ns, base) - base
    return np.where(stamped >= 0, since[np.maximum(stamped, 0)], 0).astype(np.float64)


def sights_of(side: Side, rows: I64, block: I64) -> Sights:
    """Return the sights of ``rows``, which belong to ``block`` each."""
    prints, columns = side.prints, side.packets.columns
    flags = columns.flags[rows]
    is_error = (flags & PacketFlag.ICMP_ERROR) != 0
    is_tcp = (columns.proto[rows] == TCP) & ~is_error
    is_whole = (columns.payload_cap[rows] == columns.payload_len[rows]) & (columns.payload_len[rows] > 0) & ~is_error
    return Sights(
        row=rows,
        block=block,
        time=side.time[rows],
        ident=prints.ident[rows],
        is_telling=prints.is_telling[rows],
        seq=prints.seq[rows],
        ack=prints.ack[rows],
        shape=prints.shape[rows],
        body=prints.body[rows],
        stamp=prints.stamp[rows],
        detail=prints.detail[rows],
        sack=prints.sack[rows],
        sack_left=columns.sack_left[rows].astype(np.int64),
        sack_right=columns.sack_right[rows].astype(np.int64),
        length=prints.length[rows],
        head=prints.head[rows],
        first=np.where(columns.payload_len[rows] >= _FIRST_BYTES, columns.head_digest[rows], 0),
        is_bare=prints.is_bare[rows],
        is_syn=is_tcp & ((columns.tcp_flags[rows] & 2) != 0),
        is_tcp=is_tcp,
        is_wrong=prints.is_wrong[rows],
        exact=prints.exact[rows],
        total=prints.total[rows],
        whole=np.where(is_whole, columns.digest[rows] | 1, 0),
        growth=np.zeros(len(rows), np.int64),
        is_part=(flags & PacketFlag.FRAGMENT) != 0,
        is_unfinished=columns.l4_csum_state[rows] == ChecksumState.PARTIAL,
    )


def blind(sights: Sights) -> Sights:
    """Return the sights without what depends on payload bytes."""
    nothing = np.zeros(len(sights.row), np.int64)
    return sights._replace(head=nothing, first=nothing, total=nothing, whole=nothing)
