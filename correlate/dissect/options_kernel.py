"""TCP options.

In: rows whose TCP header is longer than 20 bytes. Out: the option columns and flags.
Method: RFC 9293 section 3.2, RFC 7323, RFC 2018, RFC 8684 section 3.3. The hash leaves out what changes from segment to
segment (timestamps, SACK blocks) but keeps padding, so an option that a middlebox overwrote with NOPs shows.
Not here: what a stripped option means.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.dissect.ip_kernel import FNV_START, fnv
from correlate.headers.bytes_kernel import be16, be32
from correlate.jit import kernel
from correlate.model.packets import PacketFlag

HAS_TS = int(PacketFlag.HAS_TS)
HAS_MSS = int(PacketFlag.HAS_MSS)
HAS_WSCALE = int(PacketFlag.HAS_WSCALE)
SACK_PERMITTED = int(PacketFlag.SACK_PERMITTED)
HAS_SACK = int(PacketFlag.HAS_SACK)
OPTIONS_CUT = int(PacketFlag.OPTIONS_CUT)
OPTIONS_BAD = int(PacketFlag.OPTIONS_BAD)
TRANSPORT = int(PacketFlag.TRANSPORT)


STAMPS = 0x0101080A
"""Two NOPs and the head of a timestamp: all options of most segments (RFC 7323 appendix A)."""
STAMPS_HASH = 0x64643325
"""What hashing them one by one gives."""


@kernel
def mapping_of(data: Any, at: Any, size: Any) -> Any:
    """Return the hash of the mapping in the MPTCP option at ``at``: both sequence numbers and the length; 0 = none."""
    if size < 4 or data[at + 2] >> 4 != 2 or data[at + 3] & 4 == 0:
        return np.int64(0)
    begin = at + 4
    if data[at + 3] & 1:
        begin += 8 if data[at + 3] & 2 else 4
    stop = begin + (14 if data[at + 3] & 8 else 10)
    if stop > at + size:
        return np.int64(0)
    return max(1, fnv(np.int64(FNV_START), data, begin, stop))


@kernel
def read_options(data: Any, l4: Any, ip_end: Any, cap_end: Any, out: Any) -> None:
    """Fill the TCP option columns of every row that has options.

    In: ``l4``, ``ip_end``, ``cap_end`` int64 (n,). An option cut by capture or IP length ends the walk
    (``OPTIONS_CUT``, set by ``transport_kernel``), a malformed one too (``OPTIONS_BAD``).
    """
    flags_out, proto, options, mapping = out.flags, out.proto, out.options, out.mapping
    tsval, tsecr, mss, wscale = out.tsval, out.tsecr, out.mss, out.wscale
    sack_count, sack_left, sack_right = out.sack_count, out.sack_left, out.sack_right
    for r in range(len(l4)):
        flags = np.int64(flags_out[r])
        if proto[r] != 6 or (flags & TRANSPORT) == 0:
            continue
        at = l4[r] + 20
        stop = l4[r] + np.int64(data[l4[r] + 12] >> 4) * 4
        have = min(stop, ip_end[r], cap_end[r])
        if at >= stop:
            continue
        if stop - at == 12 and have == stop and be32(data, at) == STAMPS:
            tsval[r], tsecr[r] = be32(data, at + 4), be32(data, at + 8)
            flags_out[r], options[r] = flags | HAS_TS, STAMPS_HASH
            continue
        digest = np.int64(FNV_START)
        while at < have:
            kind = np.int64(data[at])
            if kind <= 1:
                digest = fnv(digest, data, at, at + 1)
                at += 1
                if kind == 0:
                    break
                continue
            if at + 2 > have or at + np.int64(data[at + 1]) > have:
                # Bytes that the header still has were cut away; else the option runs over its header.
                if have == stop or (at + 2 <= have and at + np.int64(data[at + 1]) > stop):
                    flags |= OPTIONS_BAD
                break
            size = np.int64(data[at + 1])
            if size < 2:
                flags |= OPTIONS_BAD
                break
            shown = at + size
            if kind == 8 and size == 10:
                flags |= HAS_TS
                tsval[r], tsecr[r] = be32(data, at + 2), be32(data, at + 6)
                shown = at + 2
            elif kind == 2 and size == 4:
                flags |= HAS_MSS
                mss[r] = be16(data, at + 2)
            elif kind == 3 and size == 3:
                flags |= HAS_WSCALE
                wscale[r] = data[at + 2]
            elif kind == 4 and size == 2:
                flags |= SACK_PERMITTED
            elif kind == 5 and size >= 10 and (size - 2) % 8 == 0:
                flags |= HAS_SACK
                sack_count[r] = (size - 2) // 8
                sack_left[r], sack_right[r] = be32(data, at + 2), be32(data, at + 6)
                shown = at + 2
            elif kind == 30:
                mapping[r] = mapping_of(data, at, size)
            elif kind in (2, 3, 4, 5, 8):
                flags |= OPTIONS_BAD
            digest = fnv(digest, data, at, shown)
            at += size
        flags_out[r], options[r] = flags, max(1, digest)
