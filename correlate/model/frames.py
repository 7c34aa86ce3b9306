"""Records of a capture file, before anything is known of their content.

In: made by ``read``. Out: used by ``dissect``.
Method: one chunk = one reused buffer of bytes plus columns that point into it; a capture is a stream of chunks.
Not here: packets (``model/packets.py``), what a whole capture is (``model/vantage.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import attrs

from correlate.model.arrays import I32, I64, U8


class FrameColumns(NamedTuple):
    """One row per record of the chunk, in record order."""

    offset: I64
    """First byte of the frame in ``FrameChunk.data``."""
    cap_len: I32
    """Captured bytes, all of them in ``data``."""
    wire_len: I32
    """Bytes on the wire as the record says; never below ``cap_len`` (a lying record is raised to it)."""
    ts_ns: I64
    """Capture clock, Unix nanoseconds; simple packet blocks have no time stamp: ``NO_TIME``."""
    interface: I32
    """Index into ``FrameChunk.interfaces``."""


NO_TIME: int = -(2**63)
"""``ts_ns`` of a record that carries no time stamp (pcapng simple packet block)."""


@attrs.frozen(kw_only=True)
class Interface:
    """One capture interface (pcapng IDB, or the one of a pcap file)."""

    link_type: int
    """LINKTYPE_ value (tcpdump.org/linktypes.html), FCS and flag bits removed."""
    snaplen: int
    """Bytes kept per frame at most; 0 = unlimited or unknown."""
    name: str = ""
    description: str = ""
    tick_ns: int = 1000
    """Stamp resolution that the *file* declares, ns (at least 1); the measured one may be coarser."""
    capture_filter: str = ""
    """pcapng ``if_filter``, empty when not recorded."""
    received: int | None = None
    """ISB ``isb_ifrecv``; None = not counted."""
    dropped: int | None = None
    """ISB ``isb_ifdrop`` plus ``isb_osdrop``; None = not counted (never 0 by default)."""
    fcs_len: int = 0
    """Bytes of frame check sequence at the end of each frame."""
    parent: int = -1
    """Index of the interface that the file describes, if this one is a point that its frames name themselves (``-i
    any``, firewall stages); -1 = the file describes this one."""
    is_stage: bool = False
    """A stage inside a box, between which a packet keeps its hop limit."""


@attrs.frozen(kw_only=True)
class Problem:
    """Something about a capture that its user should know; ``kind`` is a stable code."""

    kind: str
    detail: str
    count: int = 1


@attrs.frozen(kw_only=True)
class FrameChunk:
    """Consecutive records of one file. ``data`` may be overwritten by the reader once the next chunk is asked for."""

    data: U8
    columns: FrameColumns
    interfaces: tuple[Interface, ...]
    """All interfaces of the file known so far; later chunks only append, or complete their counters."""
    first_frame: int
    """Frame number (1-based, as Wireshark counts) of row 0."""
    position: int = 0
    """Byte of the (unpacked) file at which the record of row 0 begins, or what stands before it; reading may start
    there (``Start``)."""
    bytes_read: int
    """Position in the file on disk after this chunk (for progress)."""
    problems: tuple[Problem, ...] = ()
    """Those met while this chunk was read; the last chunk may hold no rows, only a problem."""

    def __len__(self) -> int:
        return len(self.columns.ts_ns)


class Start(NamedTuple):
    """Where reading of a file may begin, as a chunk of it said."""

    position: int
    """``FrameChunk.position``."""
    frame: int
    """``FrameChunk.first_frame``."""
    interfaces: int
    """How many interfaces were known."""


@attrs.frozen(kw_only=True)
class CaptureFile:
    """One file of a capture, after it was read."""

    path: str
    """As given on the command line, globs expanded."""
    frames: int
    bytes: int
    """Size on disk."""
    sha256: str | None = None
    start: Start | None = None
    """Where reading began, if only a stretch of ``frames`` frames was asked for; None = at the first frame."""

    @property
    def stretch(self) -> Stretch | None:
        """The frames that were read; None = all."""
        return None if self.start is None else Stretch(self.start, self.frames)


class Stretch(NamedTuple):
    """Successive frames of a file."""

    start: Start
    frames: int


@attrs.frozen(kw_only=True)
class SideBlock:
    """A pcapng block that goes with a capture without being a packet: names, decryption secrets."""

    kind: int
    """pcapng block type."""
    body: bytes
    """Between the two lengths, little-endian."""


FrameSource = Callable[[int], Iterator[tuple[int, FrameChunk]]]
"""Reads a vantage's frames again: input index -> (file index, chunk) in file order. Chunks as of ``read_frames``."""
