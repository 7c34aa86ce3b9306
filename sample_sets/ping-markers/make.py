"""Rebuilds an incident that an engineer bracketed with pings of 22, 33 and 44 bytes."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Hop, Talk, Way, echo

HERE = Path(__file__).parent
CLIENT, SERVER = "10.13.0.6", "10.13.5.5"
BASES = {"client": (1_339_100_000 * NS, 1000), "server": (1_339_100_000 * NS + 1_800_000_000_000, 1000)}
MARKERS = ((22, 20), (33, 40), (44, 60))  # payload bytes, seconds


def main() -> None:
    """Write both captures: losses before the first marker are another story, the holds after it are the incident."""
    way = Way(BASES, [Hop(ahead_ns=400_000, back_ns=380_000, routers=2)])
    for number, (size, second) in enumerate(MARKERS):
        at = second * NS
        back = way.carry(at, echo((CLIENT, SERVER), 8, number, ip_id=60_000 + number, ttl=64, size=size), up=True)
        way.carry(back + 40_000, echo((SERVER, CLIENT), 0, number, ip_id=61_000 + number, ttl=64, size=size), up=False)
    for i in range(70):
        talk = Talk(
            way, (CLIENT, 50_000 + i), (SERVER, 80), isn=(7_000 * i + 1, 9_000 * i + 2), ids=(100 * i, 500 * i + 7)
        )
        now = talk.open(i * NS + 300_000_000)
        now = talk.ask(now + 1_000_000, b"GET /%03d" % i, b"page %03d." % i * 20)
        if i < 15:
            _lose_and_repeat(talk, now + 2_000_000, b"lost %03d" % i)
            now += 400_000_000
        if 25 <= i < 35:
            held = talk.send(now + 2_000_000, 0, "PA", b"PUT /%03d" % i, hold={0: 180_000_000})
            now = talk.send(held + 1_000_000, 1, "PA", b"done %03d" % i)
        talk.close(now + 2_000_000)
    way.write(HERE)


def _lose_and_repeat(talk: Talk, at: int, data: bytes) -> None:
    number = talk.seq[0]
    talk.send(at, 0, "PA", data, until=0)
    talk.send(at + 200_000_000, 0, "PA", data, seq=number)
    talk.send(at + 202_000_000, 1, "A")


if __name__ == "__main__":
    main()
