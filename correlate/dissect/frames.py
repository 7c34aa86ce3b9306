"""Chunks of frames to columns of packets.

In: ``FrameChunk`` of ``read``. Out: ``PacketPart`` per chunk, ``PacketTable`` per vantage.
Method: one pass per layer over all frames of the chunk (it fits the cache), each pass a kernel that knows one layer.
Nothing a frame holds can raise: oddities become flags, stop reasons and counts.
Not here: defragmentation, connections.
"""

from __future__ import annotations

import functools
import itertools
import mmap
import typing
from typing import Any, NamedTuple

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.dissect.ip_kernel import read_ipv4, read_ipv6
from correlate.dissect.numbers_kernel import AH, ESP, GRE, SCTP, read_numbers
from correlate.dissect.options_kernel import read_options
from correlate.dissect.payload_kernel import read_payload
from correlate.dissect.quote_kernel import read_quotes
from correlate.dissect.transport_kernel import read_transport
from correlate.dissect.tuples import TupleInterner
from correlate.headers.tunnel_kernel import DPORT, KEY, KIND, SPORT
from correlate.headers.walk_kernel import (
    BEGIN,
    CARRIER,
    DEEP,
    LAYER_ROW,
    LAYER_SLOTS,
    OUTER_VERSION,
    PROTO,
    SOURCE,
    find_packets,
)
from correlate.model.arrays import I32, I64, U8, Columns, concatenate, freeze, frozen, take
from correlate.model.frames import NO_TIME, FrameChunk
from correlate.model.packets import (
    ICMPV6,
    FrameFate,
    PacketColumns,
    PacketFlag,
    PacketTable,
    QuoteColumns,
    StopReason,
)
from correlate.model.quic import NO_QUIC, QuicColumns
from correlate.model.tunnels import MAX_DEPTH


@attrs.frozen(kw_only=True)
class PacketPart:
    """Packets of one chunk; tuple numbers are those of the interner that was given."""

    columns: PacketColumns
    quotes: QuoteColumns
    """``row`` counts within this part; :func:`gather` makes it count within the table."""
    quic: QuicColumns
    """As ``quotes``."""
    counts: dict[FrameFate, int]
    """Frames of the chunk by what became of them, every fate a key; they add up to all frames."""

    def __len__(self) -> int:
        return len(self.columns.ts_ns)


_FIRST_LAYERS = 32 * MAX_DEPTH
"""Room for tunnel layers at first; doubled as needed."""


class _Found(NamedTuple):
    """Where the packets of a chunk are; positions in its data, one row per packet."""

    kept: I64
    l3: I64
    version: U8
    vlan: I32
    link_hash: NDArray[np.uint64]
    start: I64
    cap_end: I64
    """Where the packet's carrier ends, as captured and on the wire: the frame, or the tunnel it came in."""
    wire_end: I64
    layers: I64
    """Tunnel layers of all packets in order, slots of ``walk_kernel``."""


class _Ends(NamedTuple):
    """What a tuple number stands for, one row each."""

    source: I64
    """Position of the source address; the destination follows it."""
    version: U8
    proto: U8
    sport: I32
    dport: I32


def dissect_frames(chunk: FrameChunk, tuples: TupleInterner, file: int) -> PacketPart:
    """Turn the frames of a chunk into rows, one per IP packet, in record order.

    Parameters
    ----------
    chunk
        Its data is not kept.
    tuples
        Grows by the tuples that are new.
    file
        Index of the file within its vantage.

    Returns
    -------
    PacketPart
        ``interface`` is the file's own index.

    Notes
    -----
    Memory: about 150 bytes per packet.
    """
    data = frozen(chunk.data, np.uint8)
    with np.errstate(over="ignore"):  # 64-bit digests wrap on purpose; only seen when kernels run uncompiled
        found, counts = _find(chunk, data)
        out = _block(len(found.kept))
        l4, ip_end = _read_ip(data, found, out)
        sport, dport, payload = _read_upper(data, found, l4, ip_end, out)
        ends = _Ends(_source(found.l3, found.version), found.version, out.proto, sport, dport)
        quotes, quoted_ends = _read_quotes(data, payload, out)
        quic = tuples.quic.read(data, payload, out)
        quoted_id = _intern(data, tuples, found, ends, (quotes.row, quoted_ends), out)
    _place(chunk, file, found, payload, out)
    _place_outer(data, found, out)
    return PacketPart(columns=freeze(out), quotes=freeze(quotes._replace(tuple_id=quoted_id)), quic=quic, counts=counts)


def gather(parts: list[PacketPart], tuples: TupleInterner) -> PacketTable:
    """Join the parts of one vantage, in order, into its table.

    ``parts`` is emptied from its end, so that each part's memory goes back to the system as soon as it is copied: the
    peak is little more than one table.
    """
    packets = _zeros(PacketColumns, sum(len(part) for part in parts))
    quotes = _zeros(QuoteColumns, sum(len(part.quotes.row) for part in parts))
    packet_end, quote_end = len(packets.ts_ns), len(quotes.row)
    quic: list[QuicColumns] = [NO_QUIC]
    while parts:
        part = parts.pop()
        packet_start, quote_start = packet_end - len(part), quote_end - len(part.quotes.row)
        _copy(part.columns, packets, packet_start, packet_end)
        _copy(part.quotes, quotes, quote_start, quote_end)
        quotes.row[quote_start:quote_end] += packet_start
        if len(part.quic.row):
            quic.append(part.quic._replace(row=part.quic.row + packet_start))
        packet_end, quote_end = packet_start, quote_start
    tunnels = tuples.stacks.columns()
    return PacketTable(
        columns=freeze(packets),
        tuples=tuples.columns(),
        quotes=freeze(quotes),
        tunnels=tunnels,
        quic=concatenate(quic[::-1]),
    )


def _copy(columns: tuple[Any, ...], table: tuple[Any, ...], start: int, end: int) -> None:
    """Copy ``columns`` into rows ``start`` to ``end`` of ``table``."""
    for column, whole in zip(columns, table, strict=True):
        whole[start:end] = column


@functools.cache
def _dtypes(columns: type[tuple[Any, ...]]) -> tuple[np.dtype[Any], ...]:
    """Return the column dtypes of a NamedTuple: its annotations are ``NDArray[np.int64]`` and the like."""
    arrays = [typing.get_args(hint) for hint in typing.get_type_hints(columns).values()]
    return tuple(np.dtype(typing.get_args(dtype)[0]) for _shape, dtype in arrays)


def _zeros(columns: type[Columns], rows: int) -> Columns:
    """Return writable columns of zeros."""
    return columns(*(np.zeros(rows, dtype) for dtype in _dtypes(columns)))


def _block(rows: int) -> PacketColumns:
    """Return writable packet columns of zeros in one mapping of their own.

    Columns from the heap stay with the process after :func:`gather` has copied them (measured: twice the memory at
    the peak); a mapping goes back to the system with its last column.
    """
    if not rows:
        return _zeros(PacketColumns, 0)
    sizes = [-(-rows * dtype.itemsize // 64) * 64 for dtype in _dtypes(PacketColumns)]
    memory = mmap.mmap(-1, sum(sizes))
    starts = itertools.accumulate(sizes, initial=0)
    pairs = zip(_dtypes(PacketColumns), starts, strict=False)
    return PacketColumns(*(np.frombuffer(memory, dtype, rows, start) for dtype, start in pairs))


def _find(chunk: FrameChunk, data: U8) -> tuple[_Found, dict[FrameFate, int]]:
    """Find the IP header of each frame."""
    frames = chunk.columns
    count = len(frames.offset)
    link_types = _of_interface(chunk, np.array([interface.link_type for interface in chunk.interfaces], np.int32))
    fcs = _of_interface(chunk, np.array([interface.fcs_len for interface in chunk.interfaces], np.int32))
    # A frame check sequence is no part of the packet, and a frame cut short has none of it.
    wire_len = np.maximum(frames.wire_len - fcs, 0)
    cap_len = np.minimum(frames.cap_len, wire_len)
    start = frozen(frames.offset, np.int64)
    cap_end, wire_end = start + cap_len, start + wire_len
    kept, l3, version = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.uint8)
    vlan, link_hash = np.empty(count, np.int32), np.empty(count, np.uint64)
    layers, counts = np.empty((_FIRST_LAYERS, LAYER_SLOTS), np.int64), np.zeros(len(FrameFate), np.int64)
    progress = np.zeros(3, np.int64)
    where = kept, l3, version, vlan, link_hash
    while True:
        find_packets(data, start, cap_end, wire_end, link_types, progress, *where, layers, counts)
        if progress[0] == count:
            break
        layers = np.concatenate([layers, np.empty_like(layers)])
    rows = int(progress[1])
    if rows < count:
        kept = kept[:rows]
        start, cap_end, wire_end = start[kept], cap_end[kept], wire_end[kept]
    places = l3[:rows], version[:rows], vlan[:rows], link_hash[:rows]
    found = _Found(kept, *places, start, cap_end, wire_end, layers[: progress[2]])
    return freeze(found), {fate: int(counts[fate]) for fate in FrameFate}


def _of_interface(chunk: FrameChunk, values: I32) -> I32:
    """Return the value of each frame's interface."""
    if len(values) == 1:
        return frozen(np.full(len(chunk), values[0]))
    return frozen(values[chunk.columns.interface])


def _read_ip(data: U8, found: _Found, out: PacketColumns) -> tuple[I64, I64]:
    """Fill the IP columns; return the positions of IP payload and end of packet."""
    rows = len(found.kept)
    out.stop[found.layers[found.layers[:, DEEP] != 0, LAYER_ROW]] = StopReason.TOO_MANY_TUNNELS
    l4, ip_end = np.empty(rows, np.int64), np.empty(rows, np.int64)
    where = found.l3, found.cap_end, found.wire_end, found.version
    if np.any(found.version == 4):
        read_ipv4(data, *where, l4, ip_end, out)
    if np.any(found.version == 6):
        read_ipv6(data, *where, l4, ip_end, out)
    return frozen(l4), frozen(ip_end)


def _read_upper(data: U8, found: _Found, l4: I64, ip_end: I64, out: PacketColumns) -> tuple[I32, I32, I64]:
    """Fill transport and payload columns; return ports and payload positions."""
    rows = len(l4)
    ports = np.empty((2, rows), np.int32)
    sport, dport = ports
    payload, half_sum = np.empty(rows, np.int64), np.empty(rows, np.int64)
    where = found.l3, found.version, found.cap_end, l4, ip_end
    read_transport(data, *where, payload, sport, dport, half_sum, out)
    read_options(data, l4, ip_end, found.cap_end, out)
    others = np.flatnonzero(out.stop == StopReason.UNKNOWN_PROTOCOL)
    others = others[np.isin(out.proto[others], (GRE, ESP, AH, SCTP))]
    if len(others):
        read_numbers(data, frozen(others), l4, ip_end, found.cap_end, payload, ports, out)
    digests = out.digest.view(np.uint64), out.head_digest.view(np.uint64)
    read_payload(data, frozen(payload), found.cap_end, frozen(half_sum), *digests, out)
    return frozen(sport), frozen(dport), frozen(payload)


def _source(l3: I64, version: U8) -> I64:
    """Return the positions of the source addresses (RFC 791 section 3.1, RFC 8200 section 3)."""
    return frozen(l3 + np.where(version == 4, 12, 8), np.int64)


def _place(chunk: FrameChunk, file: int, found: _Found, payload: I64, out: PacketColumns) -> None:
    """Fill the columns that say where and when each packet was captured."""
    frames = chunk.columns
    kept = found.kept if len(found.kept) < len(frames.offset) else slice(None)
    for name in ("ts_ns", "interface", "cap_len", "wire_len"):
        getattr(out, name)[:] = getattr(frames, name)[kept]
    out.flags[out.ts_ns == NO_TIME] |= np.uint32(PacketFlag.NO_TIME)
    out.frame[:] = found.kept + chunk.first_frame
    out.file[:] = file
    out.l3_offset[:] = found.l3 - found.start
    out.payload_offset[:] = payload - found.start
    out.vlan[:] = found.vlan
    out.link_hash[:] = found.link_hash.view(np.int64)


def _place_outer(data: U8, found: _Found, out: PacketColumns) -> None:
    """Fill the columns that say what is around each packet (RFC 791 section 3.1, RFC 8200 section 3)."""
    rows, begin, at = (found.layers[:, slot] for slot in (LAYER_ROW, BEGIN, CARRIER))
    out.tunnel_bytes[rows] = found.l3[rows] - begin
    rows, at = rows[at >= 0], at[at >= 0]
    is_four = data[at] >> 4 == 4
    out.outer_ttl[rows] = np.where(is_four, data[at + 8], data[at + 7])
    out.outer_tos[rows] = np.where(is_four, data[at + 1], (data[at] << 4) | (data[at + 1] >> 4))
    out.outer_id[rows] = np.where(is_four, data[at + 4].astype(np.uint16) << 8 | data[at + 5], 0)


def _read_quotes(data: U8, payload: I64, out: PacketColumns) -> tuple[QuoteColumns, _Ends]:
    """Read the packets that ICMP errors quote, as far as they are captured."""
    rows = np.flatnonzero(out.flags & np.uint32(PacketFlag.ICMP_ERROR))
    count = len(rows)
    quotes = _zeros(QuoteColumns, count)
    kept, l3 = np.empty(count, np.int64), np.empty(count, np.int64)
    version, proto = np.empty(count, np.uint8), np.empty(count, np.uint8)
    sport, dport = np.empty(count, np.int32), np.empty(count, np.int32)
    if count:
        start = frozen(payload[rows])
        end = frozen(np.minimum(start + out.payload_cap[rows], _quote_end(data, start, out, rows)))
        count = read_quotes(data, start, end, kept, l3, version, proto, sport, dport, quotes)
    quotes = take(quotes, slice(count))._replace(row=rows[kept[:count]])
    return quotes, take(_Ends(_source(l3, version), version, proto, sport, dport), slice(count))


def _quote_end(data: U8, start: I64, out: PacketColumns, rows: I64) -> I64:
    """Return where the quotes end before ICMP extensions, by the length in the ICMP header (RFC 4884 section 4)."""
    is_six = out.proto[rows] == ICMPV6
    kind = out.icmp_type[rows]
    has_length = np.where(is_six, (kind == 1) | (kind == 3), (kind == 3) | (kind == 11) | (kind == 12))
    # The header's fifth byte counts 64-bit words in ICMPv6, its sixth 32-bit words in ICMP.
    length = np.where(is_six, data[start - 4].astype(np.int64) * 8, data[start - 3].astype(np.int64) * 4)
    return np.asarray(start + np.where(has_length & (length > 0), length, 1 << 17), np.int64)


def _intern(
    data: U8, tuples: TupleInterner, found: _Found, ends: _Ends, quoted: tuple[I64, _Ends], out: PacketColumns
) -> I32:
    """Fill tuple and tunnel numbers of the packets; return the tuples that the rows of ``quoted`` quote.

    The tuples of a packet's tunnel stand before its own and that of its quote right behind it: numbers must not depend
    on where the capture was cut into chunks.
    """
    at, quoted_ends = quoted
    layers = found.layers
    if not len(at) and not len(layers):
        out.tuple_id[:] = tuples.intern(data, *freeze(ends))
        return np.empty(0, np.int32)
    has_ends = layers[:, SOURCE] >= 0
    outer = layers[has_ends]
    outer_ends = [outer[:, slot] for slot in (SOURCE, OUTER_VERSION, PROTO, SPORT, DPORT)]
    order = np.argsort(np.concatenate([outer[:, LAYER_ROW], np.arange(len(ends.proto)), at]), kind="stable")
    parts: Any = zip(outer_ends, ends, quoted_ends, strict=True)
    columns: Any = (frozen(np.concatenate(part)[order], part[1].dtype) for part in parts)
    numbers = np.empty(len(order), np.int32)
    numbers[order] = tuples.intern(data, *columns)
    of_outer, out.tuple_id[:], of_quote = np.split(numbers, [len(outer), len(outer) + len(ends.proto)])
    of_layer = np.full(len(layers), -1, np.int64)
    of_layer[has_ends] = of_outer
    stacks = layers[:, LAYER_ROW], layers[:, KIND], of_layer, layers[:, KEY]
    out.tunnel[:] = tuples.stacks.intern(len(ends.proto), *(frozen(column) for column in stacks))
    return of_quote
