"""The payload: its digests, and the verdict on the transport checksum.

In: where the payload starts, how long it is, and the header's half of the checksum. Out: digests, checksum state, and
the payload's sum as the headers tell it.
Method: one pass over the bytes for digest and sum. The headers alone give the payload's ones-complement sum (RFC 1624;
algorithms section 2), so it is known for cut captures too, and it survives NAT.
Not here: using it to match.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.bytes_kernel import digest_and_sum, head_digest_of
from correlate.jit import kernel
from correlate.model.packets import ChecksumState, LengthOwner, PacketFlag
from correlate.wire.checksum import fold

IP_OPTIONS = int(PacketFlag.IP_OPTIONS)
PAYLOAD_SUM_KNOWN = int(PacketFlag.PAYLOAD_SUM_KNOWN)
BY_CAPTURE = int(LengthOwner.CAPTURE)
UNKNOWN = int(ChecksumState.UNKNOWN)
GOOD = int(ChecksumState.GOOD)
BAD = int(ChecksumState.BAD)

HEAD = 32
"""Bytes of ``head_digest``: enough to tell payloads apart, few enough to survive a 96-byte snaplen."""

_32 = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@kernel
def network_sum(total: Any) -> Any:
    """Return a sum of little-endian words (uint64) as a folded network-order 16-bit sum (int64)."""
    folded = fold(np.int64((total & _LOW) + (total >> _32)))
    return ((folded & 0xFF) << 8) | (folded >> 8)


@kernel
def read_payload(data: Any, payload: Any, cap_end: Any, half_sum: Any, digest: Any, head_digest: Any, out: Any) -> None:
    """Fill digests, checksum state and payload sum.

    In: ``payload``, ``cap_end`` int64 (n,) positions, ``half_sum`` int64 (n,) from ``read_transport``.
    Out: ``digest``, ``head_digest`` uint64 (n,), and ``out``.
    """
    flags, state, len_owner = out.flags, out.l4_csum_state, out.len_owner
    payload_len, payload_cap, payload_sum = out.payload_len, out.payload_cap, out.payload_sum
    for r in range(len(payload)):
        at, length = payload[r], np.int64(payload_len[r])
        captured = min(length, max(np.int64(0), cap_end[r] - at))
        payload_cap[r] = captured
        total = np.uint64(0)
        digest[r] = total
        head_digest[r] = total
        if captured > 0:
            first = np.uint64(at)
            digest[r], total = digest_and_sum(data, first, np.uint64(captured))
            if length <= HEAD and captured == length:
                head_digest[r] = digest[r]
            elif captured >= HEAD:
                head_digest[r] = head_digest_of(data, first)
        half = half_sum[r]
        if half < 0:
            continue
        is_whole = captured == length
        # The length or the pseudo-header's addresses may not be what the sender summed (offload, source routes,
        # RFC 8200 section 8.1): a sum that fails then proves nothing.
        is_sure = len_owner[r] != BY_CAPTURE and (flags[r] & IP_OPTIONS) == 0
        if is_whole and fold(half + network_sum(total)) == 0xFFFF:
            state[r] = GOOD
        elif is_whole and is_sure and state[r] == UNKNOWN:
            state[r] = BAD
        if state[r] == GOOD or (state[r] == UNKNOWN and is_sure and not is_whole):
            payload_sum[r] = 0xFFFF - half % 0xFFFF
            flags[r] |= PAYLOAD_SUM_KNOWN
