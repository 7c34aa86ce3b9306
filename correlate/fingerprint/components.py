"""Fingerprint components of packets.

**In:** ``PacketTable``. **Out:** ``FingerprintColumns``, same rows.
**Method:** algorithms section 2, "What changes": only what a NAT, a router and a NAT64 leave alone enters. A key must
not depend on what the other vantage captured, so TCP (whose numbers identify bytes) keeps payload hashes out of
``body``; for the rest the first 32 bytes are in it and ``match`` falls back to lengths and sums where they are cut.
**Not here:** keys (``match/keys.py``), flows (``flows``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.fingerprint.ident_kernel import count_repeats
from correlate.model.arrays import F64, I64, U8, Bool, freeze, frozen, take
from correlate.model.fingerprints import FingerprintColumns, mixed, sack_hash
from correlate.model.packets import ICMP, ICMPV6, TCP, ChecksumState, PacketColumns, PacketFlag, PacketTable

_ICMP_TWIN = {128: 8, 129: 0, 1: 3, 2: 3, 3: 11, 4: 12}
"""ICMPv6 type -> ICMP type of the same meaning (RFC 7915 sections 4.2 and 5.2)."""

_CUT_AWAY = 0x5C
"""Stands in ``body`` for payload bytes that the capture does not hold."""

_HEAD_BYTES = 32
"""What ``head_digest`` covers where there is as much."""

_AT_ONCE = 1 << 15
"""Rows: what is computed on the way stays in the processor's cache."""

_TCP_FLAGS = 0x3F
"""FIN SYN RST PSH ACK URG: routers may set the ECN bits (RFC 3168)."""


def fingerprint(packets: PacketTable) -> FingerprintColumns:
    """Return what of each packet survives translation.

    Parameters
    ----------
    packets
        Packets of one vantage, any order.

    Returns
    -------
    FingerprintColumns
        One row per packet. Cost: O(n log n) for the rarity of payloads, else O(n).
    """
    is_telling = _telling(packets)
    pieces = [slice(begin, begin + _AT_ONCE) for begin in range(0, max(1, len(packets)), _AT_ONCE)]
    first = _components(_piece(packets, pieces[0]), is_telling[pieces[0]])
    # Filled in place: a list of pieces, put together at the end, would hold everything twice.
    columns: list[Any] = [np.empty(len(packets), column.dtype) for column in first]
    prints = FingerprintColumns(*columns)
    for rows in pieces:
        part = first if rows is pieces[0] else _components(_piece(packets, rows), is_telling[rows])
        for name in FingerprintColumns._fields:
            getattr(prints, name)[rows] = getattr(part, name)
    worth = _rarity(packets, prints.head)
    for rows in pieces:
        prints.bits[rows] = _bits(_piece(packets, rows), take(prints, rows), worth[rows])
    return freeze(prints)


def _piece(packets: PacketTable, rows: slice) -> PacketTable:
    """Return some successive rows, with their quotes."""
    quotes = packets.quotes
    first, last = np.searchsorted(quotes.row, (rows.start, rows.stop))
    some = take(quotes, slice(first, last))
    return PacketTable(
        columns=take(packets.columns, rows), tuples=packets.tuples, quotes=some._replace(row=some.row - rows.start)
    )


def _components(packets: PacketTable, is_telling: Bool) -> FingerprintColumns:
    """Return the components; bits are yet to come."""
    columns = packets.columns
    flags = columns.flags
    is_transport = (flags & PacketFlag.TRANSPORT) != 0
    is_tcp = (columns.proto == TCP) & is_transport
    is_error = (flags & PacketFlag.ICMP_ERROR) != 0
    seq, ack = _numbers(packets, is_tcp, is_error)
    ident = _idents(columns)
    length = np.where(is_error, 0, columns.payload_len).astype(np.int32)
    first_bytes = np.where(is_error, 0, columns.head_digest)
    has_head = (first_bytes != 0) & (length > 0)
    body_bytes = np.where(is_tcp | (length == 0), 0, np.where(has_head, first_bytes, _CUT_AWAY))
    stamp = np.where((flags & PacketFlag.HAS_TS) != 0, mixed(columns.tsval, columns.tsecr) | 1, 0)
    head = np.where(has_head, mixed(length, first_bytes, _echo_side(columns, is_transport)) | 1, 0)
    shape = _shape(columns, is_tcp, is_error, is_transport)
    body, detail, sack = mixed(length, body_bytes), _detail(packets, is_tcp), _sack(columns, is_tcp)
    return FingerprintColumns(
        shape=shape,
        ident=ident,
        is_telling=is_telling,
        seq=seq,
        ack=ack,
        length=length,
        body=body,
        head=head,
        opening=_openings(columns, is_tcp, is_error),
        total=_totals(columns, is_error),
        stamp=stamp,
        detail=detail,
        sack=sack,
        is_bare=is_tcp & (length == 0) & ((columns.tcp_flags & 0x07) == 0),
        mapping=columns.mapping.astype(np.int64),
        is_wrong=columns.l4_csum_state == ChecksumState.BAD,
        exact=mixed(ident, seq, ack, shape, body, stamp, detail, sack),
        bits=np.zeros(len(ident), np.uint8),
    )


def _idents(columns: PacketColumns) -> I64:
    """Return the IP IDs, -1 = none; a translator copies the low half of an IPv6 fragment's (RFC 7915 section 4.1)."""
    return np.where((columns.flags & PacketFlag.HAS_IP_ID) != 0, (columns.ip_id & 0xFFFF).astype(np.int64), -1)


def _numbers(packets: PacketTable, is_tcp: Bool, is_error: Bool) -> tuple[I64, I64]:
    """Return seq and ack of each packet, 0 where they mean nothing.

    An ICMP error has the numbers of the packet it quotes: its sequence number, and the sum of its payload, both left
    alone by NAT and NAT64 alike.
    """
    columns = packets.columns
    is_echo = ((columns.proto == ICMP) | (columns.proto == ICMPV6)) & ~is_error
    is_numbered = (columns.flags & PacketFlag.NUMBERED) != 0
    has_seq = is_tcp | is_numbered | (is_echo & ((columns.flags & PacketFlag.TRANSPORT) != 0))
    has_ack = is_numbered | (is_tcp & ((columns.tcp_flags & 16) != 0))
    seq = np.where(has_seq, columns.seq.astype(np.int64), 0)
    ack = np.where(has_ack, columns.ack.astype(np.int64), 0)
    quotes = packets.quotes
    seq[quotes.row] = np.maximum(quotes.seq, 0)
    ack[quotes.row] = np.maximum(quotes.payload_sum, 0)
    return seq, ack


def _shape(columns: PacketColumns, is_tcp: Bool, is_error: Bool, is_transport: Bool) -> I64:
    """Return the hash of what kind of packet it is."""
    is_v6 = columns.proto == ICMPV6
    twin = np.arange(256, dtype=np.int64)
    for theirs, ours in _ICMP_TWIN.items():
        twin[theirs] = ours
    is_icmp = ((columns.proto == ICMP) | is_v6) & is_transport
    icmp_type = np.where(is_v6, twin[columns.icmp_type], columns.icmp_type)
    # Codes of ICMP errors differ between the families; those of plain ICMP are left alone.
    kind = np.where(is_icmp, icmp_type * 256 + np.where(is_error, 0, columns.icmp_code), 0)
    kind = np.where(is_tcp, columns.tcp_flags & _TCP_FLAGS, kind)
    kind = np.where((columns.flags & PacketFlag.NUMBERED) != 0, columns.icmp_type, kind)
    has_more = (columns.flags & PacketFlag.MF) != 0
    cut = columns.frag_offset.astype(np.int64) * 2 + has_more
    return mixed(np.where(is_v6, ICMP, columns.proto), kind, cut)


def _detail(packets: PacketTable, is_tcp: Bool) -> I64:
    """Return the hash of window and urgent pointer of TCP, of the IP ID that an ICMP error quotes, 0 for the rest."""
    columns, quotes = packets.columns, packets.quotes
    detail = np.where(is_tcp, mixed(columns.window, columns.urgent), 0)
    detail[quotes.row] = mixed(quotes.ip_id)
    return detail


def _sack(columns: PacketColumns, is_tcp: Bool) -> I64:
    """Return the hash of the first SACK block, 0 where there is none."""
    sack = np.zeros(len(is_tcp), np.int64)
    rows = np.flatnonzero(is_tcp & ((columns.flags & PacketFlag.HAS_SACK) != 0))
    sack[rows] = sack_hash(columns.sack_left[rows], columns.sack_right[rows])
    return sack


def _echo_side(columns: PacketColumns, is_transport: Bool | np.bool_) -> I64:
    """Return 1 for ICMP echo requests, 2 for replies, else 0: a reply carries the bytes of its request."""
    is_icmp = ((columns.proto == ICMP) | (columns.proto == ICMPV6)) & is_transport
    kinds = columns.icmp_type
    side = 1 * ((kinds == 8) | (kinds == 128)) + 2 * ((kinds == 0) | (kinds == 129))
    return np.where(is_icmp, side, 0)


def _openings(columns: PacketColumns, is_tcp: Bool, is_error: Bool) -> I64:
    """Return the hash of how datagrams begin, whatever their length: other vantages may hold them in another cut."""
    is_long = (columns.payload_len >= _HEAD_BYTES) & (columns.head_digest != 0)
    is_later = (columns.flags & PacketFlag.LATER_FRAGMENT) != 0
    name = mixed(columns.proto, columns.head_digest, _echo_side(columns, np.True_)) | 1
    return np.where(is_long & ~is_tcp & ~is_error & ~is_later, name, 0)


def _totals(columns: PacketColumns, is_error: Bool) -> I64:
    """Return the payload sums that can be trusted: a wrong checksum says nothing of the payload."""
    is_known = ((columns.flags & PacketFlag.PAYLOAD_SUM_KNOWN) != 0) & ~is_error
    is_known &= columns.l4_csum_state != ChecksumState.BAD
    return np.asarray(np.where(is_known, columns.payload_sum, 0), np.int64)


def _telling(packets: PacketTable) -> Bool:
    """Return where the IP ID tells transmissions apart: not 0, and not a constant of that sender.

    A sender that repeats the ID of the packet before in more than half of at least four packets uses a constant; SPAN
    copies repeat every second one only.
    """
    count = len(packets.tuples.sport)
    last = np.full(count, -1, np.int64)
    seen, repeated = np.zeros(count, np.int64), np.zeros(count, np.int64)
    columns = packets.columns
    ident = _idents(columns)
    # Fragments of one datagram share its identification, which then means something (RFC 6864 section 4.1).
    is_fragment = (columns.flags & PacketFlag.FRAGMENT) != 0
    whole = np.flatnonzero(~is_fragment) if is_fragment.any() else slice(None)
    count_repeats(frozen(columns.tuple_id[whole]), frozen(ident[whole]), last, seen, repeated)
    is_constant = (seen >= 4) & (repeated * 2 > seen)
    return np.asarray((ident > 0) & (is_fragment | ~is_constant[columns.tuple_id]))


def _bits(packets: PacketTable, prints: FingerprintColumns, worth: F64) -> U8:
    """Return the evidence that equality of all components is worth.

    Numbers near 0 are what simulators and relative counters have, so a number counts its own magnitude. A payload
    counts what it is ``worth``. An IP ID that an ICMP error quotes counts like its own.
    """
    columns, quotes = packets.columns, packets.quotes
    bits = np.log2(prints.seq + 1.0) + np.log2(prints.ack + 1.0) + 12.0 * prints.is_telling
    bits[quotes.row] += np.where(quotes.ip_id > 0, 12.0, 0.0)
    has_stamp = (columns.flags & PacketFlag.HAS_TS) != 0
    bits += np.where(has_stamp, np.log2(columns.tsval + 1.0) / 2, 0)
    return np.asarray(np.minimum(bits + worth, 200.0), np.uint8)


def _rarity(packets: PacketTable, head: I64) -> F64:
    """Return bits of payloads: at most 8 a byte and 40 in all, 0 for those sent more than once, and for TCP."""
    columns = packets.columns
    worth = np.zeros(len(head))
    is_tcp = (columns.proto == TCP) & ((columns.flags & PacketFlag.TRANSPORT) != 0)
    rows = np.flatnonzero((head != 0) & ~is_tcp)
    _, inverse, counts = np.unique(head[rows], return_inverse=True, return_counts=True)
    worth[rows] = np.where(counts[inverse] <= 2, np.minimum(40.0, 8.0 * columns.payload_len[rows]), 0.0)
    return worth
