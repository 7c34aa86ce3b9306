"""Which file format the first bytes belong to.

In: a window at the start of a file. Out: the walker for it, or an error that names the format and the way out.
Method: magic numbers; a file's name says nothing.
Not here: the formats.
"""

from __future__ import annotations

from correlate.errors import UnreadableCapture
from correlate.read.pcap import is_pcap, open_pcap
from correlate.read.pcapng import MAGIC, open_pcapng
from correlate.read.steps import Walker
from correlate.read.window import Window

FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"snoop\0\0\0", "snoop"),
    (b"RTSS", "Network Monitor 1"),
    (b"GMBU", "Network Monitor 2"),
    (b"TRSNIFF data", "Sniffer (DOS)"),
    (b"XCP\0", "Sniffer (Windows)"),
    (b"\x05VNF", "Visual Networks"),
    (b"\xaa\xaa\xaa\xaa", "Accellent 5Views"),
    (b"TR\x00d\x00", "HP-UX nettl"),
    (b"+---------+", "K12 text"),
    (b"ObserverPktBuffe", "Network Instruments Observer"),
    (b"\x01\x10", "LANalyzer"),
    (b"iptrace 1.0", "AIX iptrace"),
    (b"iptrace 2.0", "AIX iptrace"),
    (b"btsnoop\0", "Bluetooth snoop"),
    (b"\x7fver", "Peek tagged"),
    (b"\x00\x00\x02\x00\x12\x05\x00\x10", "Tektronix K12"),
    (b"\x1c\x00\x01\xac", "IxVeriWave capture"),
    (b"\xac\x01\x00\x1c", "Ixia capture (hardware)"),
    (b"\xab\x01\x00\x1c", "Ixia capture (software)"),
)
"""First bytes -> capture formats that Wireshark converts."""

PACKED: tuple[tuple[bytes, str, str], ...] = (
    (b"\x04\x22\x4d\x18", "lz4", "lz4 -d"),
    (b"\xfd7zXZ\0", "xz", "xz -d"),
    (b"BZh", "bzip2", "bzip2 -d"),
    (b"PK\x03\x04", "zip", "unzip"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip", "7z x"),
)
"""First bytes -> packed formats that are not unpacked on the fly, and the program that does it."""


def open_walker(path: str, window: Window) -> Walker:
    """Return the walker of the capture at the window's position.

    Raises
    ------
    UnreadableCapture
        If it is not a capture, or one of another format.
    """
    head = window.peek(16)
    if is_pcap(head[:4]):
        return open_pcap(path, window)
    if head[:4] == MAGIC:
        return open_pcapng(path, window)
    if not head:
        what = window.stream.fault or "the file is empty"
        raise UnreadableCapture(where=path, what=what, advice="Capture or copy it again.")
    raise _foreign(path, head)


def _foreign(path: str, head: bytes) -> UnreadableCapture:
    for magic, name in FOREIGN:
        if head.startswith(magic):
            advice = "Convert it with `editcap -F pcapng IN OUT`."
            return UnreadableCapture(where=path, what=f"this is a {name} file, not pcap or pcapng", advice=advice)
    for magic, name, program in PACKED:
        if head.startswith(magic):
            what = f"this is a {name} file; only gzip and Zstandard are unpacked here"
            return UnreadableCapture(where=path, what=what, advice=f"Unpack it first with `{program}`.")
    return UnreadableCapture(
        where=path,
        what=f"not a pcap or pcapng capture (first bytes {head[:4].hex(' ')})",
        advice="If Wireshark opens it, convert it with `editcap -F pcapng IN OUT`.",
    )
