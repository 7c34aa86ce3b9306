"""Builds the captures of the sample sets, byte by byte the same on every machine.

In: a sample set's ``make.py``. Out: pcap files (nanosecond stamps, gzip where the name says so).
Method: scapy builds packets and checksums; stamps are integers; nothing is random.
Not here: the stories (each set's README) and the expected findings (each set's ``truth.json``).
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

from scapy.layers.inet import ICMP, IP, TCP, UDP
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


@dataclass(frozen=True, kw_only=True)
class Hop:
    """What lies between two neighbouring vantages."""

    ahead_ns: int = 300_000
    back_ns: int = 300_000
    routers: int = 1
    """Both directions lower the TTL by this."""


class Way:
    """Carries IP packets over a line of vantages; the first and the last stand at the hosts.

    Each vantage stamps by a clock of its own: base, then floor to its tick. A frame at its own sender is not padded.
    """

    def __init__(self, clocks: dict[str, tuple[int, int]], hops: list[Hop]) -> None:
        """``clocks``: vantage -> (base, tick) in ns."""
        self.clocks, self.hops = clocks, hops
        self.seen: list[list[tuple[int, int, bytes]]] = [[] for _ in clocks]

    def carry(
        self,
        at: int,
        packet: IP,
        *,
        up: bool,
        until: int | None = None,
        begin: int | None = None,
        hold: dict[int, int] | None = None,
        unseen: tuple[int, ...] = (),
        edit: dict[int, Callable[[IP], IP]] | None = None,
    ) -> int:
        """Record a packet that enters its first vantage ``at``; return when it reaches its last.

        ``begin``, ``until``: first and last place that it passes. ``hold``: hop -> time it is kept there. ``unseen``:
        places whose capture does not hold it. ``edit``: hop -> what a device there makes of it.
        """
        last = len(self.seen) - 1
        first = (0 if up else last) if begin is None else begin
        stop = (last if up else 0) if until is None else until
        now = at
        place = first
        while True:
            if place not in unseen:
                self._record(place, now, packet, own=place == (0 if up else last) and begin is None, up=up)
            if place == stop:
                return now
            hop = place if up else place - 1
            here = self.hops[hop]
            now += (here.ahead_ns if up else here.back_ns) + (hold or {}).get(hop, 0)
            packet = _routed(packet, here.routers)
            if edit and hop in edit:
                packet = edit[hop](packet)
            place += 1 if up else -1

    def _record(self, place: int, now: int, packet: IP, *, own: bool, up: bool) -> None:
        low, high = f"00:16:3e:00:{place:02x}:01", f"00:16:3e:00:{place:02x}:02"
        frame = ethernet(packet, src=low if up else high, dst=high if up else low, pad=not own)
        base, tick = list(self.clocks.values())[place]
        self.seen[place].append((now, (base + now) // tick * tick, frame))

    def write(self, folder: Path, *, suffix: str = ".pcap", snaplen: int = 0) -> None:
        """Write one file per vantage."""
        for name, frames in zip(self.clocks, self.seen, strict=True):
            capture = Capture()
            for _, stamp, frame in sorted(frames, key=lambda one: one[0]):
                capture.add(stamp, frame[:snaplen] if snaplen else frame, wire_len=len(frame))
            capture.write(folder / f"{name}{suffix}")


def _routed(packet: IP, routers: int) -> IP:
    """Return the packet as it leaves these routers; checksums are filled in when it is built."""
    out = packet.copy()
    out.ttl = packet.ttl - routers
    return out


class Talk:
    """One TCP connection over a :class:`Way`: keeps numbers and IP IDs of both ends."""

    def __init__(
        self,
        way: Way,
        client: tuple[str, int],
        server: tuple[str, int],
        *,
        isn: tuple[int, int],
        ids: tuple[int, int],
        ttl: tuple[int, int] = (64, 64),
    ) -> None:
        self.way, self.ends = way, (client, server)
        self.seq, self.ids, self.ttl = list(isn), list(ids), ttl
        self.window = 64240

    def send(
        self, at: int, side: int, flags: str, data: bytes = b"", *, seq: int | None = None, options=None, **way
    ) -> int:
        """Send a segment of side 0 (client) or 1 (server); ``seq`` given = sent again. Return when it arrives."""
        mine, other = self.ends[side], self.ends[1 - side]
        ack = self.seq[1 - side] & 0xFFFFFFFF if "A" in flags else 0
        number = self.seq[side] if seq is None else seq
        packet = tcp((*mine, *other), flags, (number & 0xFFFFFFFF, ack), ip_id=self.ids[side] & 0xFFFF,
                     ttl=self.ttl[side], window=self.window, data=data, options=options)  # fmt: skip
        self.ids[side] += 1
        if seq is None:
            self.seq[side] += len(data) + ("S" in flags) + ("F" in flags)
        return self.way.carry(at, packet, up=side == 0, **way)

    def open(self, at: int, options: tuple[list, list] | None = None) -> int:
        """Shake hands; return when the client is ready."""
        plain = [("MSS", 1460), ("NOP", None), ("WScale", 7), ("NOP", None), ("NOP", None), ("SAckOK", b"")]
        mine, theirs = options or (plain, plain)
        now = self.send(at, 0, "S", options=mine)
        now = self.send(now + 40_000, 1, "SA", options=theirs)
        self.send(now + 20_000, 0, "A")
        return now + 20_000

    def ask(self, at: int, request: bytes, answer: bytes, *, think: int = 2_000_000, mss: int = 1460) -> int:
        """Exchange a request and an answer; return when the client has acknowledged it."""
        now = self.send(at, 0, "PA", request)
        now += think
        for start in range(0, len(answer), mss):
            part = answer[start : start + mss]
            arrival = self.send(now, 1, "PA" if start + mss >= len(answer) else "A", part)
            now += 20_000
        return self.send(arrival + 50_000, 0, "A") and arrival + 50_000

    def close(self, at: int) -> int:
        """Close from the client's side; return when its last ACK leaves."""
        now = self.send(at, 0, "FA")
        now = self.send(now + 60_000, 1, "FA")
        self.send(now + 30_000, 0, "A")
        return now + 30_000


def echo(
    ends: tuple[str, str], kind: int, number: int, *, ip_id: int, ttl: int, size: int = 56, ident: int = 0x1D3
) -> IP:
    """Return an ICMP echo request (8) or reply (0) with ``size`` bytes of data."""
    src, dst = ends
    data = bytes((i + 16) % 256 for i in range(size))
    return IP(src=src, dst=dst, id=ip_id, ttl=ttl) / ICMP(type=kind, id=ident, seq=number) / Raw(data)


def icmp_error(ends: tuple[str, str], kind: int, code: int, quoted: IP, *, ip_id: int, ttl: int) -> IP:
    """Return an ICMP error that quotes the header and the first eight bytes of a packet (RFC 792)."""
    src, dst = ends
    raw = bytes(quoted)[:28]
    return IP(src=src, dst=dst, id=ip_id, ttl=ttl) / ICMP(type=kind, code=code) / Raw(raw)


def fragments(packet: IP, mtu: int) -> list[IP]:
    """Return the packet in fragments of at most ``mtu`` bytes (RFC 791)."""
    whole = IP(bytes(packet))
    payload = bytes(whole)[20:]
    step = (mtu - 20) // 8 * 8
    pieces = []
    for start in range(0, len(payload), step):
        is_last = start + step >= len(payload)
        head = IP(src=whole.src, dst=whole.dst, id=whole.id, ttl=whole.ttl, proto=whole.proto)
        head.flags, head.frag = 0 if is_last else "MF", start // 8
        pieces.append(head / Raw(payload[start : start + step]))
    return pieces
