"""Builds the captures of the sample sets, byte by byte the same on every machine.

In: a sample set's ``make.py``. Out: pcap files (nanosecond stamps, gzip where the name says so).
Method: scapy builds packets and checksums; stamps are integers; nothing is random.
Not here: the stories (each set's README) and the expected findings (each set's ``truth.json``).
"""

from __future__ import annotations

import gzip
import struct
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

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


def cooked(packet: IP, *, interface: int, is_out: bool, address: str) -> bytes:
    """Return the frame as Linux writes it for ``-i any`` (LINKTYPE_LINUX_SLL2); ``address`` is the sender's."""
    kind, raw = (4 if is_out else 0), bytes.fromhex(address.replace(":", ""))
    return struct.pack(">HHIHBB8s", 0x0800, 0, interface, 1, kind, len(raw), raw) + bytes(packet)


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


class Step(NamedTuple):
    """One segment of :func:`exchange`."""

    at_ns: int
    """When it passes the responder."""
    is_up: bool
    flags: str
    numbers: tuple[int, int]
    ip_id: int
    data: bytes
    options: list[tuple[str, object]] | None


def exchange(number: int, *, parts: int = 6, size: int = 1200, trip_ns: int = 8_000_000) -> list[Step]:
    """Return an HTTP exchange as the responder sees it: handshake, request, ``parts`` segments, close."""
    c, s = 30_000 + 765_432_101 * number % 4_000_000_000, 99_000 + 345_678_911 * number % 4_000_000_000
    ids = {True: 300 * number + 21, False: 33_000 + 70 * number}
    greeting = [("MSS", 1460), ("SAckOK", b""), ("NOP", None), ("WScale", 7)]
    steps: list[Step] = []

    def say(at: int, flags: str, data: bytes = b"", *, up: bool) -> None:
        nonlocal c, s
        ids[up] += 1
        numbers = (c, s if "A" in flags else 0) if up else (s, c)
        steps.append(Step(at, up, flags, numbers, ids[up], data, greeting if "S" in flags else None))
        length = len(data) + ("S" in flags) + ("F" in flags)
        c, s = (c + length, s) if up else (c, s + length)

    say(0, "S", up=True)
    say(45_000, "SA", up=False)
    say(trip_ns + 60_000, "A", up=True)
    say(trip_ns + 90_000, "PA", b"GET /%d HTTP/1.1\r\nHost: example.test\r\n\r\n" % number, up=True)
    say(trip_ns + 130_000, "A", up=False)
    begin = trip_ns + 1_900_000
    for part in range(parts):
        body = (b"%d/%d " % (number, part) * size)[:size]
        say(begin + part * 130_000, "PA" if part == parts - 1 else "A", body, up=False)
    for part in range(1, parts + 1, 2):
        acked = steps[-parts - (part - 1) // 2 + part]
        ids[True] += 1
        numbers = (c, acked.numbers[0] + len(acked.data))
        steps.append(Step(begin + part * 130_000 + trip_ns + 20_000, True, "A", numbers, ids[True], b"", None))
    end = begin + (parts + 1) * 130_000 + trip_ns
    say(end + 400_000, "FA", up=True)
    say(end + 450_000, "FA", up=False)
    say(end + 480_000 + trip_ns, "A", up=True)
    return steps


class Capture:
    """Frames of one vantage in record order; the gaps of a published frame numbering are filled with ARP requests."""

    def __init__(self, base_ns: int = 0, link: int = 1) -> None:
        self.base_ns = base_ns
        self.link = link
        self.frames: list[tuple[int, bytes, int]] = []

    def add(self, at_ns: int, frame: bytes, *, number: int | None = None, wire_len: int | None = None) -> None:
        """Append a frame stamped ``at_ns`` after the base; ``number`` is the frame number it must have."""
        stamp = self.base_ns + at_ns
        if number is not None:
            self._fill(number - 1 - len(self.frames), stamp)
        self.frames.append((stamp, frame, wire_len or len(frame)))

    def _netmon(self) -> bytes:
        """Return the frames as Network Monitor 2.0 keeps them: us since a start in local time, the table at the end."""
        start_ms = self.frames[0][0] // NS * 1000
        when = datetime.fromtimestamp(start_ms // 1000, UTC)
        body, table = [], []
        at = 128
        for stamp, frame, wire_len in self.frames:
            body.append(struct.pack("<QII", stamp // 1000 - start_ms * 1000, wire_len, len(frame)) + frame)
            table.append(at)
            at += len(body[-1])
        date = (when.year, when.month, when.isoweekday() % 7, when.day, when.hour, when.minute, when.second, 0)
        header = struct.pack("<4sBBH8HII", b"GMBU", 0, 2, 1, *date, at, 4 * len(table)).ljust(128, b"\0")
        return header + b"".join(body) + struct.pack(f"<{len(table)}I", *table)

    def _fill(self, count: int, until_ns: int) -> None:
        """Put ``count`` ARP requests between the last frame (or 20 s before) and ``until_ns``."""
        assert count >= 0, f"the frame number wanted is already {-count} behind"
        start = self.frames[-1][0] if self.frames else until_ns - 20 * NS
        for i in range(count):
            stamp = start + (until_ns - start) * (i + 1) // (count + 1)
            self.frames.append((stamp, _arp(len(self.frames) % 200 + 10), 42))

    def write(self, path: Path) -> None:
        """Write a nanosecond pcap, gzip without name and time if the suffix says so."""
        parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, self.link)]
        for stamp, frame, wire_len in self.frames:
            parts.append(struct.pack("<IIII", stamp // NS, stamp % NS, len(frame), wire_len))
            parts.append(frame)
        data = b"".join(parts) if path.suffix != ".cap" else self._netmon()
        if path.suffix == ".gz":
            data = gzip.compress(data, compresslevel=9, mtime=0)
        path.write_bytes(data)


@cache
def _arp(host: int) -> bytes:
    """Return an ARP request of a busy network segment (not IP: it only takes a frame number)."""
    request = ARP(op="who-has", hwsrc=f"00:1b:21:00:00:{host:02x}", psrc=f"10.255.0.{host}", pdst="10.255.0.1")
    return bytes(Ether(src=f"00:1b:21:00:00:{host:02x}", dst="ff:ff:ff:ff:ff:ff", type=0x0806) / request)
