"""The IP headers.

In: positions of whole, consistent IP headers (``walk_kernel``). Out: the IP columns, and where the IP
payload starts and ends.
Method: RFC 791, RFC 8200. A length always has an owner: the IP header, or the capture where the header says 0
(offload) or more than the frame held; the shorter one is used.
Not here: transport headers; what an ICMP error quotes (``quote_kernel``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.bytes_kernel import be16, be32
from correlate.headers.carried_kernel import MAX_EXTENSIONS
from correlate.jit import kernel
from correlate.model.packets import LengthOwner, PacketFlag, StopReason
from correlate.wire.checksum import fold, words_sum

IPV6 = int(PacketFlag.IPV6)
HAS_IP_ID = int(PacketFlag.HAS_IP_ID)
DF = int(PacketFlag.DF)
MF = int(PacketFlag.MF)
FRAGMENT = int(PacketFlag.FRAGMENT)
LATER_FRAGMENT = int(PacketFlag.LATER_FRAGMENT)
IP_LEN_ZERO = int(PacketFlag.IP_LEN_ZERO)
CAP_CUT = int(PacketFlag.CAP_CUT)
IP_CSUM_BAD = int(PacketFlag.IP_CSUM_BAD)
PADDED = int(PacketFlag.PADDED)
LEN_LIES = int(PacketFlag.LEN_LIES)
IP_OPTIONS = int(PacketFlag.IP_OPTIONS)

BY_IP = int(LengthOwner.IP)
BY_CAPTURE = int(LengthOwner.CAPTURE)

STOP_CAPTURE = int(StopReason.CUT_BY_CAPTURE)
STOP_IP_LENGTH = int(StopReason.CUT_BY_IP_LENGTH)
STOP_LATER = int(StopReason.LATER_FRAGMENT)
STOP_HEADERS = int(StopReason.TOO_MANY_HEADERS)

FNV_START = 2166136261
FNV_PRIME = 16777619


@kernel
def fnv(digest: Any, data: Any, at: Any, stop: Any) -> Any:
    """Return FNV-1a (32 bit, in int64) of ``data[at:stop]``, continued from ``digest``."""
    while at < stop:
        digest = ((digest ^ np.int64(data[at])) * FNV_PRIME) & 0xFFFFFFFF
        at += 1
    return digest


@kernel
def own_length(total: Any, wire: Any, captured: Any) -> Any:
    """Return ``(length, owner, flags)`` from the header's length and the bytes of the frame from there on."""
    flags, owner, length = 0, BY_IP, total
    if total == 0:
        flags, owner, length = IP_LEN_ZERO, BY_CAPTURE, wire
    elif total > wire:
        flags, owner, length = LEN_LIES, BY_CAPTURE, wire
    elif total < wire:
        flags = PADDED
    if length > captured:
        flags |= CAP_CUT
    return length, owner, flags


@kernel
def read_ipv4(data: Any, l3: Any, cap_end: Any, wire_end: Any, version: Any, l4: Any, ip_end: Any, out: Any) -> None:
    """Fill the IP columns of IPv4 rows.

    In: ``l3``, ``cap_end``, ``wire_end`` int64 (n,), ``version`` uint8 (n,). Out: ``l4`` and ``ip_end`` int64 (n,),
    positions where the IP payload starts and (on the wire) ends; the columns of ``out`` (PacketColumns).
    """
    flags_out, ip_len, len_owner, stop = out.flags, out.ip_len, out.len_owner, out.stop
    ip_id, ttl, tos, proto = out.ip_id, out.ttl, out.tos, out.proto
    frag_offset, ip_csum, ip_options = out.frag_offset, out.ip_csum, out.ip_options
    for r in range(len(l3)):
        if version[r] != 4:
            continue
        at = l3[r]
        header = np.int64(data[at] & 15) * 4
        length, owner, flags = own_length(be16(data, at + 2), wire_end[r] - at, cap_end[r] - at)
        fragment = be16(data, at + 6)
        field = be16(data, at + 10)
        flags |= HAS_IP_ID
        if fragment & 0x4000:
            flags |= DF
        if fragment & 0x2000:
            flags |= MF | FRAGMENT
        if fragment & 0x1FFF:
            flags |= FRAGMENT | LATER_FRAGMENT
            stop[r] = STOP_LATER
        if field != 0 and fold(words_sum(data, at, at + header)) != 0xFFFF:
            flags |= IP_CSUM_BAD
        if header > 20:
            flags |= IP_OPTIONS
            ip_options[r] = max(1, fnv(FNV_START, data, at + 20, at + header))
        flags_out[r], ip_len[r], len_owner[r] = flags, length, owner
        tos[r], ip_id[r], frag_offset[r] = data[at + 1], be16(data, at + 4), fragment & 0x1FFF
        ttl[r], proto[r], ip_csum[r] = data[at + 8], data[at + 9], field
        l4[r], ip_end[r] = at + header, at + length


@kernel
def read_ipv6(data: Any, l3: Any, cap_end: Any, wire_end: Any, version: Any, l4: Any, ip_end: Any, out: Any) -> None:
    """Fill the IP columns of IPv6 rows; arguments as :func:`read_ipv4`.

    Payload length 0 before a real header is a jumbogram or an offload super-packet: the capture's length counts.
    """
    flags_out, ip_len, len_owner, stop = out.flags, out.ip_len, out.len_owner, out.stop
    ip_id, ttl, tos, proto = out.ip_id, out.ttl, out.tos, out.proto
    frag_offset, flow_label, ip_options = out.frag_offset, out.flow_label, out.ip_options
    for r in range(len(l3)):
        if version[r] != 6:
            continue
        at = l3[r]
        first = be32(data, at)
        declared = be16(data, at + 4)
        following = np.int64(data[at + 6])
        total = 0 if declared == 0 and following != 59 else declared + 40
        length, owner, flags = own_length(total, wire_end[r] - at, cap_end[r] - at)
        flags |= IPV6
        tos[r], flow_label[r], ttl[r] = (first >> 20) & 0xFF, first & 0xFFFFF, data[at + 7]
        end = at + length
        have = min(end, cap_end[r])
        here = at + 40
        digest = np.int64(0)
        walked = walked_options = 0
        while following in (0, 43, 44, 51, 60):
            if walked == MAX_EXTENSIONS:
                stop[r] = STOP_HEADERS
                break
            # AH counts in 4-byte units less 2 (RFC 4302 section 2.2), a fragment header is fixed, the others 8-byte.
            size = np.int64(8)
            if here + 8 <= have and following == 51:
                size = np.int64(data[here + 1]) * 4 + 8
            elif here + 8 <= have and following != 44:
                size = np.int64(data[here + 1]) * 8 + 8
            if here + size > have:
                stop[r] = STOP_CAPTURE if here + size <= end else STOP_IP_LENGTH
                break
            if following == 44:
                word = be16(data, here + 2)
                flags |= HAS_IP_ID
                ip_id[r], frag_offset[r] = be32(data, here + 4), word >> 3
                if word & 1:
                    flags |= MF
                if word & 0xFFF9:  # an atomic fragment (offset 0, no more) is a whole packet (RFC 6946)
                    flags |= FRAGMENT
            else:
                flags |= IP_OPTIONS
                digest = fnv(digest if walked_options else np.int64(FNV_START), data, here, here + size)
                walked_options += 1
            following = np.int64(data[here])
            here += size
            walked += 1
            if frag_offset[r]:
                flags |= LATER_FRAGMENT
                stop[r] = STOP_LATER
                break
        flags_out[r], ip_len[r], len_owner[r] = flags, length, owner
        proto[r], ip_options[r] = following, max(1, digest) if walked_options else 0
        l4[r], ip_end[r] = here, end
