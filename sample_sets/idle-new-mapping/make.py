"""Builds a NAT that forgets idle connections after an hour and gives what comes of them later another port."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import IP, NS, TCP, Hop, Talk, Way, tcp

HERE = Path(__file__).parent
CLIENT, SERVER, OUTSIDE = "192.168.30.15", "203.0.113.40", "198.51.100.9"
CLOCKS = {
    "client": (1_410_000_000 * NS, 1000),
    "wan": (1_410_000_000 * NS + 1_700_000_000, 1000),
    "server": (1_410_000_000 * NS - 2_900_000_000, 1000),
}
HOPS = [Hop(ahead_ns=350_000, back_ns=370_000), Hop(ahead_ns=11_200_000, back_ns=11_100_000, routers=5)]
IDLE_NS = 3_900 * NS


def main() -> None:
    """Write three captures: connections of a pool, used again after 65 minutes."""
    way = Way(CLOCKS, HOPS)
    for number in range(4):
        port, first, second = 41_000 + 7 * number, 20_100 + 31 * number, 47_900 + 17 * number
        pooled = Talk(
            way,
            (CLIENT, port),
            (SERVER, 1521),
            isn=(70_000_000 * number + 1_234_567_891, 90_000_000 * number + 2_345_678_905),
            ids=(1000 * number + 3, 1000 * number + 20_000),
        )
        now = talk(pooled, number * NS, first, b"select %d from dual" % number, b"row %d " % number * 20)
        later = now + IDLE_NS + number * 300_000_000
        arrived = pooled.send(later, 0, "PA", b"select %d from dual again" % number, edit={0: out(second)})
        # The server knows no connection from that port: RFC 9293 section 3.10.7.1.
        refusal = tcp((SERVER, 1521, OUTSIDE, second), "R", (pooled.seq[1], 0), ip_id=0, ttl=64, window=0)
        way.carry(arrived + 40_000, refusal, up=False, edit={0: back(port)})
    for number in range(70):
        other = Talk(
            way,
            (CLIENT, 52_000 + number),
            (SERVER, 8080),
            isn=(313 * number + 3, 919 * number + 8),
            ids=(30_000 + 20 * number, 45_000 + 20 * number),
        )
        talk(other, 60 * number * NS + 13 * NS, 30_000 + 3 * number, b"health? %02d" % number, b"well %04d" % number)
    way.write(HERE)


def out(port: int):
    """Return what the NAT does to a packet from inside."""

    def edit(packet: IP) -> IP:
        new = packet.copy()
        new[IP].src, new[TCP].sport = OUTSIDE, port
        return new

    return edit


def back(port: int):
    """Return what the NAT does to a packet from outside."""

    def edit(packet: IP) -> IP:
        new = packet.copy()
        new[IP].dst, new[TCP].dport = CLIENT, port
        return new

    return edit


def talk(flow: Talk, at: int, outer: int, question: bytes, answer: bytes) -> int:
    """Shake hands, ask and be answered, through one mapping."""
    inner = flow.ends[0][1]
    options = [("MSS", 1460), ("NOP", None), ("WScale", 7), ("NOP", None), ("NOP", None), ("SAckOK", b"")]

    def say(at: int, side: int, flags: str, data: bytes = b"", options=None) -> int:
        if side == 0:
            return flow.send(at, 0, flags, data, options=options, edit={0: out(outer)})
        flow.ends = ((OUTSIDE, outer), flow.ends[1])
        arrived = flow.send(at, 1, flags, data, options=options, edit={0: back(inner)})
        flow.ends = ((CLIENT, inner), flow.ends[1])
        return arrived

    now = say(at, 0, "S", options=options)
    now = say(now + 40_000, 1, "SA", options=options)
    now = say(now + 30_000, 0, "A")
    now = say(now + 2_000_000, 0, "PA", question)
    now = say(now + 900_000, 1, "PA", answer)
    return say(now + 30_000, 0, "A")


if __name__ == "__main__":
    main()
