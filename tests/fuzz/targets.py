"""What is fuzzed: functions that take any bytes and must come to an end without an exception.

**In:** bytes. **Out:** nothing; an assert that fails is a finding.
**Method:** readers get a whole file, dissectors a link type and frames of any length. Laws of the types are asserted:
whatever a file claims, rows point into the chunk and every frame is counted once.
**Not here:** the engine (``__main__.py``).
"""

from __future__ import annotations

import gzip
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import numpy as np
import zstandard

from correlate.dissect import TupleInterner, dissect_frames, gather
from correlate.errors import UnreadableCapture
from correlate.model.arrays import frozen
from correlate.model.frames import FrameChunk, FrameColumns, Interface
from correlate.privacy import Rewriter
from correlate.read import read_frames
from correlate.write import PcapngWriter

FOLDER = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())
CHUNK_BYTES = 512
"""Small, so that records straddle chunks."""
REWRITER = Rewriter.from_key(bytes(32))
LINKS = (0, 1, 9, 12, 50, 101, 104, 108, 113, 228, 229, 276)
KEPT = (
    "frame",
    "l3_offset",
    "payload_offset",
    "payload_len",
    "payload_cap",
    "vlan",
    "proto",
    "flags",
    "stop",
    "ip_len",
)
"""Columns that anonymizing leaves alone."""
MEDIA = (
    6,
    7,
    8,
    10,
    51,
    100,
    105,
    107,
    109,
    117,
    119,
    122,
    123,
    127,
    129,
    138,
    149,
    163,
    166,
    178,
    192,
    226,
    239,
    240,
    242,
    258,
    284,
    285,
)
"""Links beyond the common ones."""


def read(data: bytes) -> None:
    """Read a file with these bytes, as it is and as ``repair`` does, and write what was read."""
    path = FOLDER / f"correlate-fuzz-{os.getpid()}"
    path.write_bytes(data)
    for is_resuming in (False, True):
        frames = 0
        writer = PcapngWriter(io.BytesIO(), "fuzzed")
        try:
            for chunk in read_frames(str(path), chunk_bytes=CHUNK_BYTES, is_resuming=is_resuming):
                check(chunk, len(data))
                assert chunk.first_frame == frames + 1
                frames += len(chunk)
                writer.add(chunk)
            writer.finish()
        except UnreadableCapture as error:
            one_line = "\n" not in str(error)
            assert one_line


def check(chunk: FrameChunk, size: int) -> None:
    """Assert what holds for every chunk, whatever the file claims."""
    columns = chunk.columns
    end = columns.offset + columns.cap_len
    assert (columns.cap_len >= 0).all()
    assert (columns.offset >= 0).all()
    assert (end <= len(chunk.data)).all()
    assert (columns.wire_len >= columns.cap_len).all()
    assert (columns.interface >= 0).all()
    assert (columns.interface < len(chunk.interfaces)).all()
    assert chunk.bytes_read <= size


def as_format(magic: bytes) -> Callable[[bytes], None]:
    """Return the target of one format: its magic stands, so that no time is lost on finding it."""

    def target(data: bytes) -> None:
        read(magic + data)

    return target


def packed(data: bytes) -> None:
    """Read what is packed: damaged packing around a file, or sound packing around damage."""
    if not data:
        return
    kind, rest = data[0], data[1:]
    if kind & 8:
        press = (gzip.compress, zstandard.ZstdCompressor().compress, lz4.frame.compress)[kind % 3]
        read(press(b"\xd4\xc3\xb2\xa1\x02\0\x04\0" + rest))
        return
    read((b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")[kind % 3] + rest)


def dissect(data: bytes) -> None:
    """Dissect frames: one byte of link type, one of the frames' length, then their bytes."""
    chunk = chunk_of(data, (*LINKS, *MEDIA))
    if chunk is None:
        return
    count = len(chunk)
    tuples = TupleInterner()
    part = dissect_frames(chunk, tuples, 0)
    assert sum(part.counts.values()) == count
    assert len(np.unique(part.columns.frame)) <= count
    table = gather([part], tuples)
    columns = table.columns
    assert (columns.payload_cap >= 0).all()
    assert (columns.payload_cap <= columns.payload_len).all()
    assert (columns.tuple_id >= 0).all()
    assert (columns.tuple_id < len(table.tuples.proto)).all()
    assert (table.quotes.row < max(1, len(table))).all()


def chunk_of(data: bytes, links: tuple[int, ...]) -> FrameChunk | None:
    """Return frames made of bytes: one byte of link type, one of the frames' length, then their bytes."""
    if len(data) < 3:
        return None
    link, step = links[data[0] % len(links)], max(1, data[1])
    body = data[2:]
    offset = np.arange(0, len(body), step, dtype=np.int64)
    cap_len = np.minimum(step, len(body) - offset).astype(np.int32)
    return FrameChunk(
        data=frozen(np.frombuffer(body, np.uint8)),
        columns=FrameColumns(
            frozen(offset),
            frozen(cap_len),
            frozen(cap_len + (data[0] >> 4)),
            frozen(np.arange(len(offset), dtype=np.int64)),
            frozen(np.zeros(len(offset), np.int32)),
        ),
        interfaces=(Interface(link_type=link, snaplen=0, fcs_len=4 * (data[1] & 1)),),
        first_frame=1,
        bytes_read=len(body),
    )


def anonymize(data: bytes) -> None:
    """Rewrite frames; what dissection says of them is as before."""
    chunk = chunk_of(data, (*LINKS, *MEDIA))
    if chunk is None:
        return
    new = REWRITER.rewrite(chunk)
    assert len(new.data) == len(chunk.data)
    before, after = (dissect_frames(one, TupleInterner(), 0) for one in (chunk, new))
    assert before.counts == after.counts
    for name in KEPT:
        assert np.array_equal(getattr(before.columns, name), getattr(after.columns, name)), name


TARGETS: dict[str, Callable[[bytes], None]] = {
    "pcap": as_format(b"\xd4\xc3\xb2\xa1"),
    "pcapng": as_format(b"\x0a\x0d\x0d\x0a"),
    "snoop": as_format(b"snoop\0\0\0"),
    "netmon": as_format(b"GMBU"),
    "erf": read,
    "packed": packed,
    "dissect": dissect,
    "anonymize": anonymize,
}
"""Name -> target. ``erf`` has no magic: it is the target of any bytes at all."""
