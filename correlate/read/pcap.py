"""Capture files of the pcap kind, and the variants that old systems wrote under the same magic.

In: a window at the start of the file. Out: rows per step, one interface.
Method: the header rules byte order, time unit and length order (draft-ietf-opsawg-pcap; versions as in libpcap). Three
kernel patches and one vendor lengthened the record header without saying so; such a layout is believed only if the
first records walk cleanly with it and do not with the layout that the magic stands for.
Not here: pcapng.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import attrs
import numpy as np

from correlate.errors import UnreadableCapture
from correlate.model.arrays import I64
from correlate.model.frames import FrameColumns, Interface, Problem
from correlate.read.doubt import Doubt
from correlate.read.records_kernel import DETAIL, MORE, ODD_STAMPS, POSITION, STATUS, walk_pcap
from correlate.read.resume_kernel import next_pcap
from correlate.read.steps import FAULTS, MAX_BULK_LEN, MAX_CAP_LEN, Step, empty_rows, filled, stand_at
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
TEN_YEARS_S = 10 * 365 * 86400

IN_ORDER, SWAPPED, EITHER = 0, 1, 2


@attrs.define(kw_only=True)
class PcapWalker:
    """Walk over one pcap file."""

    is_big: bool
    record_header: int
    lengths: int
    """``IN_ORDER``, ``SWAPPED`` or ``EITHER``: which of the two lengths of a record comes first."""
    unit_ns: int
    interfaces: list[Interface]
    rows: FrameColumns = attrs.field(factory=empty_rows)
    is_mislabelled: bool = False
    """The stamps are in ns although the magic says us."""
    odd_stamps: int = 0
    doubt: Doubt = attrs.field(factory=Doubt)

    @property
    def limit(self) -> int:
        """Greatest captured length believed."""
        return cap_limit(self.interfaces[0].link_type)

    def step(self, window: Window) -> Step:
        """Use complete records of the window, ``ROWS`` at most."""
        found, state = self._walk(window, len(self.rows.ts_ns))
        end = int(state[POSITION])
        count, status, detail = self.doubt.judge(
            self.rows.ts_ns[:found], int(state[STATUS]), int(state[DETAIL]), is_end=window.is_exhausted
        )
        if count < found:
            _count, state = self._walk(window, count)
        window.start = int(state[POSITION])
        self.odd_stamps += int(state[ODD_STAMPS])
        return Step(
            columns=filled(self.rows, count),
            fault=FAULTS[status].format(detail=detail, limit=self.limit) if status in FAULTS else "",
            needs=end - window.start + detail if status == MORE else 0,
        )

    def _walk(self, window: Window, room: int) -> tuple[int, I64]:
        """Fill ``room`` rows at most; return how many, and the kernel's state."""
        state = np.zeros(4, np.int64)
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
            rows.offset[:room],
            rows.cap_len[:room],
            rows.wire_len[:room],
            rows.ts_ns[:room],
            state,
        )
        return int(count), state

    def notes(self) -> tuple[Problem, ...]:
        """Return what was odd in the time stamps walked so far."""
        problems = []
        if self.is_mislabelled:
            detail = "the magic promises microseconds but the time stamps are plainly nanoseconds; read as such"
            problems.append(Problem(kind="nanoseconds-under-microsecond-magic", detail=detail))
        if self.odd_stamps:
            detail = f"{self.odd_stamps} time stamps have a fraction of a second above a second; used as they stand"
            problems.append(Problem(kind="odd-time-stamps", detail=detail, count=self.odd_stamps))
        return tuple(problems)

    def resume(self, window: Window) -> bool:
        """Move the window to the next record behind damage; False = none in it."""
        fraction_limit = 10**9 // self.unit_ns
        found = next_pcap(
            window.view,
            window.start + 1,
            window.end,
            int(self.is_big),
            self.record_header,
            min(self.limit, MAX_CAP_LEN),
            fraction_limit,
            self.doubt.last_s,
            int(window.is_exhausted),
        )
        return stand_at(window, int(found))


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
        probe = window.peek(PROBE_BYTES)
        if _holds_nanoseconds(probe, walker):
            walker.is_mislabelled, walker.unit_ns = True, 1
            walker.interfaces = [attrs.evolve(interface, tick_ns=1)]
        else:
            walker.record_header = _choose_layout(probe, walker, layouts)
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


def _holds_nanoseconds(probe: bytes, walker: PcapWalker) -> bool:
    """Tell whether the first records carry ns under the magic for us (a bug of some rewriting tools).

    All fractions are below 10**9 and nearly all at or above 10**6, which one ns stamp in a thousand is not.
    """
    fractions = [fields[1] for fields in _probe_records(probe, walker, walker.record_header)]
    large = sum(fraction >= 1_000_000 for fraction in fractions)
    return len(fractions) >= 3 and max(fractions) < 10**9 and 10 * large >= 9 * len(fractions)


def _choose_layout(probe: bytes, walker: PcapWalker, layouts: tuple[int, ...]) -> int:
    """Return the record header length that the first records agree with; the proper one when in doubt."""
    proper, *variants = layouts
    if all(_is_sound(record, walker) for record in _probe_records(probe, walker, proper)):
        return proper
    for variant in variants:
        records = list(_probe_records(probe, walker, variant))
        # One record proves nothing: its header reads the same in every layout. A wrong layout takes small numbers
        # for seconds, so records years apart prove nothing either.
        spread = max(record[0] for record in records) - min(record[0] for record in records) if records else 0
        if len(records) >= 2 and spread < TEN_YEARS_S and all(_is_sound(record, walker) for record in records):
            return variant
    return proper


def _is_sound(record: tuple[int, int, int, int], walker: PcapWalker) -> bool:
    _seconds, fraction, captured, original = record
    return fraction < 1_000_000 and captured <= min(original, walker.limit)


def _probe_records(probe: bytes, walker: PcapWalker, record_header: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (seconds, fraction, captured, original) of the first records in a layout."""
    fields = struct.Struct(">4I" if walker.is_big else "<4I")
    position = count = 0
    while count < PROBE_RECORDS and position + record_header <= len(probe):
        seconds, fraction, captured, original = fields.unpack_from(probe, position)
        if walker.lengths == SWAPPED or (walker.lengths == EITHER and captured > original):
            captured, original = original, captured
        position += record_header + captured
        count += 1
        yield seconds, fraction, captured, original
