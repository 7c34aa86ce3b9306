"""Chunks of frames to columns of packets.

In: ``FrameChunk`` of ``read``. Out: ``PacketPart`` per chunk, ``PacketTable`` per vantage.
Method: one pass per layer over all frames of the chunk (it fits the cache), each pass a kernel that knows one layer.
Nothing a frame holds can raise: oddities become flags, stop reasons and counts.
Not here: defragmentation, connections.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs
import numpy as np

from correlate.dissect.packets_kernel import ERRORS, LONG_HEADERS, SHORT_HEADERS, read_packets
from correlate.dissect.quote_kernel import read_quotes
from correlate.dissect.room import Piece, Room, Scratch, first_rows, joined, zeros
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
from correlate.model.arrays import I32, I64, U8, concatenate, freeze, frozen, take
from correlate.model.frames import FrameChunk, FrameColumns
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

    piece: Piece
    """Where the columns lie."""
    quotes: QuoteColumns
    """``row`` counts within this part; :func:`gather` makes it count within the table."""
    quic: QuicColumns
    """As ``quotes``."""
    counts: dict[FrameFate, int]
    """Frames of the chunk by what became of them, every fate a key; they add up to all frames."""

    @property
    def columns(self) -> PacketColumns:
        """The packets, read-only; void after :func:`gather`."""
        return freeze(self.piece.columns())

    def __len__(self) -> int:
        return self.piece.end - self.piece.start


_FIRST_LAYERS = 32 * MAX_DEPTH
"""Room for tunnel layers at first; doubled as needed."""

_FATES = tuple(FrameFate)

_NO_QUOTES = zeros(QuoteColumns, 0)


class _Ends(NamedTuple):
    """What a tuple number stands for, one row each."""

    source: I64
    """Position of the source address; the destination follows it."""
    version: U8
    proto: U8
    sport: I32
    dport: I32


def dissect_frames(
    chunk: FrameChunk, tuples: TupleInterner, file: int, *, room: Room | None = None, base: int = 0
) -> PacketPart:
    """Turn the frames of a chunk into rows, one per IP packet, in record order.

    Parameters
    ----------
    chunk
        Its data is not kept.
    tuples
        Grows by the tuples that are new.
    file
        Index of the file within its vantage.
    room
        Where the rows are put, behind those of earlier chunks; None = somewhere of their own.
    base
        Added to the interface of every packet: interfaces of the files before.

    Returns
    -------
    PacketPart
        ``interface`` is the file's own index plus ``base``.

    Notes
    -----
    Memory: about 110 bytes per packet.
    """
    room = Room() if room is None else room
    data = frozen(chunk.data, np.uint8)
    frames = FrameColumns(*(frozen(column) for column in chunk.columns))
    where = room.scratch(len(chunk))
    out = room.reserve(len(chunk))
    seen = np.zeros(3, np.int64)
    with np.errstate(over="ignore"):  # 64-bit digests wrap on purpose; only seen when kernels run uncompiled
        rows, layers, counts = _find(chunk, data, frames, where)
        if rows < len(chunk):
            where, out = first_rows(where, rows), first_rows(out, rows)
        out.stop[layers[layers[:, DEEP] != 0, LAYER_ROW]] = StopReason.TOO_MANY_TUNNELS
        digests = out.digest.view(np.uint64), out.head_digest.view(np.uint64)
        read_packets(data, frames, chunk.first_frame, file, base, where, *digests, out, seen)
        quotes, quoted_ends = _read_quotes(data, where.payload, out) if seen[ERRORS] else (_NO_QUOTES, None)
        quic = tuples.quic.read(data, where.payload, out, (int(seen[LONG_HEADERS]), int(seen[SHORT_HEADERS])))
        quotes = _intern(data, tuples, where, layers, quotes, quoted_ends, out)
    if len(layers):
        _place_outer(data, where.l3, layers, out)
    return PacketPart(piece=room.keep(rows), quotes=quotes, quic=quic, counts=counts)


def gather(parts: list[PacketPart], tuples: TupleInterner) -> PacketTable:
    """Join the parts of one vantage, in order, into its table; ``parts`` is emptied.

    Parts that were put into one room lie together already: nothing is copied.
    """
    quotes, quic, row = [_NO_QUOTES], [NO_QUIC], 0
    for part in parts:
        if len(part.quotes.row):
            quotes.append(part.quotes._replace(row=part.quotes.row + row))
        if len(part.quic.row):
            quic.append(part.quic._replace(row=part.quic.row + row))
        row += len(part)
    columns = joined([part.piece for part in parts])
    parts.clear()
    return PacketTable(
        columns=freeze(columns),
        tuples=tuples.columns(),
        quotes=concatenate(quotes),
        tunnels=tuples.stacks.columns(),
        quic=concatenate(quic),
    )


def _find(chunk: FrameChunk, data: U8, frames: FrameColumns, where: Scratch) -> tuple[int, I64, dict[FrameFate, int]]:
    """Find the IP header of each frame; return the count of packets, their tunnel layers, and what frames were."""
    link_types = frozen([interface.link_type for interface in chunk.interfaces], np.int64)
    fcs = frozen([interface.fcs_len for interface in chunk.interfaces], np.int64)
    layers, counts = np.empty((_FIRST_LAYERS, LAYER_SLOTS), np.int64), np.zeros(len(FrameFate), np.int64)
    progress = np.zeros(3, np.int64)
    places = where.kept, where.l3, where.cap_end, where.wire_end, where.version, where.vlan, where.link_hash
    while True:
        find_packets(data, frames, link_types, fcs, progress, *places, layers, counts)
        if progress[0] == len(chunk):
            break
        layers = np.concatenate([layers, np.empty_like(layers)])
    return int(progress[1]), layers[: progress[2]], dict(zip(_FATES, counts.tolist(), strict=True))


def _source(l3: I64, version: U8) -> I64:
    """Return the positions of the source addresses (RFC 791 section 3.1, RFC 8200 section 3)."""
    return frozen(l3 + np.where(version == 4, 12, 8), np.int64)


def _place_outer(data: U8, l3: I64, layers: I64, out: PacketColumns) -> None:
    """Fill the columns that say what is around each packet (RFC 791 section 3.1, RFC 8200 section 3)."""
    rows, begin, at = (layers[:, slot] for slot in (LAYER_ROW, BEGIN, CARRIER))
    out.tunnel_bytes[rows] = l3[rows] - begin
    rows, at = rows[at >= 0], at[at >= 0]
    is_four = data[at] >> 4 == 4
    out.outer_ttl[rows] = np.where(is_four, data[at + 8], data[at + 7])
    out.outer_tos[rows] = np.where(is_four, data[at + 1], (data[at] << 4) | (data[at + 1] >> 4))
    out.outer_id[rows] = np.where(is_four, data[at + 4].astype(np.uint16) << 8 | data[at + 5], 0)


def _read_quotes(data: U8, payload: I64, out: PacketColumns) -> tuple[QuoteColumns, _Ends]:
    """Read the packets that ICMP errors quote, as far as they are captured."""
    rows = np.flatnonzero(out.flags & np.uint32(PacketFlag.ICMP_ERROR))
    count = len(rows)
    quotes = zeros(QuoteColumns, count)
    kept, l3 = np.empty(count, np.int64), np.empty(count, np.int64)
    version, proto = np.empty(count, np.uint8), np.empty(count, np.uint8)
    sport, dport = np.empty(count, np.int32), np.empty(count, np.int32)
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


def _intern(  # noqa: PLR0913, PLR0917 -- all that a chunk holds
    data: U8,
    tuples: TupleInterner,
    where: Scratch,
    layers: I64,
    quotes: QuoteColumns,
    quoted_ends: _Ends | None,
    out: PacketColumns,
) -> QuoteColumns:
    """Fill tuple and tunnel numbers of the packets; return the quotes with the tuples that they quote.

    The tuples of a packet's tunnel stand before its own and that of its quote right behind it: numbers must not depend
    on where the capture was cut into chunks.
    """
    ends = _Ends(where.source, where.version, out.proto, where.sport, where.dport)
    if quoted_ends is None and not len(layers):
        tuples.intern(data, *freeze(ends), out.tuple_id)
        return quotes
    quoted_ends = take(ends, slice(0)) if quoted_ends is None else quoted_ends
    has_ends = layers[:, SOURCE] >= 0
    outer = layers[has_ends]
    outer_ends = [outer[:, slot] for slot in (SOURCE, OUTER_VERSION, PROTO, SPORT, DPORT)]
    order = np.argsort(np.concatenate([outer[:, LAYER_ROW], np.arange(len(ends.proto)), quotes.row]), kind="stable")
    parts: Any = zip(outer_ends, ends, quoted_ends, strict=True)
    columns: Any = (frozen(np.concatenate(part)[order], part[1].dtype) for part in parts)
    numbers = np.empty(len(order), np.int32)
    numbers[order] = tuples.intern(data, *columns)
    of_outer, out.tuple_id[:], of_quote = np.split(numbers, [len(outer), len(outer) + len(ends.proto)])
    if len(layers):
        of_layer = np.full(len(layers), -1, np.int64)
        of_layer[has_ends] = of_outer
        stacks = layers[:, LAYER_ROW], layers[:, KIND], of_layer, layers[:, KEY]
        out.tunnel[:] = tuples.stacks.intern(len(ends.proto), *(frozen(column) for column in stacks))
    return freeze(quotes._replace(tuple_id=of_quote))
