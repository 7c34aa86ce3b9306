"""Rebuilds a server that ignores connection attempts which reach its own card."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Hop, Talk, Way

HERE = Path(__file__).parent
CLIENT, SERVER = "10.4.0.20", "10.4.9.30"
BASES = {"client": (1_338_000_000 * NS, 1000), "server": (1_338_000_000 * NS + 12_345_000, 1000)}
OPTIONS = [("MSS", 1460), ("NOP", None), ("WScale", 7), ("NOP", None), ("NOP", None), ("SAckOK", b"")]
GAPS = (0, 1, 3, 7, 15)  # seconds: the retries of one attempt


def main() -> None:
    """Write both captures: SSH works throughout, four attempts to port 8080 get no answer from the host."""
    way = Way(BASES, [Hop(ahead_ns=400_000, back_ns=420_000, routers=2)])
    shell = Talk(way, (CLIENT, 50022), (SERVER, 22), isn=(100_000, 900_000), ids=(11, 7001))
    now = shell.open(0)
    for i in range(30):
        now = shell.ask(now + 900_000_000, b"\x17key%03d" % i, b"\x17echo%05d" % i)
    for attempt in range(4):
        flow = Talk(
            way,
            (CLIENT, 51000 + attempt),
            (SERVER, 8080),
            isn=(5_000_000 * attempt + 77, 1),
            ids=(900 + 10 * attempt, 1),
        )
        number = flow.seq[0]
        for gap in GAPS:
            flow.send((2 + 2 * attempt + gap) * NS, 0, "S", seq=number, options=OPTIONS)
    way.write(HERE)


if __name__ == "__main__":
    main()
