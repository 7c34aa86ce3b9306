"""Transport headers: TCP, UDP, ICMP and ICMPv6.

In: where the IP payload starts and ends. Out: the transport columns, ports, where the payload starts, and half of the
checksum: everything but the payload.
Method: RFC 9293, RFC 768, RFC 792, RFC 4443. Whatever cuts a header is named: the capture or the IP length.
Not here: TCP options (``options_kernel``), the payload's half of the checksum (``payload_kernel``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.bytes_kernel import be16, be32
from correlate.jit import kernel
from correlate.model.packets import ChecksumState, LengthOwner, PacketFlag, StopReason
from correlate.wire.checksum import fold, words_sum

FRAGMENT = int(PacketFlag.FRAGMENT)
TRANSPORT = int(PacketFlag.TRANSPORT)
TLS_HANDSHAKE = int(PacketFlag.TLS_HANDSHAKE)
OPTIONS_CUT = int(PacketFlag.OPTIONS_CUT)
ICMP_ERROR = int(PacketFlag.ICMP_ERROR)
LEN_LIES = int(PacketFlag.LEN_LIES)

BY_UDP = int(LengthOwner.UDP)

STOP_CAPTURE = int(StopReason.CUT_BY_CAPTURE)
STOP_IP_LENGTH = int(StopReason.CUT_BY_IP_LENGTH)
STOP_UDP_LENGTH = int(StopReason.CUT_BY_UDP_LENGTH)
STOP_PROTOCOL = int(StopReason.UNKNOWN_PROTOCOL)
STOP_BAD_HEADER = int(StopReason.BAD_HEADER_LENGTH)

UNKNOWN = int(ChecksumState.UNKNOWN)
PARTIAL = int(ChecksumState.PARTIAL)
ABSENT = int(ChecksumState.ABSENT)


@kernel
def pseudo_sum(data: Any, at: Any, version: Any, proto: Any) -> Any:
    """Return the pseudo-header's sum without the length (RFC 9293 section 3.1, RFC 8200 section 8.1)."""
    if version == 4:
        return words_sum(data, at + 12, at + 20) + proto
    return words_sum(data, at + 8, at + 40) + proto


@kernel
def is_icmp_error(version: Any, kind: Any) -> Any:
    """Return True for messages that quote a packet (RFC 792; RFC 4443 section 2.1: types below 128)."""
    if version == 4:
        return kind in (3, 4, 5, 11, 12)
    return kind in (1, 2, 3, 4)


@kernel
def is_echo(version: Any, kind: Any) -> Any:
    """Return True for echo requests and replies."""
    return kind in (0, 8) if version == 4 else kind in (128, 129)


@kernel
def read_transport(
    data: Any,
    l3: Any,
    version: Any,
    cap_end: Any,
    l4: Any,
    ip_end: Any,
    payload: Any,
    sport: Any,
    dport: Any,
    half_sum: Any,
    out: Any,
) -> None:
    """Fill the transport columns.

    In: positions int64 (n,). Out: ``payload`` int64 (n,) position; ``sport``, ``dport`` int32 (n,), -1 = none;
    ``half_sum`` int64 (n,): folded sum of pseudo-header and header with its checksum, -1 = do not verify; ``out``.
    """
    flags_out, stop, proto, len_owner = out.flags, out.stop, out.proto, out.len_owner
    payload_len, l4_csum, state = out.payload_len, out.l4_csum, out.l4_csum_state
    seq, ack, tcp_flags, window, urgent = out.seq, out.ack, out.tcp_flags, out.window, out.urgent
    icmp_type, icmp_code = out.icmp_type, out.icmp_code
    for r in range(len(l3)):
        at, room = l4[r], ip_end[r] - l4[r]
        have = min(cap_end[r], ip_end[r]) - at
        payload[r], payload_len[r], half_sum[r], sport[r], dport[r] = at, room, -1, -1, -1
        if stop[r] != 0:
            continue
        protocol = np.int64(proto[r])
        is_icmp = protocol == (1 if version[r] == 4 else 58)
        if not (is_icmp or protocol in (6, 17)):
            stop[r] = STOP_PROTOCOL
            continue
        if have >= 4 and not is_icmp:
            sport[r], dport[r] = be16(data, at), be16(data, at + 2)
        header = 20 if protocol == 6 else 8
        if have < header:
            stop[r] = STOP_CAPTURE if room >= header else STOP_IP_LENGTH
            continue
        flags = np.int64(flags_out[r])
        covered = room
        verify = (flags & FRAGMENT) == 0
        if protocol == 6:
            word = be16(data, at + 12)
            field = be16(data, at + 16)
            header = (word >> 12) * 4
            if header < 20:
                stop[r] = STOP_BAD_HEADER
                continue
            seq[r], ack[r], tcp_flags[r] = be32(data, at + 4), be32(data, at + 8), word & 0xFFF
            window[r], urgent[r] = be16(data, at + 14), be16(data, at + 18)
            if header > have:
                flags |= OPTIONS_CUT
                stop[r] = STOP_CAPTURE if header <= room else STOP_IP_LENGTH
                header = min(header, room)
                verify = False
        elif protocol == 17:
            declared = be16(data, at + 4)
            field = be16(data, at + 6)
            if declared < 8:
                flags |= LEN_LIES
                verify = False
                if declared > 0:
                    stop[r] = STOP_UDP_LENGTH
            elif declared > room and verify:
                flags |= LEN_LIES
                verify = False
            elif declared < room:
                covered = declared
                len_owner[r] = BY_UDP
        else:
            kind = np.int64(data[at])
            field = be16(data, at + 2)
            icmp_type[r], icmp_code[r] = kind, data[at + 1]
            if is_icmp_error(version[r], kind):
                flags |= ICMP_ERROR
            elif is_echo(version[r], kind):
                sport[r] = dport[r] = be16(data, at + 4)
                seq[r] = be16(data, at + 6)
        if protocol == 6 and have >= header + 2 and data[at + header] == 22 and data[at + header + 1] == 3:
            flags |= TLS_HANDSHAKE
        flags_out[r] = flags | TRANSPORT
        l4_csum[r] = field
        payload[r], payload_len[r] = at + header, covered - header
        if protocol == 17 and field == 0:
            # RFC 768: none was made. Over IPv6 only tunnels may (RFC 6935), which is no proof of damage either.
            state[r] = ABSENT
        elif verify:
            pseudo = np.int64(0) if protocol == 1 else pseudo_sum(data, l3[r], version[r], protocol)
            length = 0 if protocol == 1 else covered
            half_sum[r] = fold(pseudo + length + words_sum(data, at, at + header))
            # Left for the card to finish: the field holds the pseudo-header's sum, not inverted; segmentation offload
            # leaves the length out.
            if protocol != 1 and field in (fold(pseudo + length), fold(pseudo)):
                state[r] = PARTIAL
