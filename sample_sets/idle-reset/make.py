"""Builds a firewall that forgets idle connections after an hour and resets what comes of them later."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Hop, Talk, Way, tcp

HERE = Path(__file__).parent
CLIENT, SERVER = "10.20.1.15", "10.30.7.40"
CLOCKS = {
    "client": (1_400_000_000 * NS, 1000),
    "fw-out": (1_400_000_000 * NS + 3_200_000_000, 1000),
    "server": (1_400_000_000 * NS - 900_000_000, 1000),
}
HOPS = [Hop(ahead_ns=350_000, back_ns=370_000), Hop(ahead_ns=8_200_000, back_ns=8_100_000, routers=3)]
IDLE_NS = 3_900 * NS
FIREWALL_NS = 180_000
"""From the client's card to the firewall, one way."""


def main() -> None:
    """Write three captures: pooled database connections, used again after 65 minutes."""
    way = Way(CLOCKS, HOPS)
    for number in range(5):
        pooled = Talk(
            way,
            (CLIENT, 41_000 + 7 * number),
            (SERVER, 1521),
            isn=(70_000_000 * number + 1_234_567_891, 90_000_000 * number + 2_345_678_905),
            ids=(1000 * number + 3, 1000 * number + 20_000),
        )
        now = pooled.open(number * NS)
        now = pooled.ask(now + 2_000_000, b"select %d from dual" % number, b"row %d " % number * 20)
        later = now + IDLE_NS + number * 300_000_000
        if number == 4:
            # The server itself closed this one while it was idle, so its reset is its own.
            arrived = pooled.send(later, 0, "PA", b"select 4 from dual again")
            pooled.send(arrived + 60_000, 1, "R")
            continue
        pooled.send(later, 0, "PA", b"select %d from dual again" % number, until=0)
        reset(way, pooled, later + 2 * FIREWALL_NS + 20_000)
    # The same two hosts go on talking all the time.
    for number in range(70):
        other = Talk(
            way,
            (CLIENT, 52_000 + number),
            (SERVER, 8080),
            isn=(313 * number + 3, 919 * number + 8),
            ids=(30_000 + 20 * number, 45_000 + 20 * number),
        )
        now = other.open(60 * number * NS + 13 * NS)
        now = other.ask(now + 1_000_000, b"health? %02d" % number, b"well %04d" % number)
        other.close(now + 500_000)
    way.write(HERE)


def reset(way: Way, pooled: Talk, at: int) -> None:
    """Answer in the server's name: what the firewall sends is never at its far side."""
    (client, port), (server, service) = pooled.ends
    packet = tcp((server, service, client, port), "R", (pooled.seq[1], 0), ip_id=0, ttl=64, window=0)
    way.carry(at, packet, up=False, begin=0, until=0)


if __name__ == "__main__":
    main()
