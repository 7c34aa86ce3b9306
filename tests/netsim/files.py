"""Capture files of a run.

**In:** frames as (stamp, bytes, length on the wire). **Out:** pcap (microseconds or nanoseconds) or pcapng.
**Not here:** reading.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

Frame = tuple[int, bytes, int]
Format = Literal["pcap", "pcap-us", "pcapng"]


def write_capture(path: Path, frames: Sequence[Frame], snaplen: int, form: Format = "pcap") -> None:
    """Write one Ethernet capture; ``pcap`` has nanosecond stamps."""
    writer = _pcapng if form == "pcapng" else _pcap
    path.write_bytes(writer(frames, snaplen or 262_144, form))


def _pcap(frames: Sequence[Frame], snaplen: int, form: Format) -> bytes:
    magic, unit = (0xA1B23C4D, 1) if form == "pcap" else (0xA1B2C3D4, 1000)
    parts = [struct.pack("<IHHiIII", magic, 2, 4, 0, 0, snaplen, 1)]
    for stamp, data, wire_len in frames:
        seconds, rest = divmod(stamp, 1_000_000_000)
        parts.append(struct.pack("<IIII", seconds, rest // unit, len(data), wire_len))
        parts.append(data)
    return b"".join(parts)


def _pcapng(frames: Sequence[Frame], snaplen: int, form: Format) -> bytes:
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    # if_tsresol (option 9) = 10**-9 s.
    interface = struct.pack("<IIHHIHHB3xHHI", 1, 32, 1, 0, snaplen, 9, 1, 9, 0, 0, 32)
    parts = [section, interface]
    for stamp, data, wire_len in frames:
        padding = bytes(-len(data) % 4)
        size = 32 + len(data) + len(padding)
        parts.append(struct.pack("<IIIIIII", 6, size, 0, stamp >> 32, stamp & 0xFFFFFFFF, len(data), wire_len))
        parts += [data, padding, struct.pack("<I", size)]
    return b"".join(parts)
