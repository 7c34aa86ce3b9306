"""Rebuilds a cluster whose address answers with a multicast MAC that a router does not resolve."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Hop, Talk, Way

HERE = Path(__file__).parent
REMOTE, LOCAL, CLUSTER, OTHER = "10.20.0.8", "10.30.0.8", "10.30.0.100", "10.30.0.40"
BASES = {"remote": (1_338_700_000 * NS, 1000), "subnet": (1_338_700_000 * NS + 1_000_000, 1000)}
OPTIONS = [("MSS", 1460), ("NOP", None), ("WScale", 7), ("NOP", None), ("NOP", None), ("SAckOK", b"")]


def main() -> None:
    """Write both captures: the router stands between; what it should send on to the cluster dies there."""
    way = Way(BASES, [Hop(ahead_ns=250_000, back_ns=260_000)])
    for i in range(12):
        talk = Talk(
            way, (REMOTE, 50_100 + i), (OTHER, 80), isn=(1000 * i, 77_000 * i), ids=(100 + 20 * i, 900 + 30 * i)
        )
        now = talk.open(i * 400_000_000)
        now = talk.ask(now + 500_000, b"GET /%d" % i, b"<html>%d" % i * 50)
        talk.close(now + 100_000)
    for i in range(4):
        flow = Talk(way, (REMOTE, 50_900 + i), (CLUSTER, 80), isn=(55_000 * i + 1, 1), ids=(5000 + 10 * i, 1))
        number = flow.seq[0]
        for gap in (0, 1, 3):
            flow.send((i + gap) * NS + 3_000, 0, "S", seq=number, options=OPTIONS, until=0)
    talk = Talk(way, (REMOTE, 50_800), (OTHER, 80), isn=(3, 4), ids=(7000, 8000))
    talk.close(talk.ask(talk.open(8 * NS), b"GET /last", b"<html>last") + 100_000)
    # In the subnet itself the cluster answers: its own switch delivers the multicast frames.
    for i in range(6):
        talk = Talk(way, (LOCAL, 40_100 + i), (CLUSTER, 80), isn=(31 * i, 17 * i), ids=(60 + 20 * i, 400 + 20 * i))
        only = {"begin": 1, "until": 1}
        at = i * 700_000_000 + 100_000
        talk.send(at, 0, "S", options=OPTIONS, **only)
        talk.send(at + 90_000, 1, "SA", options=OPTIONS, **only)
        talk.send(at + 150_000, 0, "A", **only)
        talk.send(at + 200_000, 0, "PA", b"GET /c%d" % i, **only)
        talk.send(at + 900_000, 1, "PA", b"<html>c%d" % i * 30, **only)
        talk.send(at + 950_000, 0, "FA", **only)
        talk.send(at + 1_000_000, 1, "FA", **only)
        talk.send(at + 1_050_000, 0, "A", **only)
    way.write(HERE)


if __name__ == "__main__":
    main()
