"""Conversations written by hand, seen at two taps one millisecond apart; nothing in them is random."""

from __future__ import annotations

import functools
import operator
from typing import Literal

import attrs

from tests.netsim.packet import ACK, FIN, PSH, SYN, TCP, TIMESTAMPS, UDP, Packet, encode

MS = 1_000_000
EPOCH = 1_700_000_000_000_000_000
HOP_NS = 1 * MS
Who = Literal["client", "server"]
Frame = tuple[int, bytes, int]


@attrs.frozen(kw_only=True)
class Say:
    """One speaker sends bytes in segments; the peer acknowledges each."""

    who: Who
    at: float
    """Milliseconds, when the speaker's own tap sees the first segment."""
    size: int
    again: bool = False
    """The same bytes as the last saying of this speaker."""
    hidden: bool = False
    """Lost before any tap saw it: only the numbers go on."""
    acked: bool = True
    window: int = 60000
    fin: bool = False


@attrs.define(kw_only=True)
class Dialogue:
    """One flow; ``captures`` gives what the two taps recorded."""

    lines: list[Say]
    port: int = 40001
    proto: int = TCP
    ttl: dict[str, int] = attrs.field(factory=lambda: {"client": 64, "server": 64})
    handshake: bool = True
    mss: int = 1400
    isn: int | None = None
    """Of both sides; None = numbers of the port's own."""

    def captures(self) -> dict[str, list[Frame]]:
        frames: dict[str, list[Frame]] = {"client": [], "server": []}
        seq = {"client": self.port * 7919, "server": self.port * 104_729}
        if self.isn is not None:
            seq = {"client": self.isn, "server": self.isn + 50}
        ids = {"client": self.port % 1000, "server": self.port % 7000 + 500}
        last: dict[str, tuple[int, int]] = {}

        def send(who: Who, at: float, flags: int, payload: bytes = b"", window: int = 60000, number: int | None = None):
            peer = "server" if who == "client" else "client"
            ends = (bytes((10, 0, 0, 1)), bytes((10, 0, 9, 9)), self.port, 443)
            src, dst, sport, dport = ends if who == "client" else (ends[1], ends[0], ends[3], ends[2])
            packet = Packet(0, self.proto, src, dst, sport, dport)
            ids[who] += 1
            packet.ip_id, packet.flags, packet.window = ids[who], flags, window
            packet.seq = (seq[who] if number is None else number) & 0xFFFFFFFF
            packet.ack = seq[peer] & 0xFFFFFFFF if flags & ACK else 0
            if self.proto == TCP:
                packet.options = ((TIMESTAMPS, (int(at) + 1000, 1)),)
            packet.set_payload(payload)
            for place, later in ((who, 0), (peer, HOP_NS)):
                packet.ttl = self.ttl[who] - (place != who)
                data = encode(packet, bytes(12), pads=True)
                frames[place].append((EPOCH + int(at * MS) + later, data, len(data)))

        if self.proto == TCP and self.handshake:
            send("client", -3, SYN)
            seq["client"] += 1
            send("server", -2, SYN | ACK)
            seq["server"] += 1
            send("client", -1, ACK)
        for line in self.lines:
            peer: Who = "server" if line.who == "client" else "client"
            start, size = last.get(line.who, (0, 0)) if line.again else (seq[line.who], line.size)
            last[line.who] = (start, size)
            at = line.at
            for offset in range(0, size, self.mss):
                body = bytes((offset // self.mss + i) % 251 for i in range(min(self.mss, size - offset)))
                if not line.hidden:
                    number = (start + offset) & 0xFFFFFFFF
                    if self.proto == UDP:
                        body = number.to_bytes(4, "big") + body[4:]
                    send(line.who, at, ACK | PSH, body, line.window, number)
                at += 0.02
            if not line.again:
                seq[line.who] += size
            if line.fin:
                send(line.who, at, FIN | ACK)
                seq[line.who] += 1
            if self.proto == TCP and line.acked and not line.hidden:
                send(peer, at + 1.2, ACK)
        return {name: sorted(one, key=lambda frame: frame[0]) for name, one in frames.items()}


def merged(*dialogues: Dialogue) -> dict[str, list[Frame]]:
    """Captures that hold several flows."""
    parts = [dialogue.captures() for dialogue in dialogues]
    return {
        name: sorted(functools.reduce(operator.iadd, (part[name] for part in parts), []), key=lambda f: f[0])
        for name in ("client", "server")
    }
