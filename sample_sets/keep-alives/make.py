"""Rebuilds an idle connection that TCP keep-alives hold open."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Hop, Talk, Way

HERE = Path(__file__).parent
CLIENT, SERVER = ("10.7.0.3", 50911), ("10.7.8.8", 1521)
BASES = {"client": (1_338_400_000 * NS, 1000), "server": (1_338_400_000 * NS + 55_000_000, 1000)}


def main() -> None:
    """Write both captures: queries, half an hour of keep-alives every 45 s, queries again."""
    way = Way(BASES, [Hop(ahead_ns=900_000, back_ns=950_000, routers=4)])
    talk = Talk(way, CLIENT, SERVER, isn=(1_000, 2_000), ids=(100, 60_000))
    now = talk.open(0)
    for i in range(5):
        now = talk.ask(now + 1_000_000, b"select %d from dual" % i, b"row %d" % i * 40)
    for i in range(40):
        at = now + (i + 1) * 45 * NS
        back = talk.send(at, 0, "A", b"\0" if i % 2 else b"", seq=talk.seq[0] - 1)
        end = talk.send(back + 30_000, 1, "A")
    for i in range(5):
        end = talk.ask(end + 1_000_000, b"select %d from emp" % i, b"emp %d" % i * 30)
    talk.close(end + 1_000_000)
    way.write(HERE)


if __name__ == "__main__":
    main()
