"""Frames of a capture that can be edited as a network edits them.

In: a pcap file. Out: ``Packet``s: IPv4 frames with setters that keep checksums as right (or as wrong) as they were.
Method: RFC 1624 updates. Fragments, multicast, ICMP errors and hosts on no clear side of the capture are left out.
Not here: what is edited (``edits.py``), the second vantage (``worlds.py``).
"""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import attrs

L3 = {1: 14, 113: 16, 276: 20, 101: 0, 12: 0}
"""Link type -> where IPv4 starts; EtherTypes are checked where there is one."""
ETHERTYPE = {1: 12, 113: 14, 276: 0}
MAX_FRAMES = 3000
TCP, UDP, ICMP = 6, 17, 1
SUM_AT = {TCP: 16, UDP: 6}


@attrs.define(eq=False)
class Packet:
    """One frame; ``out``: it travels away from the side of the first vantage."""

    ns: int
    data: bytearray
    at: int
    """Where IP starts."""
    out: bool = True
    origin: int = -1
    """Which packet of the original capture it is; -1 = made by an edit."""
    true_ns: int = 0
    """When it passed, on the clock of the original capture."""

    def copy(self) -> Packet:
        return attrs.evolve(self, data=bytearray(self.data))

    @property
    def l4(self) -> int:
        return self.at + (self.data[self.at] & 15) * 4

    @property
    def proto(self) -> int:
        return self.data[self.at + 9]

    @property
    def end(self) -> int:
        return self.at + int.from_bytes(self.data[self.at + 2 : self.at + 4], "big")

    @property
    def hosts(self) -> tuple[bytes, bytes]:
        return bytes(self.data[self.at + 12 : self.at + 16]), bytes(self.data[self.at + 16 : self.at + 20])

    @property
    def ports(self) -> tuple[int, int] | None:
        if self.proto not in SUM_AT or len(self.data) < self.l4 + (20 if self.proto == TCP else 8):
            return None
        return struct.unpack_from(">HH", self.data, self.l4)

    @property
    def tcp_flags(self) -> int:
        return self.data[self.l4 + 13] if self.proto == TCP and self.ports else 0

    @property
    def payload(self) -> tuple[int, int]:
        """Where the captured payload begins and ends."""
        if not self.ports:
            return self.l4, self.l4
        start = self.l4 + (8 if self.proto == UDP else (self.data[self.l4 + 12] >> 4) * 4)
        return start, min(self.end, len(self.data))

    @property
    def flow(self) -> tuple[object, ...]:
        ports = self.ports or (0, 0)
        return (self.proto, *sorted(zip(self.hosts, ports, strict=True)))

    def set_ip(self, offset: int, new: bytes) -> None:
        """Write into the IP header; addresses are in the pseudo header of the transport checksum too."""
        before, after = self._write(self.at, offset, new)
        self._update(self.at + 10, before, after)
        if offset in (12, 16):
            self._update_l4(before, after)

    def set_l4(self, offset: int, new: bytes, *, fix: bool = True) -> None:
        """Write behind the IP header."""
        before, after = self._write(self.l4, offset, new)
        if fix:
            self._update_l4(before, after)

    def fill_in(self) -> None:
        """Compute a transport checksum that a card was to compute (the sender's own capture shows it unfinished)."""
        place = SUM_AT.get(self.proto)
        if place is None or not self.ports or len(self.data) < self.end or (self.proto == UDP and not self.sum):
            return
        source, target = self.hosts
        body = bytes(self.data[self.l4 : self.end])
        pseudo = source + target + struct.pack(">BBH", 0, self.proto, len(body))
        if ones_sum(pseudo + body) != 0xFFFF:
            bare = body[:place] + b"\0\0" + body[place + 2 :]
            struct.pack_into(">H", self.data, self.l4 + place, ~ones_sum(pseudo + bare) & 0xFFFF)

    @property
    def sum(self) -> int:
        return struct.unpack_from(">H", self.data, self.l4 + SUM_AT[self.proto])[0]

    def _write(self, base: int, offset: int, new: bytes) -> tuple[bytes, bytes]:
        start, stop = base + offset - offset % 2, base + offset + len(new)
        stop += (stop - start) % 2
        before = bytes(self.data[start:stop])
        self.data[base + offset : base + offset + len(new)] = new
        return before, bytes(self.data[start:stop])

    def _update_l4(self, before: bytes, after: bytes) -> None:
        place = SUM_AT.get(self.proto)
        if place is not None and self.ports and (self.proto == TCP or self.sum):
            self._update(self.l4 + place, before, after)

    def _update(self, at: int, before: bytes, after: bytes) -> None:
        old = struct.unpack_from(">H", self.data, at)[0]
        total = (~old & 0xFFFF) + (~ones_sum(before) & 0xFFFF) + ones_sum(after)
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        struct.pack_into(">H", self.data, at, ~total & 0xFFFF)

    def options(self) -> list[tuple[int, int, int]]:
        """TCP options: kind, offset behind the IP header, length."""
        found, at, end = [], 20, (self.data[self.l4 + 12] >> 4) * 4
        while at < end and self.l4 + end <= len(self.data):
            kind = self.data[self.l4 + at]
            if kind == 0:
                break
            size = 1 if kind == 1 else self.data[self.l4 + at + 1]
            if size < 1 or (kind != 1 and size < 2):
                break
            found.append((kind, at, size))
            at += size
        return found


def ones_sum(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def read(path: Path) -> tuple[int, list[Packet]] | None:
    """Return link type and packets of a pcap file in time order, None if it is another format or link."""
    raw = path.read_bytes()
    data = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\xa1\xb2\x3c\x4d": ">"}
    if data[:4] not in order or len(data) < 24:
        return None
    sign, unit = order[data[:4]], 1 if data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1000
    link = struct.unpack_from(sign + "I", data, 20)[0] & 0xFFFF
    if link not in L3:
        return None
    found, at = [], 24
    while at + 16 <= len(data) and len(found) < MAX_FRAMES:
        seconds, part, size, _ = struct.unpack_from(sign + "IIII", data, at)
        if at + 16 + size > len(data):
            break
        frame = data[at + 16 : at + 16 + size]
        at += 16 + size
        if is_plain(frame, link):
            found.append(Packet(seconds * 10**9 + part * unit, bytearray(frame), L3[link]))
    packets = sorted(on_two_sides(found), key=lambda one: one.ns)
    return link, [attrs.evolve(one, origin=number, true_ns=one.ns) for number, one in enumerate(packets)]


def is_plain(frame: bytes, link: int) -> bool:
    at = L3[link]
    if len(frame) < at + 20 or frame[at] >> 4 != 4 or frame[at] & 15 < 5:
        return False
    if link in ETHERTYPE and frame[ETHERTYPE[link] : ETHERTYPE[link] + 2] != b"\x08\x00":
        return False
    if int.from_bytes(frame[at + 6 : at + 8], "big") & 0x3FFF or frame[at + 16] >= 224:
        return False
    l4 = at + (frame[at] & 15) * 4
    return not (frame[at + 9] == ICMP and len(frame) > l4 and frame[l4] in (3, 4, 5, 11, 12))


def on_two_sides(packets: list[Packet]) -> list[Packet]:
    """Keep packets between hosts of two sides, those that begin flows on the first vantage's side."""
    side: dict[bytes, int] = {}
    first: dict[tuple[object, ...], bytes] = {}
    kept = []
    for packet in packets:
        source, target = packet.hosts
        starter = first.setdefault(packet.flow, source)
        other = target if source == starter else source
        if starter == other:
            continue
        mine = side.setdefault(starter, 1 - side.get(other, 1))
        if side.setdefault(other, 1 - mine) == mine:
            continue
        packet.out = side[source] == 0
        kept.append(packet)
    return kept


def write(path: Path, link: int, packets: list[Packet]) -> None:
    """Write a pcap file with nanoseconds."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, link))
        for one in packets:
            size = max(len(one.data), one.end)
            file.write(struct.pack("<IIII", one.ns // 10**9, one.ns % 10**9, len(one.data), size))
            file.write(one.data)
