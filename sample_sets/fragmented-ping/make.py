"""Rebuilds pings of 2048 bytes that travel in two fragments each."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Hop, Way, echo, fragments

HERE = Path(__file__).parent
CLIENT, SERVER = "10.6.0.5", "10.6.1.6"
BASES = {"client": (1_338_300_000 * NS, 1000), "server": (1_338_300_000 * NS + 7_000_000_000, 1000)}


def main() -> None:
    """Write both captures: ten echoes there and back, all of them whole."""
    way = Way(BASES, [Hop(ahead_ns=510_000, back_ns=530_000)])
    for i in range(10):
        now = i * NS
        for number, piece in enumerate(
            fragments(echo((CLIENT, SERVER), 8, i, ip_id=300 + i, ttl=128, size=2048), 1500)
        ):
            back = way.carry(now + 12_000 * number, piece, up=True)
        for number, piece in enumerate(
            fragments(echo((SERVER, CLIENT), 0, i, ip_id=7300 + i, ttl=128, size=2048), 1500)
        ):
            way.carry(back + 60_000 + 12_000 * number, piece, up=False)
    way.write(HERE)


if __name__ == "__main__":
    main()
