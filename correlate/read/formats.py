"""Which file format the first bytes belong to.

In: a window at the start of a file. Out: the walker for it, or an error that names the format and the way out.
Method: magic numbers, ERF by the look of its records; a file's name says nothing.
Not here: the formats.
"""

from __future__ import annotations

import struct

from correlate.errors import UnreadableCapture
from correlate.read.erf import is_erf, open_erf
from correlate.read.netmon import MAGICS as NETMON_MAGICS
from correlate.read.netmon import open_netmon
from correlate.read.pcap import is_pcap, open_pcap
from correlate.read.pcapng import MAGIC, open_pcapng
from correlate.read.snoop import MAGIC as SNOOP_MAGIC
from correlate.read.snoop import open_snoop
from correlate.read.steps import Walker
from correlate.read.streams import GZIP_MAGIC, LZ4_MAGIC, ZSTD_MAGIC
from correlate.read.window import Window

CONVERT = "Convert it with `editcap -F pcapng IN OUT`."
TRACE_HEADER = 72
"""Bytes looked at for the header of a trace."""
MAX_TRACE_BUFFER = 16 * 1024 * 1024
NETSCALER = (b"NetScaler Performance Data", b"NetScaler V20 Performance Data", b"NetScaler V30 Trace Data")

FOREIGN: tuple[tuple[bytes, str], ...] = (
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
    (b"\x02\x21\x4c\x18", "lz4 (old format)", "lz4 -d"),
    (b"\xfd7zXZ\0", "xz", "xz -d"),
    (b"BZh", "bzip2", "bzip2 -d"),
    (b"PK\x03\x04", "zip", "unzip"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip", "7z x"),
)
"""First bytes -> packed formats that are not unpacked on the fly, and the program that does it."""
TWICE = ((GZIP_MAGIC, "gzip -d"), (ZSTD_MAGIC, "zstd -d"), (LZ4_MAGIC, "lz4 -d"))
"""First bytes within what was unpacked already, and the program that unpacks it."""


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
    if head[:8] == SNOOP_MAGIC:
        return open_snoop(path, window)
    if head[:4] in NETMON_MAGICS:
        return open_netmon(path, window)
    if not head:
        what = window.stream.fault or "the file is empty"
        raise UnreadableCapture(where=path, what=what, advice="Capture or copy it again.")
    known = _foreign(path, head)
    if known is None and is_erf(window):
        return open_erf(window)
    known = known or _trace(path, window.peek(TRACE_HEADER))
    if known is not None:
        raise known
    raise UnreadableCapture(
        where=path,
        what=f"no capture of a known format (first bytes {head[:4].hex(' ')})",
        advice="If Wireshark opens it, convert it with `editcap -F pcapng IN OUT`.",
    )


def _foreign(path: str, head: bytes) -> UnreadableCapture | None:
    """Return the error for a format that is known and not read; None = it is not known by its first bytes."""
    for magic, name in FOREIGN:
        if head.startswith(magic):
            return UnreadableCapture(where=path, what=f"this file is {name}, which is not read here", advice=CONVERT)
    for magic, name, program in PACKED:
        if head.startswith(magic):
            what = f"this is a {name} file; only gzip, Zstandard and LZ4 are unpacked here"
            return UnreadableCapture(where=path, what=what, advice=f"Unpack it first with `{program}`.")
    for magic, program in TWICE:
        if head.startswith(magic):
            what = "this is packed more than once, and unpacked only once here"
            return UnreadableCapture(where=path, what=what, advice=f"Unpack it first with `{program}`.")
    return None


def _trace(path: str, head: bytes) -> UnreadableCapture | None:
    """Return the error for traces of Windows (``netsh trace``, ``pktmon``) and of NetScaler.

    An ETL file begins with a buffer whose sizes are consistent and whose type is 4, the header buffer (evntrace.h,
    WMI_BUFFER_HEADER). A NetScaler trace is pages of records; the first one carries a signature.
    """
    if len(head) >= TRACE_HEADER:
        size, saved, current = struct.unpack_from("<III", head)
        kind = struct.unpack_from("<H", head, 54)[0]
        if size % 1024 == 0 and 0 < size <= MAX_TRACE_BUFFER and max(saved, current) <= size and kind == 4:
            what = "this is a Windows event trace (ETL), not a capture"
            advice = "Convert it with `etl2pcapng IN OUT` (or `pktmon etl2pcap IN -o OUT`)."
            return UnreadableCapture(where=path, what=what, advice=advice)
        if any(sign in head for sign in NETSCALER):
            what = "this is a NetScaler trace, which pcapng cannot hold either"
            advice = "Take it again in pcap format: `start nstrace -tcpdump ENABLED`."
            return UnreadableCapture(where=path, what=what, advice=advice)
    return None
