"""Rebuilds captures with a snap length of 256 bytes."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Hop, Talk, Way

HERE = Path(__file__).parent
CLIENT, SERVER = "10.12.0.7", "10.12.3.3"
BASES = {"client": (1_338_900_000 * NS, 1000), "server": (1_338_900_000 * NS + 3_000_000, 1000)}


def main() -> None:
    """Write both captures, frames cut to 256 bytes."""
    way = Way(BASES, [Hop(ahead_ns=150_000, back_ns=160_000)])
    for i in range(6):
        talk = Talk(
            way, (CLIENT, 50_000 + i), (SERVER, 80), isn=(7_000 * i + 1, 9_000 * i + 2), ids=(100 * i, 500 * i + 7)
        )
        now = talk.open(i * 200_000_000)
        for j in range(4):
            now = talk.ask(now + 1_000_000, b"GET /%d/%d HTTP/1.1" % (i, j), b"%d-%d," % (i, j) * 2500)
        talk.close(now + 1_000_000)
    way.write(HERE, snaplen=256)


if __name__ == "__main__":
    main()
