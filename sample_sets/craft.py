"""Builds the captures of the sample sets, byte by byte the same on every machine.

In: a sample set's ``make.py``. Out: pcap files (nanosecond stamps, gzip where the name says so).
Method: scapy builds packets and checksums; stamps are integers; nothing is random.
Not here: the stories (each set's README) and the expected findings (each set's ``truth.json``).
"""

from __future__ import annotations

import gzip
import struct
from decimal import Decimal
from functools import cache
from pathlib import Path

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

NS = 10**9


def ns(seconds: str) -> int:
    """Return decimal seconds as integer nanoseconds, exactly."""
    return int(Decimal(seconds) * NS)


def ethernet(packet: IP, *, src: str, dst: str, pad: bool = True) -> bytes:
    """Return the frame; ``pad`` fills it to the 60 bytes that a card sends (a sender's own capture is not padded)."""
    frame = bytes(Ether(src=src, dst=dst) / packet)
    return frame.ljust(60, b"\0") if pad else frame


def tcp(
    ends: tuple[str, int, str, int],
    flags: str,
    numbers: tuple[int, int],
    *,
    ip_id: int,
    ttl: int,
    window: int,
    data: bytes = b"",
    options: list[tuple[str, object]] | None = None,
    df: bool = True,
) -> IP:
    """Return a TCP packet; ``numbers`` are sequence and acknowledgement."""
    src, sport, dst, dport = ends
    segment = TCP(
        sport=sport, dport=dport, flags=flags, seq=numbers[0], ack=numbers[1], window=window, options=options or []
    )
    packet = IP(src=src, dst=dst, id=ip_id, ttl=ttl, flags="DF" if df else 0) / segment
    return packet / Raw(data) if data else packet


def udp(ends: tuple[str, int, str, int], data: bytes, *, ip_id: int, ttl: int) -> IP:
    """Return a UDP datagram."""
    src, sport, dst, dport = ends
    return IP(src=src, dst=dst, id=ip_id, ttl=ttl) / UDP(sport=sport, dport=dport) / Raw(data)


class Capture:
    """Frames of one vantage in record order; the gaps of a published frame numbering are filled with ARP requests."""

    def __init__(self, base_ns: int = 0) -> None:
        self.base_ns = base_ns
        self.frames: list[tuple[int, bytes, int]] = []

    def add(self, at_ns: int, frame: bytes, *, number: int | None = None, wire_len: int | None = None) -> None:
        """Append a frame stamped ``at_ns`` after the base; ``number`` is the frame number it must have."""
        stamp = self.base_ns + at_ns
        if number is not None:
            self._fill(number - 1 - len(self.frames), stamp)
        self.frames.append((stamp, frame, wire_len or len(frame)))

    def _fill(self, count: int, until_ns: int) -> None:
        """Put ``count`` ARP requests between the last frame (or 20 s before) and ``until_ns``."""
        assert count >= 0, f"the frame number wanted is already {-count} behind"
        start = self.frames[-1][0] if self.frames else until_ns - 20 * NS
        for i in range(count):
            stamp = start + (until_ns - start) * (i + 1) // (count + 1)
            self.frames.append((stamp, _arp(len(self.frames) % 200 + 10), 42))

    def write(self, path: Path) -> None:
        """Write a nanosecond pcap, gzip without name and time if the suffix says so."""
        parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)]
        for stamp, frame, wire_len in self.frames:
            parts.append(struct.pack("<IIII", stamp // NS, stamp % NS, len(frame), wire_len))
            parts.append(frame)
        data = b"".join(parts)
        if path.suffix == ".gz":
            data = gzip.compress(data, compresslevel=9, mtime=0)
        path.write_bytes(data)


@cache
def _arp(host: int) -> bytes:
    """Return an ARP request of a busy network segment (not IP: it only takes a frame number)."""
    request = ARP(op="who-has", hwsrc=f"00:1b:21:00:00:{host:02x}", psrc=f"10.255.0.{host}", pdst="10.255.0.1")
    return bytes(Ether(src=f"00:1b:21:00:00:{host:02x}", dst="ff:ff:ff:ff:ff:ff", type=0x0806) / request)
