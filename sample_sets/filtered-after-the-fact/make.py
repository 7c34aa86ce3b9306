"""Rebuilds captures from one of which whole hosts were removed afterwards."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Hop, Talk, Way

HERE = Path(__file__).parent
HOSTS, SERVER = [f"10.11.0.{i}" for i in range(10, 20)], "10.11.9.9"
BASES = {"access": (1_338_800_000 * NS, 1000), "server": (1_338_800_000 * NS + 30_000_000, 1000)}
KEPT = HOSTS[:4]


def main() -> None:
    """Write both captures: the server's holds four of ten hosts, although the packets of all of them arrived."""
    way = Way(BASES, [Hop(ahead_ns=350_000, back_ns=330_000)])
    for i in range(40):
        host = HOSTS[i % len(HOSTS)]
        unseen = () if host in KEPT else (1,)
        talk = Talk(
            way, (host, 50_000 + i), (SERVER, 443), isn=(70_000 * i + 1, 9_000 * i + 2), ids=(100 * i, 50 * i + 7)
        )
        carry = way.carry
        way.carry = lambda at, packet, _carry=carry, _unseen=unseen, **more: _carry(at, packet, unseen=_unseen, **more)
        now = talk.open(i * 130_000_000)
        now = talk.ask(now + 1_000_000, b"GET /item/%03d" % i, b"item %03d;" % i * 400)
        talk.close(now + 1_000_000)
        way.carry = carry
    # One connection of a kept host lasts as long as everything else: the capture was running all the while.
    last = Talk(way, (KEPT[0], 60_000), (SERVER, 443), isn=(1, 2), ids=(61_000, 62_000))
    now = last.open(6 * NS)
    last.close(last.ask(now, b"GET /last", b"end") + 1_000_000)
    way.write(HERE, suffix=".pcap.gz")


if __name__ == "__main__":
    main()
