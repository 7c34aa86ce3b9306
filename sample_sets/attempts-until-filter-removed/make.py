"""Rebuilds connection attempts every 724 s that a firewall drops until its filter is removed."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Hop, Talk, Way

HERE = Path(__file__).parent
AGENT, MASTER = "10.9.1.50", "10.9.200.5"
BASES = {
    "agent": (1_338_600_000 * NS, 1000),
    "outside": (1_338_600_000 * NS + 211_000_000, 1000),
    "master": (1_338_600_000 * NS - 4_000_000_000, 1000),
}
HOPS = [Hop(ahead_ns=200_000, back_ns=220_000), Hop(ahead_ns=500_000, back_ns=480_000, routers=2)]
PERIOD_NS = 724 * NS
OPTIONS = [("MSS", 1460), ("NOP", None), ("WScale", 7), ("NOP", None), ("NOP", None), ("SAckOK", b"")]


def main() -> None:
    """Write three captures: six attempts die between agent and outside, the seventh and eighth pass."""
    way = Way(BASES, HOPS)
    for attempt in range(8):
        start = attempt * PERIOD_NS + 20 * NS
        flow = Talk(
            way,
            (AGENT, 40_000 + 13 * attempt),
            (MASTER, 4505),
            isn=(900_000 * attempt + 5, 70 * attempt),
            ids=(50 * attempt + 1, 3000 + attempt),
        )
        if attempt >= 6:
            now = flow.open(start)
            now = flow.ask(now + 1_000_000, b"hello from agent", b"welcome" * 30)
            flow.close(now + 1_000_000)
            continue
        number = flow.seq[0]
        for gap in (0, 1, 3, 7):
            flow.send(start + gap * NS, 0, "S", seq=number, options=OPTIONS, until=0)
    # Meanwhile the same two hosts talk on another port, a connection every minute and a half.
    for i in range(60):
        other = Talk(
            way,
            (AGENT, 52_000 + i),
            (MASTER, 123 + 4000),
            isn=(17 * i + 3, 91 * i + 8),
            ids=(20_000 + 20 * i, 40_000 + 20 * i),
        )
        now = other.open(i * 90 * NS + 5 * NS)
        now = other.ask(now + 1_000_000, b"time? %02d" % i, b"it is %04d" % i)
        other.close(now + 500_000)
    way.write(HERE)


if __name__ == "__main__":
    main()
