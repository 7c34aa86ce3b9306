"""Fragments of one vantage, as datagrams.

**In:** packets of one vantage. **Out:** ``Fragments``: which rows are pieces of one datagram, and which of its bytes.
**Method:** RFC 791 section 3.2: same hosts, protocol and identification; an identification used again after 60 s (the
usual reassembly limit) is another datagram. Bytes count from the first one after the transport header, as those of a
whole packet do; how long that header is shows in the first fragment beside a later one. Nothing is put together: a
fragment is four numbers, so memory and time are bounded by the capture. Pieces that overlap without being equal are
forged or broken (RFC 5722) and count for nothing.
**Not here:** pieces of the same bytes at other vantages (``ranges.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from correlate.model.arrays import I64, Bool
from correlate.model.packets import TCP, PacketFlag, PacketTable

_REASSEMBLY_NS = 60 * 10**9
_FIXED_HEADERS = {17: 8, 1: 8, 58: 8}
"""Transport headers of fixed length, bytes: UDP, ICMP, ICMPv6."""


class Fragments(NamedTuple):
    """One entry per fragment of a capture, by datagram and first byte."""

    row: I64
    datagram: I64
    first_row: I64
    """Row of the datagram's first fragment; -1 = not captured."""
    start: I64
    """First byte, counted from the end of the transport header."""
    end: I64
    is_trusted: Bool
    """Of a datagram whose pieces do not overlap, and where it is known where its bytes begin."""
    is_whole: Bool
    """The capture holds the whole datagram."""


def find_fragments(packets: PacketTable) -> Fragments:
    """Return the fragments of a capture. Cost O(n + f log f) for f fragments."""
    columns = packets.columns
    rows = np.flatnonzero((columns.flags & PacketFlag.FRAGMENT) != 0)
    datagram = _number(packets, rows)
    is_later = columns.frag_offset[rows] > 0
    count = int(datagram.max(initial=-1)) + 1
    first_row = np.full(count, -1, np.int64)
    # Backwards, so that the first of equal fragments stands.
    first_row[datagram[~is_later][::-1]] = rows[~is_later][::-1]
    header, is_sure = _header_lengths(packets, rows, datagram, first_row)
    start = np.where(is_later, columns.frag_offset[rows].astype(np.int64) * 8 - header[datagram], 0)
    end = start + columns.payload_len[rows].astype(np.int64)
    order = np.lexsort((rows, end, start, datagram))
    rows, datagram, start, end = rows[order], datagram[order], start[order], end[order]
    is_overlapping, is_whole = _state(packets, rows, datagram, start, end)
    is_sure &= ~is_overlapping
    is_sure[datagram[start < 0]] = False
    return Fragments(
        row=rows,
        datagram=datagram,
        first_row=first_row[datagram],
        start=start,
        end=end,
        is_trusted=is_sure[datagram],
        is_whole=is_whole[datagram],
    )


def incomplete_fragments(packets: PacketTable, are_candidates: Callable[[], Bool]) -> Bool:
    """Return which candidate rows are fragments of a datagram that this capture does not hold whole."""
    result = np.zeros(len(packets), np.bool_)
    found = find_fragments(packets)
    if not len(found.row):
        return result
    result[found.row[~found.is_whole]] = True
    return result & are_candidates()


def _number(packets: PacketTable, rows: I64) -> I64:
    """Return a datagram number per fragment."""
    columns, tuples = packets.columns, packets.tuples
    datagram = np.zeros(len(rows), np.int64)
    if not len(rows):
        return datagram
    hosts = np.ascontiguousarray(np.concatenate([tuples.src, tuples.dst, tuples.proto[:, None]], axis=1))
    _, pair = np.unique(hosts.view("V33").ravel(), return_inverse=True)
    key = pair[columns.tuple_id[rows]].astype(np.int64) << 32 | columns.ip_id[rows].astype(np.int64)
    order = np.lexsort((columns.ts_ns[rows], key))
    key, stamp = key[order], columns.ts_ns[rows][order]
    is_new = np.concatenate([[True], (key[1:] != key[:-1]) | (np.diff(stamp) > _REASSEMBLY_NS)])
    datagram[order] = np.cumsum(is_new) - 1
    return datagram


def _header_lengths(packets: PacketTable, rows: I64, datagram: I64, first_row: I64) -> tuple[I64, Bool]:
    """Return the transport header's length of each datagram, bytes, and whether it is sure.

    Where a payload starts within its frame, less the same of a later fragment, is the header that only the first has.
    """
    columns = packets.columns
    before = columns.payload_offset[rows].astype(np.int64) - columns.l3_offset[rows]
    later, first = np.full(len(first_row), -1, np.int64), np.full(len(first_row), -1, np.int64)
    is_later = columns.frag_offset[rows] > 0
    later[datagram[is_later]] = before[is_later]
    first[datagram[~is_later]] = before[~is_later]
    proto = np.zeros(len(first_row), np.int64)
    proto[datagram] = columns.proto[rows]
    fixed = np.zeros(256, np.int64)
    for number, length in _FIXED_HEADERS.items():
        fixed[number] = length
    is_shown = (later >= 0) & (first >= 0)
    # Not every IP option stands in every fragment (RFC 791 section 3.1).
    is_plain = np.ones(len(first_row), np.bool_)
    is_plain[datagram[(columns.flags[rows] & PacketFlag.IP_OPTIONS) != 0]] = False
    return np.where(is_shown, first - later, fixed[proto]), is_plain & (is_shown | (proto != TCP))


def _state(packets: PacketTable, rows: I64, datagram: I64, start: I64, end: I64) -> tuple[Bool, Bool]:
    """Return per datagram whether pieces overlap without being equal, and whether it is all there."""
    count = int(datagram.max(initial=-1)) + 1
    if not count:
        return np.zeros(0, np.bool_), np.zeros(0, np.bool_)
    is_first = np.concatenate([[True], datagram[1:] != datagram[:-1]])
    # Highest byte before each piece; datagrams are kept apart by more than any datagram is long.
    apart = datagram << 20
    reached = np.maximum.accumulate(end + apart) - apart
    before = np.where(is_first, 0, np.concatenate([[0], reached[:-1]]))
    is_again = ~is_first & (start == np.concatenate([[0], start[:-1]])) & (end == np.concatenate([[0], end[:-1]]))
    overlaps = np.zeros(count, np.bool_)
    overlaps[datagram[(start < before) & ~is_again & ~is_first]] = True
    has_gap = np.zeros(count, np.bool_)
    has_gap[datagram[start > before]] = True
    has_gap[datagram[is_first & (packets.columns.frag_offset[rows] > 0)]] = True
    is_last = (packets.columns.flags[rows] & PacketFlag.MF) == 0
    has_last = np.bincount(datagram[is_last], minlength=count) > 0
    return overlaps, has_last & ~has_gap & ~overlaps
