"""Numbers of IP protocols that have no transport header of their own: SCTP, ESP, AH and GRE that is not opened.

In: rows; those that ``transport_kernel`` left as unknown protocols are read. Out: the number that tells one packet of
an association from the next (``seq``) and the one that names the association (``ack``), ports and chunk type of SCTP.
Method: RFC 9260 section 3 (TSN, verification tag), RFC 4303 section 2 and RFC 4302 section 2 (SPI and sequence number),
RFC 2890 (key and sequence number). SCTP's CRC32c is often left to the card; it is not verified, so never called bad.
Not here: what ESP hides.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.bytes_kernel import be16, be32
from correlate.jit import kernel
from correlate.model.packets import PacketFlag, StopReason

NUMBERED = int(PacketFlag.NUMBERED)
DONE, UNKNOWN = int(StopReason.DONE), int(StopReason.UNKNOWN_PROTOCOL)
GRE, ESP, AH, SCTP = 47, 50, 51, 132


@kernel
def tsn_of(data: Any, at: Any, end: Any) -> Any:
    """Return the TSN that the first SCTP chunk at ``at`` carries or acknowledges, 0 = it has none or is cut."""
    if at >= end:
        return np.int64(0)
    kind = data[at]
    if kind in (0, 64, 3) and at + 8 <= end:  # DATA, I-DATA; SACK
        return be32(data, at + 4)
    if kind in (1, 2) and at + 20 <= end:  # INIT, INIT ACK
        return be32(data, at + 16)
    return np.int64(0)


@kernel
def read_numbers(data: Any, l4: Any, ip_end: Any, cap_end: Any, payload: Any, sport: Any, dport: Any, out: Any) -> None:
    """Fill ``seq``, ``ack`` and what else the protocols have.

    In: ``l4``, ``ip_end``, ``cap_end`` int64 (n,) positions. Changed: ``payload`` int64 (n,) position; ``sport``,
    ``dport`` int32 (n,); ``out`` (PacketColumns).
    """
    stop = out.stop
    for r in range(len(l4)):
        if stop[r] != UNKNOWN:
            continue
        at, end = l4[r], min(ip_end[r], cap_end[r])
        protocol, header = out.proto[r], np.int64(0)
        if protocol == SCTP and at + 12 <= end:
            sport[r], dport[r] = be16(data, at), be16(data, at + 2)
            out.ack[r], out.seq[r] = be32(data, at + 4), tsn_of(data, at + 12, end)
            out.icmp_type[r] = data[at + 12] if at + 12 < end else 0
            header = np.int64(12)
        elif protocol == ESP and at + 8 <= end:
            out.ack[r], out.seq[r] = be32(data, at), be32(data, at + 4)
            header = np.int64(8)
        elif protocol == AH and at + 12 <= end:
            out.ack[r], out.seq[r] = be32(data, at + 4), be32(data, at + 8)
            header = np.int64(12)
        elif protocol == GRE and at + 16 <= end and (be16(data, at) & 0x5007) == 0x1000:
            here = at + 4 + (4 if be16(data, at) & 0x8000 else 0)
            if be16(data, at) & 0x2000:
                out.ack[r] = be32(data, here)
                here += 4
            out.seq[r] = be32(data, here)
            header = here + 4 - at
        if header > 0:
            out.flags[r] |= np.uint32(NUMBERED)
            stop[r] = DONE
            payload[r] = at + header
            out.payload_len[r] -= np.int32(header)
