"""Capture files of Microsoft Network Monitor 1.x and 2.x.

In: a window at the start of a file. Out: rows per step; one interface per kind of network met.
Method: the frame table, which stands behind the frames, is read first, by a second look at the file. Times: 1.x counts
ms, 2.0 to 2.2 us from a start in the clock and time zone of the capturing host (taken for UTC, as nothing says which
zone); 2.3 stamps each frame in UTC. Records that are no frames (adapter lists, name caches) are passed over as
Wireshark does, so that frame numbers agree.
Not here: the frames (``netmon_kernel.py``).
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.errors import UnreadableCapture
from correlate.model.arrays import I64, frozen
from correlate.model.frames import FrameColumns, Interface, Problem
from correlate.read.netmon_kernel import BACK, END, ENTRY, LEAST, walk_netmon
from correlate.read.records_kernel import DETAIL, MORE, POSITION, STATUS
from correlate.read.stamps import MAX_SECONDS
from correlate.read.steps import FAULTS, MAX_CAP_LEN, ROWS, Step, empty_rows, filled, in_order
from correlate.read.streams import STANDARD_INPUT, open_stream
from correlate.read.window import Window
from correlate.wire.linktypes import ETHERNET, FDDI, IEEE802_5, NO_LINK, RAW, canonical

MAGICS = (b"RTSS", b"GMBU")
FILE_HEADER = 128
TRAILERS = {0: 0, 1: 2, 2: 6}
"""Minor version of 2.x -> bytes behind a frame; later ones have 15."""
NETWORKS = {0: ETHERNET, 1: ETHERNET, 2: IEEE802_5, 3: FDDI, 7: RAW, 8: RAW, 9: RAW}
NO_FRAMES = (0xFFFC, 0xFFFD, 0xFFFE)
"""Networks of records that Wireshark does not number: payload headers, adapter lists, name caches."""
MAX_JUMPS = 64
"""Times that a frame table may go back in the file; each may cost another filling of the window."""
EPOCH_TICKS = 116_444_736_000_000_000
"""1970 as FILETIME, 100 ns since 1601."""
MAX_TICKS = MAX_SECONDS * 10**7
LONGEST_SECONDS = 2**32 // 1000 + 66
"""What a frame's milliseconds (version 1) and the start's own can add; int64 ns must hold the sum."""
SKIP_PIECE = 1024 * 1024


@attrs.define(kw_only=True)
class NetmonWalker:
    """Walk over one Network Monitor file."""

    table: NDArray[np.uint32]
    """Offsets of the frames; empty = the table is missing."""
    stop: int
    """Where the table was to begin."""
    is_second: bool
    trailer: int
    network: int
    """Of all frames, unless they say so themselves."""
    start_ns: int
    """Time of the capture's start, its zone taken for UTC."""
    problems: list[Problem] = attrs.field(factory=list)
    interfaces: list[Interface] = attrs.field(factory=list)
    places: dict[int, int] = attrs.field(factory=dict)
    """Network -> index of its interface."""
    rows: FrameColumns = attrs.field(factory=empty_rows)
    networks: NDArray[np.int32] = attrs.field(factory=lambda: np.empty(ROWS, np.int32))
    entry: int = 0
    least: int = FILE_HEADER
    jumps: int = 0

    def step(self, window: Window) -> Step:
        """Use complete frames of the window, ``ROWS`` at most."""
        state = np.array([0, 0, 0, self.entry, self.least], np.int64)
        rows = self.rows
        count = walk_netmon(
            window.view,
            window.offset,
            window.end,
            self.table,
            self.stop,
            int(self.is_second),
            self.trailer,
            MAX_CAP_LEN,
            rows.offset,
            rows.cap_len,
            rows.wire_len,
            rows.ts_ns,
            self.networks,
            state,
        )
        self.entry, self.least = int(state[ENTRY]), int(state[LEAST])
        columns = self._columns(int(count))
        position, status, detail = (int(state[index]) for index in (POSITION, STATUS, DETAIL))
        window.start = max(window.start, min(position, window.end))
        if status == BACK:
            return Step(columns=columns, fault="" if count else self._go_back(window, detail))
        has_table = len(self.table) > 0
        return Step(
            columns=columns,
            fault=FAULTS[status].format(detail=detail, limit=MAX_CAP_LEN) if status in FAULTS else "",
            needs=max(0, position - window.end) + detail if status == MORE else 0,
            is_done=status == END,
            is_open=has_table,
        )

    def resume(self, window: Window) -> bool:
        """Go to the next frame of the table; without a table the rest is passed over."""
        self.entry += 1
        if len(self.table) and self.entry < len(self.table):
            return True
        window.start = window.end
        return False

    def notes(self) -> tuple[Problem, ...]:
        """Return what was odd in the header."""
        return tuple(self.problems)

    def _go_back(self, window: Window, begin: int) -> str:
        """Move the window to a frame that lies before the former one; return what forbids it."""
        self.jumps += 1
        advice = "`editcap -F pcapng IN OUT` puts them in order"
        if self.jumps > MAX_JUMPS:
            return f"the frame table goes back more than {MAX_JUMPS} times; {advice}"
        if begin < FILE_HEADER or not window.jump(begin):
            return f"the frame table goes back to byte {begin}; {advice}"
        self.least = begin
        window.fill(SKIP_PIECE)
        return ""

    def _columns(self, count: int) -> FrameColumns:
        """Return the first ``count`` rows with times in ns and interfaces, without what is no frame."""
        networks = self.networks[:count]
        columns = filled(self.rows, count)
        columns = columns._replace(ts_ns=self._times(columns.ts_ns))
        is_frame = ~np.isin(networks, NO_FRAMES)
        if not is_frame.all():
            networks = networks[is_frame]
            columns = FrameColumns(*(frozen(column[is_frame]) for column in columns))
        return columns._replace(interface=self._interfaces(networks))

    def _times(self, ticks: I64) -> I64:
        if self.trailer >= 14:
            return frozen(np.clip(ticks - EPOCH_TICKS, -MAX_TICKS, MAX_TICKS) * 100, np.int64)
        if not self.is_second:
            return frozen(self.start_ns + ticks * 1_000_000, np.int64)
        # Ten times the us, as unsigned, are signed 100 ns: frames may lie before the start.
        signed = (ticks.view(np.uint64) * np.uint64(10)).view(np.int64)
        limit = MAX_TICKS - abs(self.start_ns) // 100
        return frozen(self.start_ns + np.clip(signed, -limit, limit) * 100, np.int64)

    def _interfaces(self, networks: NDArray[np.int32]) -> NDArray[Any]:
        found = np.empty(len(networks), np.int32)
        for number in in_order(networks):
            network = self.network if number < 0 else number
            if network not in self.places:
                self.places[network] = len(self.interfaces)
                self.interfaces.append(Interface(link_type=_link(network), snaplen=0, tick_ns=self._tick_ns()))
            found[networks == number] = self.places[network]
        return frozen(found)

    def _tick_ns(self) -> int:
        if not self.is_second:
            return 1_000_000
        return 100 if self.trailer >= 14 else 1000


def _link(network: int) -> int:
    """Return the LINKTYPE_ of a network number; 0xE000 and more hold one themselves."""
    if network & 0xF000 == 0xE000 and not 0xE080 <= network <= 0xE08A:
        return canonical(network & 0xFFF)
    return NETWORKS.get(network, NO_LINK)


def open_netmon(path: str, window: Window) -> NetmonWalker:
    """Read the file header at the window's position, and the frame table, and return the walker of the frames.

    Raises
    ------
    UnreadableCapture
        If the header is cut, its version is unknown, or the file cannot be read twice.
    """
    header = window.peek(FILE_HEADER)
    if len(header) < FILE_HEADER:
        what = f"the Network Monitor header is cut short ({len(header)} of {FILE_HEADER} bytes)"
        raise UnreadableCapture(where=path, what=what, advice="Copy the file from its source again.")
    minor, major, network = struct.unpack_from("<BBH", header, 4)
    if major not in (1, 2):
        what = f"Network Monitor version {major}.{minor} is not known (1 and 2 are)"
        raise UnreadableCapture(where=path, what=what, advice="Convert it with `editcap -F pcapng IN OUT`.")
    if path == STANDARD_INPUT:
        what = "a Network Monitor file must be read twice"
        raise UnreadableCapture(where=path, what=what, advice="Save it to a file and name that.")
    problems: list[Problem] = []
    trailer = TRAILERS.get(minor, 15) if major == 2 else 0
    start_ns = 0 if trailer >= 14 else _start_ns(header, problems)
    stop, length = struct.unpack_from("<II", header, 24)
    table = _read_table(path, stop, length, problems)
    window.start += FILE_HEADER
    stop = stop if stop >= FILE_HEADER else 2**32
    return NetmonWalker(
        table=table,
        stop=stop,
        is_second=major == 2,
        trailer=trailer,
        network=network,
        start_ns=start_ns,
        problems=problems,
    )


def _start_ns(header: bytes, problems: list[Problem]) -> int:
    """Return the start of the capture from its SYSTEMTIME."""
    year, month, _weekday, day, hour, minute, second, millis = struct.unpack_from("<8H", header, 8)
    try:
        start = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        is_believed = abs(start.timestamp()) < MAX_SECONDS - LONGEST_SECONDS
    except ValueError:
        is_believed = False
    if not is_believed:
        detail = "the start of the capture is no date of this age; 1970 is used"
        problems.append(Problem(kind="odd-time-stamps", detail=detail))
        return 0
    detail = "times count from a local time whose zone the file does not tell; taken for UTC"
    problems.append(Problem(kind="time-zone-unknown", detail=detail))
    return (int(start.timestamp()) * 1000 + int(millis)) * 1_000_000


def _read_table(path: str, offset: int, length: int, problems: list[Problem]) -> NDArray[np.uint32]:
    """Return the frame table as far as the file holds it."""
    with open_stream(path) as stream:
        window = Window(stream)
        if not (offset > SKIP_PIECE and window.jump(offset)):
            while window.position + len(window) < offset and not window.is_exhausted:
                window.start = window.end
                window.fill(min(SKIP_PIECE, offset - window.position))
            window.start = max(window.start, min(offset - window.offset, window.end))
        # Grow with the bytes that arrive: the length field can claim what it likes.
        while len(window) < length and not window.is_exhausted:
            window.fill(min(length, len(window) + SKIP_PIECE))
        held = min(len(window), length) // 4
        table = np.frombuffer(window.peek(4 * held), "<u4", held).astype(np.uint32)
    if length == 0 or 4 * held < length - length % 4:
        what = f"{held} of {length // 4} entries" if length else "no entry"
        detail = f"cut short: the frame table has {what}; frames were read one after another"
        problems.append(Problem(kind="truncated-file", detail=detail))
        table = table[:0]
    return frozen(table)
