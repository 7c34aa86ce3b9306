"""Boxes that end connections: SYN proxy, TCP proxy, HTTP proxy.

**In:** packets at a box. **Out:** the box's own packets towards both ends, in their names.
**Method:** a SYN proxy makes the client's handshake itself (cookie as initial sequence number, window 0), then the
server's, and from then on shifts the server's numbers and timestamps by constants, as Linux SYNPROXY does. A TCP proxy
has an ``End`` of ``tcp.py`` on each side and carries the bytes over; an HTTP proxy adds a header on the way. They react
at the moment a packet reaches them, so packets are held and looked at by an event.
**Not here:** what the ends do.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import attrs

from tests.netsim.boxes.site import Handler, Site
from tests.netsim.packet import ACK, FIN, MSS, NOP, RST, SACK, SACK_PERMITTED, SYN, TCP, TIMESTAMPS, WSCALE, Packet
from tests.netsim.tcp import End
from tests.netsim.world import TcpLoad

MODULUS = 0xFFFFFFFF


@attrs.define
class _Splice:
    """What a SYN proxy knows of one connection."""

    cookie: int
    stamp: int
    """Own timestamp clock at the handshake."""
    client_isn: int = 0
    shift: int | None = None
    """Added to the server's sequence numbers; None = not spliced yet."""
    stamp_shift: int = 0
    is_asked: bool = False
    waiting: list[Packet] = attrs.field(factory=list)


@attrs.frozen(kw_only=True)
class SynProxy:
    """Answers SYNs itself and opens the server's side once the client has proven that it is there."""

    mss: int = 1400
    finding: str = "syn-proxy"

    def start(self, rng: Random) -> Handler:
        table: dict[int, _Splice] = {}

        def answer(packet: Packet, state: _Splice, site: Site) -> None:
            stamp = packet.option(TIMESTAMPS)
            reply = _reply(packet, SYN | ACK, state.cookie, (packet.seq + 1) & MODULUS)
            reply.kind, reply.window = "proxy-syn-ack", 0
            options: list[tuple[int, Any]] = [(MSS, self.mss), (SACK_PERMITTED, None)]
            if stamp:
                options.append((TIMESTAMPS, (state.stamp, stamp[0])))
            else:
                options += [(NOP, None), (NOP, None)]
            reply.options = (*options, (NOP, None), (WSCALE, 7))
            state.client_isn = packet.seq
            site.inject(reply, forward=False)

        def ask(packet: Packet, state: _Splice, site: Site) -> None:
            state.is_asked = True
            syn = packet.clone()
            syn.set_payload(b"")
            stamp = packet.option(TIMESTAMPS)
            syn.kind, syn.flags, syn.seq, syn.ack, syn.window = "proxy-syn", SYN, state.client_isn, 0, 64240
            syn.ip_id, syn.ttl = rng.randint(1, 65535), 64
            options: list[tuple[int, Any]] = [(MSS, self.mss), (SACK_PERMITTED, None)]
            options += [(TIMESTAMPS, (stamp[0], 0))] if stamp else [(NOP, None), (NOP, None)]
            syn.options = (*options, (NOP, None), (WSCALE, 7))
            site.inject(syn, forward=True)

        def splice(packet: Packet, state: _Splice, site: Site) -> None:
            stamp = packet.option(TIMESTAMPS)
            state.shift = (state.cookie - packet.seq) & MODULUS
            state.stamp_shift = (state.stamp - stamp[0]) & MODULUS if stamp else 0
            ack = _reply(packet, ACK, (state.client_isn + 1) & MODULUS, (packet.seq + 1) & MODULUS)
            ack.kind, ack.window = "proxy-ack", 502
            ack.options = ((NOP, None), (NOP, None), (TIMESTAMPS, (stamp[1], stamp[0]))) if stamp else ()
            site.inject(ack, forward=True)
            update = packet.clone()
            update.kind, update.flags, update.window = "proxy-window", ACK, packet.window >> 7
            update.seq, update.ttl, update.ip_id = (state.cookie + 1) & MODULUS, 64, 0
            update.options = ((NOP, None), (NOP, None), (TIMESTAMPS, (state.stamp, stamp[1]))) if stamp else ()
            site.inject(update, forward=False)
            for held in state.waiting:
                _shift(held, state, site)
                site.resume(held)
            state.waiting.clear()

        def look(packet: Packet, site: Site) -> None:
            state = table.get(packet.flow)
            if packet.forward and packet.flags & (SYN | ACK) == SYN:
                state = table.setdefault(packet.flow, _Splice(rng.getrandbits(32), rng.getrandbits(32)))
                if state.shift is None:
                    answer(packet, state, site)
                return
            if state is None:
                return
            if state.shift is not None:
                if not packet.flags & SYN:
                    _shift(packet, state, site)
                    site.resume(packet)
            elif packet.forward:
                if packet.flags & RST:
                    table.pop(packet.flow)
                    return
                if not state.is_asked:
                    ask(packet, state, site)
                if packet.payload or packet.flags & FIN:
                    state.waiting.append(packet)
            elif packet.flags & SYN:
                splice(packet, state, site)

        return _held(look)


def _held(look: Callable[[Packet, Site], None]) -> Handler:
    """Return a handler that looks at TCP packets when they are there, and lets all others pass."""

    def handle(packet: Packet, site: Site) -> bool:
        if packet.proto != TCP:
            return True
        site.hold(packet)
        site.after(0, lambda: look(packet, site))
        return False

    return handle


def _reply(packet: Packet, flags: int, seq: int, ack: int) -> Packet:
    """Return a packet back to the sender of another, in the name of whom it was sent to."""
    reply = packet.clone()
    reply.src, reply.dst, reply.sport, reply.dport = packet.dst, packet.src, packet.dport, packet.sport
    reply.flags, reply.seq, reply.ack, reply.ttl, reply.ip_id = flags, seq, ack, 64, 0
    reply.set_payload(b"")
    return reply


def _shift(packet: Packet, state: _Splice, site: Site) -> None:
    """Translate between the cookie's numbers and the server's."""
    assert state.shift is not None, "not spliced"
    stamp = packet.option(TIMESTAMPS)
    if packet.forward:
        if packet.flags & ACK:
            before, packet.ack = packet.ack, (packet.ack - state.shift) & MODULUS
            site.edited(packet, "tcp.ack_raw", before, packet.ack)
        moved = stamp and (stamp[0], (stamp[1] - state.stamp_shift) & MODULUS)
        blocks = packet.option(SACK)
        if blocks:
            shifted = tuple(((a - state.shift) & MODULUS, (b - state.shift) & MODULUS) for a, b in blocks)
            packet.options = tuple((k, shifted if k == SACK else v) for k, v in packet.options)
            site.edited(packet, "tcp.options.sack_le", blocks[0][0], shifted[0][0])
            site.edited(packet, "tcp.options.sack_re", blocks[0][1], shifted[0][1])
        if stamp:
            site.edited(packet, "tcp.options.timestamp.tsecr", stamp[1], moved[1])
    else:
        before, packet.seq = packet.seq, (packet.seq + state.shift) & MODULUS
        site.edited(packet, "tcp.seq_raw", before, packet.seq)
        moved = stamp and ((stamp[0] + state.stamp_shift) & MODULUS, stamp[1])
        if stamp:
            site.edited(packet, "tcp.options.timestamp.tsval", stamp[0], moved[0])
    if stamp:
        packet.options = tuple((k, moved if k == TIMESTAMPS else v) for k, v in packet.options)


class _Desk:
    """The part of a network that an ``End`` inside a box needs."""

    def __init__(self, site: Site, rng: Random, epoch: int) -> None:
        self.site, self.rng, self.epoch = site, rng, epoch

    @property
    def now(self) -> int:
        return self.site.now

    def after(self, wait: int, call: Callable[..., None], *arguments: Any) -> None:
        self.site.after(wait, lambda: call(*arguments))

    def identify(self, packet: Packet, counter: int, label: int) -> None:
        packet.ip_id = counter if len(packet.src) == 4 else 0
        packet.label = label if len(packet.src) == 16 else 0

    def send(self, packet: Packet) -> None:
        packet.kind = f"proxy-{packet.kind}"
        self.site.inject(packet, forward=packet.forward)


class _Half:
    """One connection of a proxy, in the place of ``tcp.Connection``."""

    def __init__(self, desk: _Desk, packet: Packet, load: TcpLoad, source: tuple[bytes, int]) -> None:
        self.net, self.flow, self.load = desk, packet.flow, load
        self.source, self.sport = source
        self.target, self.dport = packet.dst, packet.dport
        self.here, self.peer = (packet.dst, packet.dport), source
        self.steps = [(0, 0), (0, 0)]


class _Relay(End):
    """An end that hands on what it receives to the other half's end."""

    other: _Relay
    edit: Callable[[bytes], bytes]

    def __init__(self, half: _Half, *, is_client: bool) -> None:
        super().__init__(half, is_client=is_client)  # type: ignore[arg-type]
        self.buffer = bytearray()
        self.relayed = 0
        self.is_wanted = False
        """To be closed once the other half has nothing more to hand on."""

    def _take_data(self, packet: Packet, seq: int) -> None:
        at = seq - (self.rcv_nxt - self.received)
        if packet.payload and at >= 0:
            self.buffer.extend(bytes(max(0, at + len(packet.payload) - len(self.buffer))))
            self.buffer[at : at + len(packet.payload)] = packet.payload
        had_fin = self._has_fin()
        super()._take_data(packet, seq)
        if self._has_fin() and not had_fin:
            self.other.close()

    def _has_fin(self) -> bool:
        return self.peer_fin is not None and self.rcv_nxt > self.peer_fin

    def _tell_script(self) -> None:
        fresh = bytes(self.buffer[self.relayed : self.received])
        self.relayed = self.received
        if fresh:
            self.other.data += self.edit(fresh)
            if self.other.state == "open":
                self.other._pump()

    def receive(self, packet: Packet) -> None:
        was_open = self.state == "open"
        super().receive(packet)
        if packet.flags & RST and self.state == "dead":
            self.other.abort()
        if self.state == "open" and not was_open:
            if self.is_client:
                self._pump()
            elif self.other.state == "closed":
                self.other.connect()

    def write(self, size: int, step: int) -> None:
        """Have no script."""


@attrs.frozen(kw_only=True)
class TcpProxy:
    """Ends the client's connection and opens one of its own to the server; the bytes go over unchanged."""

    mss: int = 1200
    timestamps: bool = False
    sack: bool = False
    wscale: int | None = None
    address: bytes | None = bytes((203, 0, 113, 9))
    """Own address towards the server; None = the client's, as a transparent proxy does."""
    header: bytes = b""
    """An HTTP header added to every message."""
    recodes: bool = False
    """Every byte leaves as another one, as where TLS ends on one side."""
    finding: str = "tcp-proxy"

    def start(self, rng: Random) -> Handler:
        ends: dict[int, tuple[_Relay, _Relay]] = {}
        ports = iter(range(20_000, 65_000))

        def edit(data: bytes) -> bytes:
            if self.recodes:
                return bytes(byte ^ 0x5A for byte in data)
            head, end, body = data.partition(b"\r\n\r\n")
            return head + b"\r\n" + self.header + end + body if end and self.header else data

        def look(packet: Packet, site: Site) -> None:
            pair = ends.get(packet.flow)
            if packet.forward and packet.flags & (SYN | ACK) == SYN and (pair is None or pair[0].state == "dead"):
                own = TcpLoad(timestamps=self.timestamps, sack=self.sack, wscale=self.wscale, mss=self.mss)
                desk = _Desk(site, rng, site.now)
                client = (packet.src, packet.sport)
                mine = client if self.address is None else (self.address, next(ports))
                pair = ends[packet.flow] = (
                    _Relay(_Half(desk, packet, own, client), is_client=False),
                    _Relay(_Half(desk, packet, own, mine), is_client=True),
                )
                for one, other in (pair, pair[::-1]):
                    one.other, one.edit = other, edit
            if pair is not None:
                pair[0 if packet.forward else 1].receive(packet)

        return _held(look)
