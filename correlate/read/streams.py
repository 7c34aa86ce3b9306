"""Bytes of a capture file, unpacked if it is packed.

In: a path, or ``-`` for standard input. Out: a stream that fills buffers and knows its position on disk.
Method: gzip (RFC 1952, any number of members), Zstandard (RFC 8878, any number of frames) and LZ4 (its frame format,
any number of frames) are told by their magic.
One small piece of packed input becomes output at a time, so a bomb costs time, not memory.
Not here: what the bytes mean.
"""

from __future__ import annotations

import io
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import attrs

from correlate.errors import UnreadableCapture
from correlate.read.storage import is_url, open_raw

GZIP_MAGIC = b"\x1f\x8b\x08"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
LZ4_MAGIC = b"\x04\x22\x4d\x18"
GZIP_PIECE = 64 * 1024
ZSTD_PIECE = 512
"""Packed bytes per step. A Zstandard block of 4 bytes may unpack to 128 KiB, and its unpacker returns all at once:
512 bytes bound the output of a step to 16 MiB."""
ZSTD_WINDOW = 128 * 1024 * 1024
"""Memory a frame may ask for; the limit of the ``zstd`` program without ``--long``."""

STANDARD_INPUT = "-"
EMPTY = memoryview(b"")


class ByteStream(Protocol):
    """What a window reads from."""

    fault: str
    """Why the stream ended before its proper end; empty if it did not."""
    is_cut: bool
    """The fault is that the file ends too early."""
    is_packed: bool
    """The bytes delivered are not those on disk."""

    @property
    def disk_position(self) -> int:
        """Bytes taken from the file on disk."""

    def readinto(self, target: memoryview) -> int:
        """Put bytes into ``target`` and return how many; 0 = the end, see ``fault``."""

    def seek(self, position: int) -> bool:
        """Go to a byte of the (unpacked) file; False = this stream only runs forward."""


@attrs.define
class PlainStream:
    """The bytes as they are on disk. A read error ends the stream."""

    raw: BinaryIO | io.RawIOBase
    head: bytes = b""
    """Bytes read to learn the format."""
    fault: str = ""
    is_cut: bool = False
    disk_position: int = 0
    is_packed: bool = False

    def readinto(self, target: memoryview) -> int:
        """Put bytes into ``target`` and return how many."""
        if self.head:
            count = min(len(self.head), len(target))
            target[:count] = self.head[:count]
            self.head = self.head[count:]
        else:
            try:
                count = self.raw.readinto(target) or 0  # type: ignore[union-attr]
            except OSError as error:
                self.fault = f"reading failed: {error.strerror or error}"
                return 0
        self.disk_position += count
        return count

    def seek(self, position: int) -> bool:
        """Go to a byte of the file; False = it is a pipe."""
        try:
            self.raw.seek(position)
        except (OSError, ValueError):
            return False
        self.head, self.disk_position, self.fault = b"", position, ""
        return True

    def read(self, count: int) -> bytes:
        """Return up to ``count`` bytes; empty at the end."""
        piece = bytearray(count)
        return bytes(piece[: self.readinto(memoryview(piece))])


@attrs.define
class _UnpackedStream:
    """What the packed formats have in common: parts that follow one another, each with its own unpacker."""

    source: PlainStream
    is_part: Callable[[bytes], bool]
    """Tells the magic of a part."""
    packed: memoryview = EMPTY
    """Input taken from disk that the unpacker has not seen."""
    unpacker: Any = None
    """None = between two parts."""
    fault: str = ""
    is_cut: bool = False
    is_packed: bool = True

    @property
    def disk_position(self) -> int:
        """Bytes taken from the file on disk."""
        return self.source.disk_position - len(self.packed)

    def seek(self, position: int) -> bool:
        """Return False: packed data only run forward."""
        del position
        return False

    def _refill(self, count: int) -> bool:
        """Make sure that ``count`` packed bytes are at hand; False = the file ends before."""
        while len(self.packed) < count:
            piece = self.source.read(GZIP_PIECE)
            if not piece:
                self.fault = self.source.fault
                return False
            self.packed = memoryview(bytes(self.packed) + piece)
        return True

    def _is_next_part(self) -> bool:
        """Tell whether another part follows; note what else follows."""
        self._refill(4)
        if self.fault or not any(self.packed):
            # Zeros after the last member are padding (tape blocks); gzip passes over them as well.
            return False
        head = bytes(self.packed[:4])
        if self.is_part(head):
            return True
        if any(magic.startswith(head) for magic in (GZIP_MAGIC, ZSTD_MAGIC, LZ4_MAGIC)):
            self._cut()
            return False
        self.fault = "bytes after the packed data are no part of it"
        return False

    def _skip_frame(self) -> bool:
        """Pass over a skippable frame: magic, length in 4 bytes, that many bytes (RFC 8878 section 3.1.2).

        LZ4 has the same.
        """
        if not self._refill(8):
            self._cut()
            return False
        left = 8 + int.from_bytes(self.packed[4:8], "little")
        while left > len(self.packed):
            left -= len(self.packed)
            self.packed = EMPTY
            if not self._refill(1):
                self._cut()
                return False
        self.packed = self.packed[left:]
        return True

    def _cut(self) -> int:
        self.fault = self.source.fault or "the packed data end too early"
        self.is_cut = not self.source.fault
        return 0


@attrs.define
class GzipStream(_UnpackedStream):
    """A gzip file, member after member."""

    def readinto(self, target: memoryview) -> int:
        """Put unpacked bytes into ``target`` and return how many."""
        while not self.fault:
            if self.unpacker is None:
                if not self._is_next_part():
                    return 0
                self.unpacker = zlib.decompressobj(wbits=31)
            if not self.packed and not self._refill(1):
                return self._cut()
            try:
                output = self.unpacker.decompress(self.packed, len(target))
            except zlib.error as error:
                self.fault = f"the packed data are damaged ({error})"
                return 0
            self.packed = memoryview(self.unpacker.unconsumed_tail)
            if self.unpacker.eof:
                self.packed = memoryview(self.unpacker.unused_data)
                self.unpacker = None
            if output:
                target[: len(output)] = output
                return len(output)
        return 0


@attrs.define
class ZstdStream(_UnpackedStream):
    """A Zstandard file, frame after frame; skippable frames hold nothing."""

    ready: memoryview = EMPTY
    """Unpacked bytes that did not fit yet."""

    def readinto(self, target: memoryview) -> int:
        """Put unpacked bytes into ``target`` and return how many."""
        while not self.ready:
            if self.fault or not self._step():
                return 0
        count = min(len(self.ready), len(target))
        target[:count] = self.ready[:count]
        self.ready = self.ready[count:]
        return count

    def _step(self) -> bool:
        """Unpack one piece; False = the end."""
        import zstandard  # noqa: PLC0415  -- only who reads such a file pays for it

        if self.unpacker is None:
            if not self._is_next_part():
                return False
            if self.packed[:4] != ZSTD_MAGIC:
                return self._skip_frame()
            self.unpacker = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()
        if not self.packed and not self._refill(1):
            self._cut()
            return False
        piece, self.packed = self.packed[:ZSTD_PIECE], self.packed[ZSTD_PIECE:]
        try:
            self.ready = memoryview(self.unpacker.decompress(piece))
        except zstandard.ZstdError as error:
            self.fault = f"the packed data are damaged ({str(error).removeprefix('zstd decompressor error: ')})"
            return False
        if self.unpacker.eof:
            self.packed = memoryview(self.unpacker.unused_data + bytes(self.packed))
            self.unpacker = None
        return True


@attrs.define
class Lz4Stream(_UnpackedStream):
    """An LZ4 file, frame after frame; skippable frames hold nothing."""

    def readinto(self, target: memoryview) -> int:
        """Put unpacked bytes into ``target`` and return how many."""
        import lz4.frame  # noqa: PLC0415  -- only who reads such a file pays for it

        while not self.fault:
            if self.unpacker is None:
                if not self._is_next_part():
                    return 0
                if self.packed[:4] != LZ4_MAGIC:
                    if not self._skip_frame():
                        return 0
                    continue
                self.unpacker = lz4.frame.LZ4FrameDecompressor()
            if self.unpacker.needs_input and not self.packed and not self._refill(1):
                return self._cut()
            piece, self.packed = bytes(self.packed), EMPTY
            try:
                output = self.unpacker.decompress(piece, max_length=len(target))
            except RuntimeError as error:
                self.fault = f"the packed data are damaged ({error})"
                return 0
            if self.unpacker.eof:
                self.packed = memoryview(self.unpacker.unused_data or b"")
                self.unpacker = None
            if output:
                target[: len(output)] = output
                return len(output)
        return 0


@contextmanager
def open_stream(path: str) -> Iterator[ByteStream]:
    """Open a file, or standard input for ``-``, and unpack it if it is packed.

    Raises
    ------
    UnreadableCapture
        If it cannot be opened or its first bytes cannot be read.
    """
    if path == STANDARD_INPUT:
        yield _unpacked(PlainStream(sys.stdin.buffer), path)
        return
    if not is_url(path) and Path(path).is_fifo():
        # Captures are read more than once, and opening a pipe that nobody writes to waits for ever.
        advice = f"Feed it in: `correlate - < {path}`."
        raise UnreadableCapture(where=path, what="this is a pipe, which can be read only once", advice=advice)
    try:
        raw = open_raw(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        advice = "Check the path and its permissions."
        if Path(path).is_dir():
            advice = "Name the capture files in it."
        raise UnreadableCapture(where=path, what=f"cannot be opened ({reason})", advice=advice) from None
    with raw:
        yield _unpacked(PlainStream(raw), path)


def _unpacked(plain: PlainStream, path: str) -> ByteStream:
    head = b""
    while len(head) < 4 and (piece := plain.read(4 - len(head))):
        head += piece
    if plain.fault:
        raise UnreadableCapture(where=path, what=plain.fault, advice="Copy the file from its source again.")
    plain.head, plain.disk_position = head, 0
    if _is_gzip(head):
        return GzipStream(plain, _is_gzip)
    if _is_zstd(head):
        return ZstdStream(plain, _is_zstd)
    if head == LZ4_MAGIC:
        return Lz4Stream(plain, _is_lz4)
    return plain


def _is_gzip(head: bytes) -> bool:
    return head[:3] == GZIP_MAGIC


def _is_zstd(head: bytes) -> bool:
    """Tell a frame or a skippable frame (RFC 8878 section 3.1)."""
    return head == ZSTD_MAGIC or _is_skippable(head)


def _is_lz4(head: bytes) -> bool:
    return head == LZ4_MAGIC or _is_skippable(head)


def _is_skippable(head: bytes) -> bool:
    return head[1:] == b"\x2a\x4d\x18" and head[0] >> 4 == 5
