"""QUIC as a middlebox sees it: a handshake that shows connection IDs, then short headers and ciphertext.

**In:** ``QuicLoad``. **Out:** requests of one datagram, answers of several, acknowledgements.
**Method:** RFC 9000 sections 5 and 17: both ends choose the ID by which they are addressed; a client that moves goes on
with the ID it has (``keeps_id``, as after a NAT rebinding that it did not notice) or takes one that nobody has seen.
What is lost is not sent again, a late answer ends its exchange: the numbers inside are ciphertext anyway.
**Not here:** frames, cryptography.
"""

from __future__ import annotations

from typing import Any

from tests.netsim.datagrams import Datagrams
from tests.netsim.packet import Packet
from tests.netsim.world import QuicLoad

_FULL, _VERSION = 1200, b"\x00\x00\x00\x01"
_PATIENCE_NS, _TRIES = 400_000_000, 4


class Quic(Datagrams):
    """One connection."""

    def __init__(self, net: Any, flow: int, load: QuicLoad, addresses: tuple[bytes, bytes, int, int]) -> None:
        super().__init__(net, flow, load, addresses)
        draw = net.rng.randbytes
        self.client_id = draw(load.client_id_bytes)
        # Cluster IDs begin alike for all connections of a server (as with QUIC-LB).
        self.server_id = (b"\x07LB" + draw(load.server_id_bytes))[: load.server_id_bytes]
        self.made_up = draw(8)
        self.left = net.rng.randint(*load.exchanges)
        self.asked = self.moves = 0
        self.is_known = False

    def _long(self, kind: int, target: bytes, source: bytes, size: int) -> bytes:
        head = bytes((0xC3 | kind << 4,)) + _VERSION
        head += bytes((len(target),)) + target + bytes((len(source),)) + source
        return head + self.net.rng.randbytes(size - len(head))

    def _short(self, target: bytes, size: int) -> bytes:
        return bytes((0x40 | self.net.rng.getrandbits(6),)) + target + self.net.rng.randbytes(size)

    def start(self) -> None:
        self._begin(_TRIES)

    def _begin(self, tries: int) -> None:
        """Send the first datagram until it is answered; each has another number inside, and so other bytes."""
        if self.is_known or not tries:
            return
        self.emit(self._long(0, self.made_up, self.client_id, _FULL), "initial", forward=True)
        self.net.after(_PATIENCE_NS, self._begin, tries - 1)

    def _ask(self, number: int) -> None:
        """Send the next request, unless the last one was answered and this call came too late."""
        if number != self.asked or not self.left:
            return
        self.left, self.asked = self.left - 1, number + 1
        if self.load.moves_after and self.asked % self.load.moves_after == 0:
            self._move()
        self.emit(self._short(self.server_id, self.net.rng.randint(40, 300)), "request", forward=True)
        self.net.after(_PATIENCE_NS, self._ask, self.asked)

    def _move(self) -> None:
        """Go on from another port and, every second time, another address."""
        self.moves += 1
        self.sport = 1024 + (self.sport - 1024 + 97) % 60000
        if self.moves % 2 == 0:
            self.source = self.source[:-1] + bytes((self.source[-1] + 100 & 0xFF,))
        if not self.load.keeps_id:
            self.server_id = self.net.rng.randbytes(self.load.server_id_bytes)

    def deliver(self, packet: Packet) -> None:
        if packet.forward:
            self.reached(packet)
            self._serve(packet)
        elif packet.kind == "initial-answer" and not self.is_known:
            self.is_known = True
            self.emit(self._long(2, self.server_id, self.client_id, 180), "finished", forward=True)
            self.net.after(self.net.rng.randint(*self.load.pause_ns), self._ask, self.asked)
        elif packet.kind == "answer":
            self.emit(self._short(self.server_id, self.net.rng.randint(50, 60)), "acknowledgement", forward=True)
        elif packet.kind == "answer-end":
            self.net.after(self.net.rng.randint(*self.load.pause_ns), self._ask, self.asked)

    def _serve(self, packet: Packet) -> None:
        if packet.kind == "initial":
            self.emit(self._long(0, self.client_id, self.server_id, _FULL), "initial-answer", forward=False)
            self.emit(self._long(2, self.client_id, self.server_id, 900), "handshake", forward=False)
        elif packet.kind == "request":
            for _ in range(self.net.rng.randint(*self.load.answers)):
                self.emit(self._short(self.client_id, _FULL - 40), "answer", forward=False)
            self.emit(self._short(self.client_id, self.net.rng.randint(60, 1100)), "answer-end", forward=False)
