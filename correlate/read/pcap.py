"""Capture files of the pcap kind, and the variants that old systems wrote under the same magic.

In: a window at the start of the file. Out: rows per step, one interface.
Method: the header rules byte order, time unit and length order (draft-ietf-opsawg-pcap; versions as in libpcap). Three
kernel patches and one vendor lengthened the record header without saying so; such a layout is believed only if the
first records walk cleanly with it and do not with the layout that the magic stands for.
Not here: pcapng.
"""

from __future__ import annotations

import struct

import attrs
import numpy as np

from correlate.errors import UnreadableCapture
from correlate.model.arrays import frozen
from correlate.model.frames import FrameColumns, Interface
from correlate.read.records_kernel import DETAIL, MORE, POSITION, STATUS, walk_pcap
from correlate.read.steps import FAULTS, MAX_BULK_LEN, MAX_CAP_LEN, ROWS, Step
from correlate.read.window import Window
from correlate.wire.linktypes import DBUS, EBHSCR, USB_LINUX, USB_LINUX_MMAPPED, USBPCAP, canonical

MAGICS: dict[bytes, tuple[int, tuple[int, ...]]] = {
    b"\xa1\xb2\xc3\xd4": (1000, (16, 24, 20)),
    b"\xa1\xb2\x3c\x4d": (1, (16,)),
    b"\xa1\xb2\xcd\x34": (1000, (24, 28)),
}
"""Big-endian magic -> (ns per unit of the fraction, bytes of a record header: the proper one, then its variants).

24 under the plain magic: Red Hat 6.1; 20: Nokia; 28 under the modified magic: SuSE 6.3."""

BULK_LINKS = frozenset({DBUS, EBHSCR, USB_LINUX, USB_LINUX_MMAPPED, USBPCAP})

HEADER_BYTES = 24
PROBE_BYTES = 8192
PROBE_RECORDS = 20

IN_ORDER, SWAPPED, EITHER = 0, 1, 2


def _empty_rows() -> FrameColumns:
    return FrameColumns(
        offset=np.empty(ROWS, np.int64),
        cap_len=np.empty(ROWS, np.int32),
        wire_len=np.empty(ROWS, np.int32),
        ts_ns=np.empty(ROWS, np.int64),
        interface=np.zeros(ROWS, np.int32),
    )


@attrs.define(kw_only=True)
class PcapWalker:
    """Walk over one pcap file."""

    is_big: bool
    record_header: int
    lengths: int
    """``IN_ORDER``, ``SWAPPED`` or ``EITHER``: which of the two lengths of a record comes first."""
    unit_ns: int
    interfaces: list[Interface]
    rows: FrameColumns = attrs.field(factory=_empty_rows)

    @property
    def limit(self) -> int:
        """Greatest captured length believed."""
        return cap_limit(self.interfaces[0].link_type)

    def step(self, window: Window) -> Step:
        """Use complete records of the window, ``ROWS`` at most."""
        state = np.zeros(3, np.int64)
        rows = self.rows
        count = walk_pcap(
            window.view,
            window.start,
            window.end,
            int(self.is_big),
            self.record_header,
            self.lengths,
            self.limit,
            self.unit_ns,
            rows.offset,
            rows.cap_len,
            rows.wire_len,
            rows.ts_ns,
            state,
        )
        position, status, detail = int(state[POSITION]), int(state[STATUS]), int(state[DETAIL])
        window.start = position
        return Step(
            columns=FrameColumns(*(frozen(column[:count].copy()) for column in rows)),
            fault=FAULTS[status].format(detail=detail, limit=self.limit) if status in FAULTS else "",
            needs=detail if status == MORE else 0,
        )


def cap_limit(link_type: int) -> int:
    """Return the greatest captured length believed of a link type, bytes."""
    return MAX_BULK_LEN if link_type in BULK_LINKS else MAX_CAP_LEN


def is_pcap(magic: bytes) -> bool:
    """Tell whether four bytes are a pcap magic in either byte order."""
    return magic in MAGICS or magic[::-1] in MAGICS


def open_pcap(path: str, window: Window) -> PcapWalker:
    """Read the file header at the window's position and return the walker of what follows.

    Raises
    ------
    UnreadableCapture
        If the header is cut or its version is unknown.
    """
    header = window.peek(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        what = f"the pcap header is cut short ({len(header)} of {HEADER_BYTES} bytes)"
        raise UnreadableCapture(where=path, what=what, advice="Copy the file from its source again.")
    is_big = header[:4] in MAGICS
    order = ">" if is_big else "<"
    major, minor, _zone, _accuracy, snaplen, link = struct.unpack(f"{order}4xHHiIII", header)
    unit_ns, layouts = MAGICS[header[:4] if is_big else header[3::-1]]
    lengths = _length_order(path, major, minor)
    window.start += HEADER_BYTES
    # The link type has 26 bits; above it stands the FCS length, valid if bit 26 is set, in units of 16 bits.
    fcs_len = 2 * (link >> 28) if link & 0x04000000 else 0
    interface = Interface(link_type=canonical(link & 0x03FFFFFF), snaplen=snaplen, tick_ns=unit_ns, fcs_len=fcs_len)
    walker = PcapWalker(
        is_big=is_big, record_header=layouts[0], lengths=lengths, unit_ns=unit_ns, interfaces=[interface]
    )
    if len(layouts) > 1:
        walker.record_header = _choose_layout(window.peek(PROBE_BYTES), window.is_exhausted, walker, layouts)
    return walker


def _length_order(path: str, major: int, minor: int) -> int:
    """Return how a file version orders the two lengths of a record."""
    if (major, minor) == (543, 0) or (major == 2 and minor < 3):
        return SWAPPED
    if (major, minor) == (2, 3):
        # Written by programs of both kinds.
        return EITHER
    if (major, minor) == (2, 4):
        return IN_ORDER
    raise UnreadableCapture(
        where=path,
        what=f"pcap version {major}.{minor} is not known (2.0 to 2.4 are)",
        advice="Convert it with `editcap -F pcapng IN OUT` if Wireshark opens it.",
    )


def _choose_layout(probe: bytes, is_whole: bool, walker: PcapWalker, layouts: tuple[int, ...]) -> int:
    """Return the record header length that the first records agree with; the proper one when in doubt."""
    proper, *variants = layouts
    _, is_clean = _walk_probe(probe, is_whole, walker, proper)
    if is_clean:
        return proper
    for variant in variants:
        count, is_clean = _walk_probe(probe, is_whole, walker, variant)
        # One record proves nothing: a cut file may end anywhere.
        if is_clean and count >= 2:
            return variant
    return proper


def _walk_probe(probe: bytes, is_whole: bool, walker: PcapWalker, record_header: int) -> tuple[int, bool]:
    """Return how many records the probe holds in a layout, and whether nothing speaks against it."""
    fields = struct.Struct(">4I" if walker.is_big else "<4I")
    position = count = 0
    while count < PROBE_RECORDS and position + record_header <= len(probe):
        _seconds, fraction, captured, original = fields.unpack_from(probe, position)
        if walker.lengths == SWAPPED or (walker.lengths == EITHER and captured > original):
            captured, original = original, captured
        if fraction >= 1_000_000 or captured > min(original, walker.limit):
            return count, False
        position += record_header + captured
        count += 1
    return count, not (is_whole and count < PROBE_RECORDS and position != len(probe))
