"""Capture files made byte by byte, and the plainest possible readers of them (the kernels' twins)."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import lz4.frame
import zstandard
from hypothesis import strategies as st

from correlate.model.frames import Interface, Problem
from correlate.read import read_frames

REAL = Path(__file__).parents[3] / "shared" / "captures"


class Record(NamedTuple):
    ts_ns: int | None
    data: bytes
    wire_len: int
    interface: int = 0


class Whole(NamedTuple):
    """All chunks of a file put together."""

    records: list[Record]
    interfaces: tuple[Interface, ...]
    problems: list[Problem]


def records(*, tick_ns: int = 1000, max_data: int = 60, max_size: int = 12) -> st.SearchStrategy[list[Record]]:
    one = st.builds(
        lambda ticks, data, extra: Record(ticks * tick_ns, data, len(data) + extra),
        st.integers(0, 2**31 * 10**9 // tick_ns),
        st.binary(max_size=max_data),
        st.sampled_from([0, 0, 1, 1400]),
    )
    return st.lists(one, max_size=max_size)


def pcap(
    rows: Sequence[Record],
    *,
    order: str = "<",
    magic: int = 0xA1B2C3D4,
    version: tuple[int, int] = (2, 4),
    link: int = 1,
    snaplen: int = 65535,
    extra: bytes = b"",
) -> bytes:
    """``extra`` = what a variant puts behind each record header."""
    unit = 1 if magic == 0xA1B23C4D else 1000
    parts = [struct.pack(f"{order}IHHiIII", magic, *version, 0, 0, snaplen, link)]
    for row in rows:
        seconds, rest = divmod(row.ts_ns or 0, 10**9)
        parts += [struct.pack(f"{order}IIII", seconds, rest // unit, len(row.data), row.wire_len), extra, row.data]
    return b"".join(parts)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    total = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + total + body + total


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order: str = "<", version: tuple[int, int] = (1, 0)) -> bytes:
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, *version, -1), order)


def interface(order: str = "<", *, link: int = 1, snaplen: int = 0, options: bytes = b"") -> bytes:
    return block(1, struct.pack(f"{order}HHI", link, 0, snaplen) + options, order)


def packet(row: Record, order: str = "<", *, unit_ns: int = 1000, options: bytes = b"") -> bytes:
    ticks = (row.ts_ns or 0) // unit_ns
    head = struct.pack(f"{order}5I", row.interface, ticks >> 32, ticks & 0xFFFFFFFF, len(row.data), row.wire_len)
    return block(6, head + row.data + bytes(-len(row.data) % 4) + options, order)


def pcapng(rows: Sequence[Record], *, order: str = "<", unit_ns: int = 1000) -> bytes:
    resolution = option(9, b"\x09", order) if unit_ns == 1 else b""
    parts = [section(order), interface(order, options=resolution)]
    return b"".join(parts + [packet(row, order, unit_ns=unit_ns) for row in rows])


def gzipped(data: bytes) -> bytes:
    """In two members."""
    half = len(data) // 2
    return gzip.compress(data[:half], 1) + gzip.compress(data[half:], 1)


def zstandarded(data: bytes) -> bytes:
    """In two frames, with a skippable frame before them."""
    half = len(data) // 2
    press = zstandard.ZstdCompressor().compress
    return b"\x50\x2a\x4d\x18\x03\0\0\0abc" + press(data[:half]) + press(data[half:])


def lz4ed(data: bytes) -> bytes:
    """In two frames, with a skippable frame between them."""
    half = len(data) // 2
    return lz4.frame.compress(data[:half]) + b"\x5f\x2a\x4d\x18\x03\0\0\0abc" + lz4.frame.compress(data[half:])


def whole(path: Path, *, chunk_bytes: int = 4096, is_resuming: bool = False) -> Whole:
    """Read a file and put its chunks together, checking what holds for every chunk."""
    rows: list[Record] = []
    problems: list[Problem] = []
    interfaces: tuple[Interface, ...] = ()
    position = 0
    for chunk in read_frames(path, chunk_bytes=chunk_bytes, is_resuming=is_resuming):
        assert chunk.first_frame == len(rows) + 1
        assert chunk.interfaces[: len(interfaces)] == interfaces or len(chunk.interfaces) >= len(interfaces)
        assert position <= chunk.bytes_read <= path.stat().st_size
        interfaces, position = chunk.interfaces, chunk.bytes_read
        problems += chunk.problems
        for offset, cap_len, wire_len, ts_ns, index in zip(*(c.tolist() for c in chunk.columns), strict=True):
            assert 0 <= cap_len <= wire_len
            assert offset + cap_len <= len(chunk.data)
            assert index < len(interfaces)
            stamp = None if ts_ns == -(2**63) else ts_ns
            rows.append(Record(stamp, chunk.data[offset : offset + cap_len].tobytes(), wire_len, index))
    return Whole(rows, interfaces, problems)


def naive_pcap(data: bytes, order: str, unit_ns: int, limit: int) -> tuple[list[Record], bool]:
    """Return the records of bytes after a pcap header, and whether a damaged one ended them."""
    rows = []
    at = 0
    while at + 16 <= len(data):
        seconds, fraction, captured, original = struct.unpack_from(f"{order}4I", data, at)
        if captured > limit:
            return rows, True
        if at + 16 + captured > len(data):
            break
        stamp = seconds * 10**9 + fraction * unit_ns
        wire_len = min(max(captured, original), 2**31 - 1)
        rows.append(Record(stamp, data[at + 16 : at + 16 + captured], wire_len))
        at += 16 + captured
    return rows, False


def naive_packet_blocks(data: bytes, order: str, interfaces: int, limit: int) -> tuple[list[Record], bool]:
    """Return the packets of pcapng blocks up to the first special one (ticks as stamps), and whether damage ended them."""
    rows: list[Record] = []
    at = 0
    while at + 12 <= len(data):
        kind, total = struct.unpack_from(f"{order}II", data, at)
        if kind == 0x0A0D0D0A:
            total = int.from_bytes(data[at + 4 : at + 8], "big" if data[at + 8] == 0x1A else "little")
        if total < 12 or total % 4 or total > 2**24:
            return rows, True
        if at + total > len(data) or kind in (0x0A0D0D0A, 1, 5):
            break
        if struct.unpack_from(f"{order}I", data, at + total - 4)[0] != total:
            return rows, True
        body = data[at + 8 : at + total - 4]
        row = _naive_packet(kind, body, order, interfaces, limit)
        if row is None:
            return rows, True
        rows += row
        at += total
    return rows, False


def _naive_packet(kind: int, body: bytes, order: str, interfaces: int, limit: int) -> list[Record] | None:
    if kind in (0xBAD, 0x40000BAD, 9, 0x204, 0x208, 0x216, 0x217, 0x221, 0x222):
        return [Record(None, b"", 0, 99)]
    if kind == 3:
        if len(body) < 4 or interfaces == 0:
            return None
        original = struct.unpack_from(f"{order}I", body)[0]
        data = body[4 : 4 + original]
        return [Record(None, data, min(original, 2**31 - 1), 0)] if len(data) <= limit else None
    if kind not in (2, 6):
        return []
    if len(body) < 20:
        return None
    number, high, low, captured, original = struct.unpack_from(f"{order}5I", body)
    if kind == 2:
        number = struct.unpack_from(f"{order}H", body)[0]
    if number >= interfaces or captured > limit or captured > len(body) - 20:
        return None
    wire_len = min(max(captured, original), 2**31 - 1)
    return [Record(high << 32 | low, body[20 : 20 + captured], wire_len, number)]
