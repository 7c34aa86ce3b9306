"""UDP and ICMP applications.

**In:** loads. **Out:** requests with retries that repeat the payload, answers, one-way streams, echoes.
**Method:** like TCP ends, they react only to what reaches them.
**Not here:** TCP (``tcp.py``).
"""

from __future__ import annotations

import struct
from typing import Any

from tests.netsim.packet import ICMP, ICMPV6, UDP, Packet
from tests.netsim.world import BurstLoad, DnsLoad, PingLoad, ProbeLoad, StreamLoad

MAX_TRIES = 3
FITS = 1472
"""Payload of a UDP datagram that one Ethernet frame takes."""


class Datagrams:
    """What they have in common: addresses and one way to send."""

    proto = UDP

    def __init__(self, net: Any, flow: int, load: Any, addresses: tuple[bytes, bytes, int, int]) -> None:
        self.net = net
        self.flow = flow
        self.load = load
        self.source, self.target, self.sport, self.dport = addresses
        self.peer = (self.source, self.sport)
        """The client as the server sees it (translated, perhaps)."""
        self.here = (self.target, self.dport)
        """The server as it was reached."""
        self.ip_id = net.rng.getrandbits(16)
        self.label = net.rng.getrandbits(20)

    def reached(self, packet: Packet) -> None:
        """Note who asked whom, as the server sees it."""
        self.peer, self.here = (packet.src, packet.sport), (packet.dst, packet.dport)

    def emit(self, payload: bytes, kind: str, *, forward: bool, icmp_type: int = 0, seq: int = 0) -> None:
        if forward:
            packet = Packet(self.flow, self.proto, self.source, self.target, self.sport, self.dport)
        else:
            # A translator may have changed the version: what answers is of the version that arrived.
            proto = {ICMPV6: ICMP}.get(self.proto, self.proto) if len(self.here[0]) == 4 else self.proto
            packet = Packet(self.flow, proto, self.here[0], self.peer[0], self.here[1], self.peer[1])
            if self.proto != UDP:
                packet.sport = self.peer[1]
        packet.forward, packet.kind = forward, kind
        packet.icmp_type, packet.seq = icmp_type, seq
        packet.set_payload(payload)
        # What does not fit into a frame may be fragmented, and then needs an identification (RFC 6864 section 4).
        packet.df = len(payload) <= FITS
        if forward or not packet.df:
            # A connected socket counts; an answering one leaves 0 beside DF (Linux, __ip_select_ident).
            self.ip_id = (self.ip_id + 1) & 0xFFFF or 1
        self.net.identify(packet, self.ip_id if forward or not packet.df else 0, self.label)
        if not packet.df and self.load.version == 6:
            packet.ip_id = self.net.rng.getrandbits(32)
        self.net.send(packet)


class Lookups(Datagrams):
    """Queries one after another; each is repeated, bytes equal, until answered or given up."""

    def start(self) -> None:
        self.left = self.net.rng.randint(*self.load.queries)
        self._next()

    def _next(self) -> None:
        self.left -= 1
        name = b"\x03www\x07example\x03com\x00"
        number = 0x1234 if self.load.same_payload else self.net.rng.getrandbits(16)
        flags = b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
        label = b"" if self.load.same_payload else self.net.rng.randbytes(4).hex().encode()
        prefix = bytes((len(label),)) + label if label else b""
        self.query = number.to_bytes(2, "big") + flags + prefix + name + b"\x00\x01\x00\x01"
        self.tries = 0
        self.is_open = True
        self._ask(self.query)

    def _ask(self, query: bytes) -> None:
        if not self.is_open or query is not self.query:
            return
        if self.tries >= MAX_TRIES:
            self.is_open = False
            return
        self.tries += 1
        self.emit(query, "query" if self.tries == 1 else "query-again", forward=True)
        self.net.after(self.load.retry_ns, self._ask, query)

    def deliver(self, packet: Packet) -> None:
        if packet.forward:
            self.reached(packet)
            head = packet.payload[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
            answer = head + packet.payload[12:] + b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10\x00\x04"
            answer += bytes((192, 0, 2, 80)) if self.load.same_payload else self.net.rng.randbytes(4)
            self.net.after(self.net.rng.randint(*self.load.think_ns), self._answer, answer)
        elif self.is_open and packet.payload[:2] == self.query[:2]:
            self.is_open = False
            if self.left > 0:
                self.net.after(3_000_000, self._next)

    def _answer(self, answer: bytes) -> None:
        self.emit(answer, "answer", forward=False)


class Stream(Datagrams):
    """Packets in one direction at a steady pace, numbered like RTP (RFC 3550) unless all are to be the same."""

    def start(self) -> None:
        self.sent = 0
        self.number = self.net.rng.getrandbits(16)
        self.source_id = self.net.rng.getrandbits(32)
        self._tick()

    def _tick(self) -> None:
        if self.sent >= self.load.packets:
            return
        self.sent += 1
        number = 0 if self.load.same_payload else (self.number + self.sent) & 0xFFFF
        head = struct.pack("!BBHII", 0x80, 0, number, number * 160, self.source_id)
        body = self.net.content(max(0, self.load.payload_bytes - 12), same=self.load.same_payload)
        self.emit(head + body, "stream", forward=not self.load.from_server)
        self.net.after(self.load.interval_ns, self._tick)

    def deliver(self, packet: Packet) -> None:
        """Nobody answers."""


class Pings(Datagrams):
    """Echo requests, each answered with the same bytes."""

    def __init__(self, net: Any, flow: int, load: PingLoad, addresses: tuple[bytes, bytes, int, int]) -> None:
        super().__init__(net, flow, load, addresses)
        self.proto = ICMP if load.version == 4 else ICMPV6
        self.dport = self.sport

    def start(self) -> None:
        self.sent = 0
        self._tick()

    def _tick(self) -> None:
        if self.sent >= self.load.count:
            return
        self.sent += 1
        stamp = struct.pack("<QQ", self.net.now // 1_000_000_000, self.net.now // 1000 % 1_000_000)
        payload = (stamp + bytes(at & 255 for at in range(16, 16 + self.load.payload_bytes)))[: self.load.payload_bytes]
        self.emit(payload, "echo", forward=True, icmp_type=8 if self.proto == ICMP else 128, seq=self.sent)
        self.net.after(self.load.interval_ns, self._tick)

    def deliver(self, packet: Packet) -> None:
        if packet.forward:
            self.reached(packet)
            kind = 0 if packet.proto == ICMP else 129
            self.emit(packet.payload, "echo-reply", forward=False, icmp_type=kind, seq=packet.seq)


class Probes(Datagrams):
    """Datagrams to a closed port; the host answers each with an ICMP error that quotes it (RFC 1122 section 4.1.3.1)."""

    def start(self) -> None:
        self.sent = 0
        self._tick()

    def _tick(self) -> None:
        if self.sent >= self.load.count:
            return
        self.sent += 1
        self.emit(self.net.content(self.load.payload_bytes, same=self.load.same_payload), "probe", forward=True)
        self.net.after(self.load.interval_ns, self._tick)

    def deliver(self, packet: Packet) -> None:
        if packet.forward:
            is_four = len(packet.dst) == 4
            error = Packet(self.flow, ICMP if is_four else ICMPV6, packet.dst, packet.src, 0, 0)
            error.forward, error.kind = False, "icmp-error"
            error.icmp_type, error.icmp_code, error.df = (3, 3, False) if is_four else (1, 4, False)
            error.set_quote(packet)
            self.net.identify(error, self.net.rng.getrandbits(16), 0)
            self.net.send(error)


class Bursts(Datagrams):
    """Equal datagrams back to back, the last one shorter, as QUIC sends them; each burst is answered by one."""

    def start(self) -> None:
        self.left = self.load.bursts
        self._burst()

    def _burst(self) -> None:
        if self.left <= 0:
            return
        self.left -= 1
        count = self.net.rng.randint(*self.load.datagrams)
        for number in range(count):
            is_last = number + 1 == count
            size = self.net.rng.randint(40, self.load.payload_bytes) if is_last else self.load.payload_bytes
            self.emit(self.net.rng.randbytes(size), "burst", forward=not self.load.from_server)
        self.net.after(self.load.interval_ns, self._burst)

    def deliver(self, packet: Packet) -> None:
        if packet.forward:
            self.peer = (packet.src, packet.sport)
        if packet.kind == "burst" and len(packet.payload) < self.load.payload_bytes:
            self.emit(self.net.rng.randbytes(33), "burst-ack", forward=not packet.forward)


APPLICATIONS = {BurstLoad: Bursts, DnsLoad: Lookups, StreamLoad: Stream, PingLoad: Pings, ProbeLoad: Probes}
