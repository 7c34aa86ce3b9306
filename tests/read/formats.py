"""Capture files of other systems made byte by byte, and the plainest possible readers of them (the kernels' twins)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import strategies as st

from tests.read.captures import Record

START_NS = 1_600_000_000 * 10**9
FILETIME_1970 = 116_444_736_000_000_000
TRAILERS = {0: 0, 1: 2, 2: 6, 3: 15}


def snoop(rows: Sequence[Record], *, version: int = 2, link: int = 4, drops: int = 0, padding: int = 0) -> bytes:
    """RFC 1761."""
    parts = [b"snoop\0\0\0", struct.pack(">II", version, link)]
    for row in rows:
        seconds, rest = divmod(row.ts_ns or 0, 10**9)
        pad = -len(row.data) % 4 + padding
        total = 24 + len(row.data) + pad
        parts += [struct.pack(">6I", row.wire_len, len(row.data), total, drops, seconds, rest // 1000), row.data]
        parts.append(bytes(pad))
    return b"".join(parts)


def naive_snoop(data: bytes, limit: int) -> tuple[list[Record], bool]:
    """Return the records of bytes after the file header, and whether a damaged one ended them."""
    rows = []
    while len(data) >= 24:
        original, captured, total, _drops, seconds, micros = struct.unpack_from(">6I", data)
        if captured > limit or total > 24 + 2 * limit or captured > total - 24:
            return rows, True
        if len(data) < total:
            break
        wire_len = min(max(captured, original), 2**31 - 1)
        rows.append(Record(seconds * 10**9 + micros * 1000, data[24 : 24 + captured], wire_len))
        data = data[total:]
    return rows, False


def netmon(
    rows: Sequence[Record],
    *,
    version: tuple[int, int] = (2, 0),
    network: int = 1,
    networks: Sequence[int] | None = None,
    order: Sequence[int] | None = None,
    start_ns: int = START_NS,
    hole: int = 0,
) -> bytes:
    """Frames lie in the file as given; ``order`` is the frame table's. ``hole`` bytes lie between frames."""
    major, minor = version
    parts, table = [bytes(128)], []
    at = 128
    for index, row in enumerate(rows):
        delta = (row.ts_ns or 0) - start_ns
        if major == 1:
            head = struct.pack("<IHH", delta // 1_000_000, min(row.wire_len, 65535), len(row.data))
            tail = b""
        else:
            head = struct.pack("<qII", delta // 1000, row.wire_len, len(row.data))
            kind = networks[index] if networks else network
            filetime = (row.ts_ns or 0) // 100 + FILETIME_1970
            tail = (struct.pack("<HIqB", kind, 0, filetime, 0))[: TRAILERS[minor]]
        record = bytes(hole) + head + row.data + tail
        table.append(at + hole)
        at += len(record)
        parts.append(record)
    chosen = [table[index] for index in (order or range(len(table)))]
    start = datetime.fromtimestamp(start_ns // 10**9, UTC)
    header = struct.pack(
        "<4sBBH8HII",
        b"RTSS" if major == 1 else b"GMBU",
        minor,
        major,
        network,
        start.year,
        start.month,
        0,
        start.day,
        start.hour,
        start.minute,
        start.second,
        start_ns // 1_000_000 % 1000,
        at,
        4 * len(chosen),
    )
    parts[0] = header.ljust(128, b"\0")
    return b"".join(parts) + struct.pack(f"<{len(chosen)}I", *chosen)


def naive_netmon(data: bytes, trailer: int, limit: int) -> tuple[list[tuple[int, bytes, int]], bool]:
    """Return (ticks, data, original length) of 2.x frames that follow one another, and whether damage ended them."""
    rows: list[tuple[int, bytes, int]] = []
    while len(data) >= 16:
        ticks, original, captured = struct.unpack_from("<qII", data)
        if captured > limit:
            return rows, True
        if len(data) < 16 + captured + trailer:
            break
        if trailer >= 14:
            ticks = struct.unpack_from("<q", data, 16 + captured + 6)[0]
        rows.append((ticks, data[16 : 16 + captured], min(max(captured, original), 2**31 - 1)))
        data = data[16 + captured + trailer :]
    return rows, False


def erf(rows: Sequence[Record], *, kind: int = 2, port: int = 0, extensions: int = 0, lost: int = 0) -> bytes:
    """Endace ERF; stamps are rounded to 2**-32 s."""
    parts = []
    before = b"\0\0" if kind in (2, 11, 16, 20) else b""
    for row in rows:
        seconds, rest = divmod(row.ts_ns or 0, 10**9)
        ticks = (seconds << 32) + (rest << 32) // 10**9
        more = b"".join(bytes([0x80 if index < extensions - 1 else 0]) + bytes(7) for index in range(extensions))
        total = 16 + len(more) + len(before) + len(row.data)
        first = kind | (0x80 if extensions else 0)
        parts += [struct.pack("<QBB", ticks, first, 4 | port), struct.pack(">HHH", total, lost, row.wire_len)]
        parts += [more, before, row.data]
    return b"".join(parts)


def naive_erf(data: bytes) -> tuple[list[tuple[int, int, bytes, int]], bool]:
    """Return (type, ticks, data, original length) of records, and whether a damaged one ended them."""
    rows: list[tuple[int, int, bytes, int]] = []
    while len(data) >= 16:
        ticks, kind, _flags = struct.unpack_from("<QBB", data)
        total, _lost, original = struct.unpack_from(">HHH", data, 10)
        if total < 16 or (total == 16 and kind != 48):
            return rows, True
        if len(data) < total:
            break
        at, more = 16, kind
        while more & 0x80 and at + 8 <= total:
            more, at = data[at], at + 8
        number = kind & 0x7F
        at += 2 if number in (2, 11, 16, 20) else 4 if number in (5, 6, 7, 8, 9, 12, 17, 18) else 0
        if more & 0x80 or at > total:
            return rows, True
        if kind != 48:
            rows.append((number, ticks, data[at:total][:original], original))
        data = data[total:]
    return rows, False


def records_since(start_ns: int, unit_ns: int, span: int = 1000) -> st.SearchStrategy[list[Record]]:
    """Records whose stamps are whole units within ``span`` s of a start."""
    one = st.builds(
        lambda ticks, data, extra: Record(start_ns + ticks * unit_ns, data, len(data) + extra),
        st.integers(0, span * 10**9 // unit_ns),
        st.binary(min_size=1, max_size=60),
        st.sampled_from([0, 0, 1, 1400]),
    )
    return st.lists(one, min_size=1, max_size=12)
