"""Fingerprint components of packets.

**In:** ``PacketTable``. **Out:** ``Fingerprints``, same rows.
**Method:** algorithms section 2, "What changes": only what a NAT, a router and a NAT64 leave alone enters. A key must
not depend on what the other vantage captured, so TCP (whose numbers identify bytes) keeps payload hashes out of
``body``; for the rest the first 32 bytes are in it and ``match`` falls back to lengths and sums where they are cut.
Each component is a function of some rows; the key of all of them is made at once (``exact_kernel.py``).
**Not here:** keys (``match/ladder.py``), flows (``flows``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from correlate.fingerprint.exact_kernel import exact_keys
from correlate.fingerprint.ident_kernel import count_repeats
from correlate.fingerprint.parts_kernel import PARTS, Columns, fill_part
from correlate.model.arrays import F64, I64, U8, Bool, frozen
from correlate.model.fingerprints import Fingerprints, Rows, mixed, sack_hash
from correlate.model.ordering import group_order
from correlate.model.packets import ICMP, ICMPV6, TCP, ChecksumState, PacketFlag, PacketTable

_ICMP_TWIN = {128: 8, 129: 0, 1: 3, 2: 3, 3: 11, 4: 12}
"""ICMPv6 type -> ICMP type of the same meaning (RFC 7915 sections 4.2 and 5.2)."""

_CUT_AWAY = 0x5C
"""Stands in ``body`` for payload bytes that the capture does not hold."""

_HEAD_BYTES = 32
"""What ``head_digest`` covers where there is as much."""

_AT_ONCE = 1 << 15
"""Rows: what is computed on the way stays in the processor's cache."""

_FEW = 20_000
"""Packets up to which the kernel would take longer to load than it saves."""

_TCP_FLAGS = 0x3F
"""FIN SYN RST PSH ACK URG: routers may set the ECN bits (RFC 3168)."""


def fingerprint(packets: PacketTable) -> Fingerprints:
    """Return what of each packet survives translation.

    Parameters
    ----------
    packets
        Packets of one vantage, any order.

    Returns
    -------
    Fingerprints
        One row per packet. Cost: O(n log n) for the rarity of payloads, else O(n); 10 bytes per packet.
    """
    count = len(packets)
    is_constant = _constant_senders(packets)
    worth = _rarity(packets)
    exact, bits, is_telling = np.empty(count, np.int64), np.empty(count, np.uint8), np.empty(count, np.bool_)
    keys = _keys_one_by_one if count <= _FEW else _keys_in_one_pass
    for begin in range(0, count, _AT_ONCE):
        rows = slice(begin, min(begin + _AT_ONCE, count))
        seq, ack = keys(packets, rows, exact[rows])
        is_telling[rows] = _telling(packets, rows, is_constant)
        bits[rows] = np.minimum(_evidence(packets, rows, seq, ack, is_telling[rows]) + worth[rows], 200.0)
    return Fingerprints(
        exact=frozen(exact),
        is_telling=frozen(is_telling),
        bits=frozen(bits),
        components={name: partial(_component, name, packets) for name in _COMPONENTS},
    )


def _component(name: str, packets: PacketTable, rows: Rows) -> NDArray[Any]:
    """Return a component of some rows."""
    is_many = isinstance(rows, np.ndarray) and rows.dtype != np.bool_ and len(rows) > _FEW
    if not is_many or name not in PARTS:
        return _COMPONENTS[name](packets, rows)
    columns, quotes = packets.columns, packets.quotes
    found = np.empty(len(rows), np.int64)
    with np.errstate(over="ignore"):
        given = Columns(*(getattr(columns, column) for column in Columns._fields))
        fill_part(PARTS.index(name), frozen(rows, np.int64), given, frozen(_twins()), found.view(np.uint64))
    if name == "seq":
        return _quoted(packets, rows, np.maximum(quotes.seq, 0), found)
    if name == "ack":
        return _quoted(packets, rows, np.maximum(quotes.payload_sum, 0), found)
    return _quoted(packets, rows, mixed(quotes.ip_id), found) if name == "detail" else found


def _keys_one_by_one(packets: PacketTable, rows: slice, exact: I64) -> tuple[I64, I64]:
    """Write the keys of some rows, component by component; return their ``seq`` and ``ack``."""
    exact[:] = mixed(*(_COMPONENTS[name](packets, rows) for name in _EXACT))
    return _seq(packets, rows), _ack(packets, rows)


def _keys_in_one_pass(packets: PacketTable, rows: slice, exact: I64) -> tuple[I64, I64]:
    """Do the same by the kernel."""
    columns, quotes = packets.columns, packets.quotes
    seq, ack = np.empty(len(exact), np.uint64), np.empty(len(exact), np.uint64)
    quoted = slice(*np.searchsorted(quotes.row, (rows.start, rows.stop)))
    with np.errstate(over="ignore"):  # products wrap on purpose; only seen when kernels run uncompiled
        exact_keys(
            columns.flags[rows],
            columns.proto[rows],
            columns.ip_id[rows],
            columns.frag_offset[rows],
            columns.payload_len[rows],
            columns.head_digest[rows].view(np.uint64),
            columns.seq[rows],
            columns.ack[rows],
            columns.tcp_flags[rows],
            columns.window[rows],
            columns.urgent[rows],
            columns.tsval[rows],
            columns.tsecr[rows],
            columns.sack_left[rows],
            columns.sack_right[rows],
            columns.icmp_type[rows],
            columns.icmp_code[rows],
            frozen(_twins()),
            frozen(quotes.row[quoted] - rows.start),
            quotes.seq[quoted],
            quotes.payload_sum[quoted],
            quotes.ip_id[quoted],
            exact.view(np.uint64),
            seq,
            ack,
        )
    return seq.view(np.int64), ack.view(np.int64)


def _evidence(packets: PacketTable, rows: slice, seq: I64, ack: I64, is_telling: Bool) -> F64:
    """Return the bits that equality of all components but the payload is worth.

    Numbers near 0 are what simulators and relative counters have, so a number counts its own magnitude. An IP ID that
    an ICMP error quotes counts like its own.
    """
    columns, quotes = packets.columns, packets.quotes
    bits = np.log2(seq + 1.0) + np.log2(ack + 1.0) + 12.0 * is_telling
    first, last = np.searchsorted(quotes.row, (rows.start, rows.stop))
    bits[quotes.row[first:last] - rows.start] += np.where(quotes.ip_id[first:last] > 0, 12.0, 0.0)
    has_stamp = (columns.flags[rows] & PacketFlag.HAS_TS) != 0
    if has_stamp.any():
        bits += np.where(has_stamp, np.log2(columns.tsval[rows] + 1.0) / 2, 0)
    return np.asarray(bits, np.float64)


def _rarity(packets: PacketTable) -> U8:
    """Return bits of payloads: at most 8 a byte and 40 in all, 0 for those sent more than twice, and for TCP."""
    columns = packets.columns
    worth = np.zeros(len(packets), np.uint8)
    rows = np.flatnonzero((columns.proto != TCP) | ((columns.flags & PacketFlag.TRANSPORT) == 0))
    head = _component("head", packets, rows)
    rows, head = rows[head != 0], head[head != 0]
    order = group_order(head)
    ordered = head[order]
    # Of a third one in a row all are sent more than twice.
    is_third = np.zeros(len(rows), np.bool_)
    is_third[2:] = ordered[2:] == ordered[:-2]
    is_often = is_third.copy()
    is_often[:-1] |= is_third[1:]
    is_often[:-2] |= is_third[2:]
    rare = rows[order[~is_often]]
    worth[rare] = np.minimum(40.0, 8.0 * columns.payload_len[rare])
    return worth


def _constant_senders(packets: PacketTable) -> Bool:
    """Return per tuple whether its sender repeats the IP ID of the packet before in more than half of four or more.

    Such a sender uses a constant; SPAN copies repeat every second one only. Fragments of one datagram share its
    identification, which then means something (RFC 6864 section 4.1).
    """
    count, columns = len(packets.tuples.sport), packets.columns
    last, seen, repeated = np.full(count, -1, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
    count_repeats(columns.tuple_id, columns.flags, columns.ip_id, last, seen, repeated)
    return np.asarray((seen >= 4) & (repeated * 2 > seen))


def _telling(packets: PacketTable, rows: slice, is_constant: Bool) -> Bool:
    """Return where the IP ID tells transmissions apart: not 0, and not a constant of that sender."""
    columns = packets.columns
    flags = columns.flags[rows]
    tells = ((flags & PacketFlag.HAS_IP_ID) != 0) & ((columns.ip_id[rows] & 0xFFFF) != 0)
    tells &= ~is_constant[columns.tuple_id[rows]] | ((flags & PacketFlag.FRAGMENT) != 0)
    return np.asarray(tells)


def _is_tcp(packets: PacketTable, rows: Rows) -> Bool:
    columns = packets.columns
    return np.asarray((columns.proto[rows] == TCP) & ((columns.flags[rows] & PacketFlag.TRANSPORT) != 0))


def _is_error(packets: PacketTable, rows: Rows) -> Bool:
    return np.asarray((packets.columns.flags[rows] & PacketFlag.ICMP_ERROR) != 0)


def _quoted(packets: PacketTable, rows: Rows, column: NDArray[Any], into: I64) -> I64:
    """Write what ICMP errors quote over ``into`` where the rows are such errors."""
    quotes = packets.quotes
    if len(quotes.row):
        row = np.arange(len(packets))[rows] if isinstance(rows, slice) else np.asarray(rows)
        row = np.flatnonzero(row) if row.dtype == np.bool_ else row
        at = np.minimum(np.searchsorted(quotes.row, row), len(quotes.row) - 1)
        is_quote = quotes.row[at] == row
        into[is_quote] = column[at[is_quote]]
    return into


def _ident(packets: PacketTable, rows: Rows) -> I64:
    """Return the IP IDs, -1 = none; a translator copies the low half of an IPv6 fragment's (RFC 7915 section 4.1)."""
    columns = packets.columns
    low = (columns.ip_id[rows] & 0xFFFF).astype(np.int64)
    return np.where((columns.flags[rows] & PacketFlag.HAS_IP_ID) != 0, low, -1)


def _seq(packets: PacketTable, rows: Rows) -> I64:
    """Return TCP, ICMP echo, ESP, AH or GRE sequence numbers and TSNs of SCTP, 0 = none.

    An ICMP error has that of the packet it quotes, left alone by NAT and NAT64 alike.
    """
    columns = packets.columns
    flags, proto = columns.flags[rows], columns.proto[rows]
    has_seq = (proto == TCP) | (((proto == ICMP) | (proto == ICMPV6)) & ((flags & PacketFlag.ICMP_ERROR) == 0))
    has_seq &= (flags & PacketFlag.TRANSPORT) != 0
    has_seq |= (flags & PacketFlag.NUMBERED) != 0
    seq = np.where(has_seq, columns.seq[rows].astype(np.int64), 0)
    return _quoted(packets, rows, np.maximum(packets.quotes.seq, 0), seq)


def _ack(packets: PacketTable, rows: Rows) -> I64:
    """Return TCP acknowledgement numbers (0 without ACK), SPIs, GRE keys, SCTP verification tags, else 0.

    An ICMP error has the payload sum of the packet it quotes.
    """
    columns = packets.columns
    has_ack = _is_tcp(packets, rows) & ((columns.tcp_flags[rows] & 16) != 0)
    has_ack |= (columns.flags[rows] & PacketFlag.NUMBERED) != 0
    ack = np.where(has_ack, columns.ack[rows].astype(np.int64), 0)
    return _quoted(packets, rows, np.maximum(packets.quotes.payload_sum, 0), ack)


def _twins() -> I64:
    """Return the ICMP type that each ICMPv6 type stands for."""
    twin = np.arange(256, dtype=np.int64)
    for theirs, ours in _ICMP_TWIN.items():
        twin[theirs] = ours
    return twin


def _shape(packets: PacketTable, rows: Rows) -> I64:
    """Return the hash of protocol, TCP flags (without ECE, CWR, AE) or ICMP type, fragment offset and MF.

    ICMPv6 echo and errors get the numbers of their ICMP twins, so that NAT64 changes nothing.
    """
    columns = packets.columns
    flags, proto, icmp_type = columns.flags[rows], columns.proto[rows], columns.icmp_type[rows]
    is_v6 = proto == ICMPV6
    is_icmp = ((proto == ICMP) | is_v6) & ((flags & PacketFlag.TRANSPORT) != 0)
    twin = np.where(is_v6, _twins()[icmp_type], icmp_type)
    # Codes of ICMP errors differ between the families; those of plain ICMP are left alone.
    is_error = (flags & PacketFlag.ICMP_ERROR) != 0
    kind = np.where(is_icmp, twin * 256 + np.where(is_error, 0, columns.icmp_code[rows]), 0)
    kind = np.where(_is_tcp(packets, rows), columns.tcp_flags[rows] & _TCP_FLAGS, kind)
    kind = np.where((flags & PacketFlag.NUMBERED) != 0, icmp_type, kind)
    cut = columns.frag_offset[rows].astype(np.int64) * 2 + ((flags & PacketFlag.MF) != 0)
    return mixed(np.where(is_v6, ICMP, proto), kind, cut)


def _length(packets: PacketTable, rows: Rows) -> NDArray[np.int32]:
    """Return payload lengths, int32; 0 for ICMP errors (translation may change it)."""
    return np.where(_is_error(packets, rows), np.int32(0), packets.columns.payload_len[rows])


def _first_bytes(packets: PacketTable, rows: Rows, length: NDArray[np.int32]) -> I64:
    """Return the digest of the first 32 payload bytes, 0 = no payload, or cut away."""
    return np.where(_is_error(packets, rows) | (length <= 0), 0, packets.columns.head_digest[rows])


def _body(packets: PacketTable, rows: Rows) -> I64:
    """Return the hash of the length and, without TCP, of the first bytes (a marker stands for them when cut away)."""
    length = _length(packets, rows)
    first = _first_bytes(packets, rows, length)
    is_silent = _is_tcp(packets, rows) | (length == 0)
    return mixed(length, np.where(is_silent, 0, np.where(first != 0, first, _CUT_AWAY)))


def _head(packets: PacketTable, rows: Rows) -> I64:
    """Return the hash of the first 32 payload bytes and the length; 0 = no payload, or cut away."""
    length = _length(packets, rows)
    first = _first_bytes(packets, rows, length)
    is_transport = (packets.columns.flags[rows] & PacketFlag.TRANSPORT) != 0
    return np.where(first != 0, mixed(length, first, _echo_side(packets, rows, is_transport)) | 1, 0)


def _opening(packets: PacketTable, rows: Rows) -> I64:
    """Return the hash of how datagrams begin, whatever their length: other vantages may hold them in another cut."""
    columns = packets.columns
    digest = columns.head_digest[rows]
    is_long = (columns.payload_len[rows] >= _HEAD_BYTES) & (digest != 0)
    is_other = (columns.flags[rows] & (PacketFlag.LATER_FRAGMENT | PacketFlag.ICMP_ERROR)) != 0
    name = mixed(columns.proto[rows], digest, _echo_side(packets, rows, np.True_)) | 1
    return np.where(is_long & ~_is_tcp(packets, rows) & ~is_other, name, 0)


def _echo_side(packets: PacketTable, rows: Rows, is_transport: Bool | np.bool_) -> I64:
    """Return 1 for ICMP echo requests, 2 for replies, else 0: a reply carries the bytes of its request."""
    proto, kinds = packets.columns.proto[rows], packets.columns.icmp_type[rows]
    is_icmp = ((proto == ICMP) | (proto == ICMPV6)) & is_transport
    side = 1 * ((kinds == 8) | (kinds == 128)) + 2 * ((kinds == 0) | (kinds == 129))
    return np.where(is_icmp, side, 0)


def _total(packets: PacketTable, rows: Rows) -> I64:
    """Return the payload sums that can be trusted: a wrong checksum says nothing of the payload."""
    columns = packets.columns
    is_known = (columns.flags[rows] & (PacketFlag.PAYLOAD_SUM_KNOWN | PacketFlag.ICMP_ERROR)) == (
        PacketFlag.PAYLOAD_SUM_KNOWN
    )
    is_known &= columns.l4_csum_state[rows] != ChecksumState.BAD
    return np.asarray(np.where(is_known, columns.payload_sum[rows], 0), np.int64)


def _stamp(packets: PacketTable, rows: Rows) -> I64:
    """Return the hash of TSval and TSecr; 0 = no TCP timestamps."""
    columns = packets.columns
    has_stamp = (columns.flags[rows] & PacketFlag.HAS_TS) != 0
    return np.where(has_stamp, mixed(columns.tsval[rows], columns.tsecr[rows]) | 1, 0)


def _detail(packets: PacketTable, rows: Rows) -> I64:
    """Return the hash of window and urgent pointer of TCP, of the IP ID that an ICMP error quotes, 0 for the rest."""
    columns = packets.columns
    detail = np.where(_is_tcp(packets, rows), mixed(columns.window[rows], columns.urgent[rows]), 0)
    return _quoted(packets, rows, mixed(packets.quotes.ip_id), detail)


def _sack(packets: PacketTable, rows: Rows) -> I64:
    """Return the hash of the first SACK block, 0 where there is none."""
    columns = packets.columns
    has_sack = _is_tcp(packets, rows) & ((columns.flags[rows] & PacketFlag.HAS_SACK) != 0)
    return np.where(has_sack, sack_hash(columns.sack_left[rows], columns.sack_right[rows]), 0)


def _is_bare(packets: PacketTable, rows: Rows) -> Bool:
    """Return where TCP has neither payload nor SYN, FIN or RST."""
    is_quiet = (packets.columns.tcp_flags[rows] & 0x07) == 0
    return np.asarray(_is_tcp(packets, rows) & (_length(packets, rows) == 0) & is_quiet)


def _mapping(packets: PacketTable, rows: Rows) -> I64:
    """Return the hash of the MPTCP mapping: bytes that another subflow sends again have another one (reinjection)."""
    return packets.columns.mapping[rows].astype(np.int64)


def _is_wrong(packets: PacketTable, rows: Rows) -> Bool:
    """Return where the transport checksum is wrong."""
    return np.asarray(packets.columns.l4_csum_state[rows] == ChecksumState.BAD)


_COMPONENTS: dict[str, Callable[[PacketTable, Rows], NDArray[Any]]] = {
    "shape": _shape,
    "ident": _ident,
    "seq": _seq,
    "ack": _ack,
    "length": _length,
    "body": _body,
    "head": _head,
    "opening": _opening,
    "total": _total,
    "stamp": _stamp,
    "detail": _detail,
    "sack": _sack,
    "is_bare": _is_bare,
    "mapping": _mapping,
    "is_wrong": _is_wrong,
}
_EXACT = ("ident", "seq", "ack", "shape", "body", "stamp", "detail", "sack")
