"""Subflows of MPTCP connections.

**In:** ``MultipathLoad``. **Out:** two TCP connections that carry pieces of one byte stream, some of them both.
**Method:** RFC 8684: MP_CAPABLE and MP_JOIN in the handshakes, a mapping with every segment. The server gives each
segment to one subflow; some it gives to both at once, and what is not acknowledged in time it sends again on its
subflow and on the other one (reinjection). Each subflow is a TCP of its own with cumulative acknowledgements.
**Not here:** congestion control, closing the connection as a whole: subflows end by FIN.
"""

from __future__ import annotations

import struct
from typing import Any

from tests.netsim.packet import ACK, FIN, MPTCP, MSS, PSH, SYN, TCP, Option, Packet
from tests.netsim.world import MultipathLoad

_WINDOW, _PATIENCE_NS, _TRIES = 10, 260_000_000, 6


class Subflow:
    """One of the two; the second one in the list of flows joins the connection of the first."""

    def __init__(self, net: Any, flow: int, load: MultipathLoad, addresses: tuple[bytes, bytes, int, int]) -> None:
        self.net, self.flow, self.load = net, flow, load
        self.source, self.target, self.sport, self.dport = addresses
        self.peer, self.here = (self.source, self.sport), (self.target, self.dport)
        before = net.flows[-1] if net.flows else None
        self.other: Subflow | None = None
        self.key = net.rng.randbytes(8)
        if isinstance(before, Subflow) and before.load is load and before.other is None:
            self.other, before.other = before, self
            self.target = before.target
        self.is_second = self.other is not None
        self.isn = {True: net.rng.getrandbits(32), False: net.rng.getrandbits(32)}
        self.ids = {True: net.rng.getrandbits(16), False: net.rng.getrandbits(16)}
        self.data: list[tuple[int, bytes]] = []
        """(data sequence number, bytes) of each of its segments, in order."""
        self.sent = self.acked = self.received = 0
        self.is_open = False

    def start(self) -> None:
        hello = struct.pack("!BB", 0x10, self.is_second) + self.key if self.is_second else b"\x01\x01" + self.key
        self._open(hello, _TRIES)

    def _open(self, hello: bytes, tries: int) -> None:
        if not self.is_open and tries:
            self._emit(SYN, 0, 0, forward=True, options=((MSS, 1420), (MPTCP, hello)))
            self.net.after(_PATIENCE_NS, self._open, hello, tries - 1)

    def deliver(self, packet: Packet) -> None:
        if packet.forward:
            self.peer, self.here = (packet.src, packet.sport), (packet.dst, packet.dport)
            self._serve(packet)
        elif packet.flags & SYN:
            self.is_open = True
            self._emit(ACK, 1, 1, forward=True, options=((MPTCP, b"\x01\x81" + self.key + self.key),))
        elif packet.payload or packet.flags & FIN:
            at = packet.seq - self.isn[False] - 1 & 0xFFFFFFFF
            if at == self.received:
                self.received += len(packet.payload) + (packet.flags & FIN)
            self._emit(ACK, 1, 1 + self.received, forward=True, options=((MPTCP, b"\x20\x01" + bytes(4)),))

    def _serve(self, packet: Packet) -> None:
        if packet.flags & SYN:
            self._emit(SYN | ACK, 0, 1, forward=False, options=((MSS, 1420), (MPTCP, b"\x01\x81" + self.key)))
            return
        if not self.is_open:
            return
        if not self.data and not self.is_second:
            self._share_out()
        self.acked = max(self.acked, packet.ack - self.isn[False] - 1 & 0xFFFFFFFF)
        self._push()

    def _share_out(self) -> None:
        """Give the stream's segments to this subflow and the other one."""
        rng, number = self.net.rng, self.net.rng.getrandbits(30)
        for _ in range(rng.randint(*self.load.segments)):
            piece = number, rng.randbytes(self.load.segment_bytes)
            number += len(piece[1])
            both = self.other is not None and rng.random() < self.load.again
            chosen = self if self.other is None or rng.random() < 0.5 else self.other
            for one in (self, self.other) if both else (chosen,):
                one.data.append(piece)

    def _push(self) -> None:
        """Send what the window allows; the end of the list ends the subflow."""
        while (
            self.sent < len(self.data)
            and self.sent * self.load.segment_bytes < self.acked + _WINDOW * self.load.segment_bytes
        ):
            self._segment(self.sent)
            self.net.after(_PATIENCE_NS, self._late, self.sent, _TRIES)
            self.sent += 1

    def _late(self, index: int, tries: int) -> None:
        """Send a segment again, here and (once) on the other subflow, if it is the first one that is not acknowledged."""
        if self.acked > index * self.load.segment_bytes or not tries:
            return
        if self.acked == index * self.load.segment_bytes:
            self._segment(index)
            if tries == _TRIES and self.other is not None and self.other.is_open:
                self.other.data.append(self.data[index])
                self.other._push()
        self.net.after(_PATIENCE_NS, self._late, index, tries - 1)

    def _segment(self, index: int) -> None:
        number, piece = self.data[index]
        offset = 1 + index * self.load.segment_bytes
        mapping = struct.pack("!BBIIIH", 0x20, 0x05, 0, number & 0xFFFFFFFF, offset, len(piece))
        self._emit(PSH | ACK, offset, 1, forward=False, options=((MPTCP, mapping),), payload=piece)

    def _emit(
        self, flags: int, seq: int, ack: int, *, forward: bool, options: tuple[Option, ...], payload: bytes = b""
    ) -> None:
        ends = (self.source, self.target, self.sport, self.dport)
        if not forward:
            ends = (self.here[0], self.peer[0], self.here[1], self.peer[1])
        packet = Packet(self.flow, TCP, *ends)
        packet.forward, packet.flags, packet.window = forward, flags, 65535
        packet.kind = "syn" if flags & SYN else "data" if payload else "ack"
        packet.seq = self.isn[forward] + seq & 0xFFFFFFFF
        packet.ack = self.isn[not forward] + ack & 0xFFFFFFFF if flags & ACK else 0
        packet.options = options
        packet.set_payload(payload)
        self.ids[forward] = (self.ids[forward] + 1) & 0xFFFF or 1
        self.net.identify(packet, self.ids[forward], self.flow)
        self.net.send(packet)
