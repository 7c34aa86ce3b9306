"""IP protocols that have no ports, or are not TCP, UDP and ICMP.

**In:** ``OtherLoad``. **Out:** numbered packets, each answered by one of the other direction.
**Method:** RFC 9260 (SCTP: DATA and SACK under CRC32c, which covers no addresses), RFC 4303 (ESP), RFC 4302 (AH),
RFC 2890 (GRE, here with an ethertype that carries no packet), and a protocol that nobody knows (253, RFC 3692).
**Not here:** tunnels (``boxes/tunnels.py``).
"""

from __future__ import annotations

import struct
from typing import Any

from tests.netsim.datagrams import Datagrams
from tests.netsim.packet import Packet
from tests.netsim.world import OtherLoad

SCTP, ESP, AH, GRE = 132, 50, 51, 47
_CASTAGNOLI = 0x82F63B78
_NO_PACKET = 0x88B5
"""Ethertype for local experiments (IEEE 802)."""


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (_CASTAGNOLI if value & 1 else 0)
        rows.append(value)
    return tuple(rows)


_ROWS = _table()


def crc32c(data: bytes) -> int:
    """Return the checksum of SCTP (RFC 9260 appendix A).

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ _ROWS[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


class Others(Datagrams):
    """One association, or two one-way ones; ``name`` and ``count`` are each direction's SPI or tag, and number."""

    def __init__(self, net: Any, flow: int, load: OtherLoad, addresses: tuple[bytes, bytes, int, int]) -> None:
        super().__init__(net, flow, load, addresses)
        self.proto = load.proto
        self.name = {forward: net.rng.getrandbits(32) | 1 for forward in (True, False)}
        self.count = {forward: net.rng.getrandbits(31) for forward in (True, False)}
        if load.proto in {ESP, AH, GRE}:
            self.count = dict.fromkeys(self.count, 0)
        if load.proto != SCTP:
            # Without ports the hosts are all that names a flow.
            self.source = self.source[:-1] + bytes((100 + flow % 150,))
        self.sent = 0

    def start(self) -> None:
        if self.sent >= self.load.count:
            return
        self.sent += 1
        self.emit(self._bytes(forward=True), "other", forward=True)
        self.net.after(self.load.interval_ns, self.start)

    def deliver(self, packet: Packet) -> None:
        if packet.forward:
            self.reached(packet)
            self.emit(self._bytes(forward=False), "other-answer", forward=False)

    def _bytes(self, *, forward: bool) -> bytes:
        self.count[forward] = self.count[forward] + 1 & 0xFFFFFFFF
        number, name = self.count[forward], self.name[forward]
        size = self.load.payload_bytes if forward else self.load.payload_bytes // 3
        content = self.net.content(size, same=self.load.same_payload)
        match self.proto:
            case 132:
                ends = (self.sport, self.dport) if forward else (self.dport, self.sport)
                return self._sctp(ends, name, number, content, forward=forward)
            case 50:
                # Ciphertext is never the same.
                return struct.pack("!II", name, number) + self.net.rng.randbytes(size)
            case 51:
                return struct.pack("!BBHII", 253, 4, 0, name, number) + self.net.rng.randbytes(12) + content
            case 47 if self.load.is_numbered:
                return struct.pack("!HHII", 0x3000, _NO_PACKET, name, number) + content
            case 47:
                return struct.pack("!HH", 0, _NO_PACKET) + content
            case _:
                return content

    def _sctp(self, ends: tuple[int, int], tag: int, number: int, content: bytes, *, forward: bool) -> bytes:
        if forward:
            chunk = struct.pack("!BBHIHHI", 0, 3, 16 + len(content), number, 0, number & 0xFFFF, 0) + content
        else:
            chunk = struct.pack("!BBHIIHH", 3, 0, 16, self.count[True], 65536, 0, 0)
        chunk += bytes(-len(chunk) % 4)
        head = struct.pack("!HHI", *ends, tag)
        return head + struct.pack("<I", crc32c(head + bytes(4) + chunk)) + chunk
