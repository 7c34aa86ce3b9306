"""Builds requests that a box on the way answers in the server's name, ahead of the server's own answers."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Hop, Talk, Way, tcp, udp

HERE = Path(__file__).parent
CLIENT, SERVER, RESOLVER = "10.60.1.20", "198.51.100.44", "198.51.100.53"
CLOCKS = {
    "client": (1_430_000_000 * NS, 1000),
    "border": (1_430_000_000 * NS + 1_700_000_000, 1000),
    "hosting": (1_430_000_000 * NS - 2_300_000_000, 1000),
}
HOPS = [Hop(ahead_ns=900_000, back_ns=950_000, routers=2), Hop(ahead_ns=14_000_000, back_ns=14_300_000, routers=5)]
BOX_NS = 2_000_000
"""From the border to the box, one way."""
NOTICE = b"HTTP/1.1 302 Found\r\nLocation: http://203.0.113.1/notice\r\nContent-Length: 0\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + b"<p>what was asked for</p>" * 60


def main() -> None:
    """Write three captures: three pages and two names of twenty are answered by a box between border and hosting."""
    way = Way(CLOCKS, HOPS)
    for number in range(20):
        page(way, number, is_forged=number in (4, 9, 15))
        name(way, number, is_forged=number in (6, 13))
    way.write(HERE)


def page(way: Way, number: int, *, is_forged: bool) -> None:
    """Fetch a page; the notice takes the place of its first bytes."""
    talk = Talk(
        way,
        (CLIENT, 47_000 + 3 * number),
        (SERVER, 80),
        isn=(81_000_000 * number + 5_555_555, 43_000_000 * number + 7_777_777),
        ids=(900 * number + 11, 700 * number + 13),
    )
    now = talk.open(number * NS) + 500_000
    request = b"GET /%s/%02d HTTP/1.1\r\nHost: example.test\r\n\r\n" % (b"listed" if is_forged else b"free", number)
    theirs = talk.seq[1]
    arrived = talk.send(now, 0, "PA", request)
    if is_forged:
        met = now + HOPS[0].ahead_ns + BOX_NS
        forged = tcp(
            (SERVER, 80, CLIENT, 47_000 + 3 * number),
            "PA",
            (theirs, talk.seq[0]),
            ip_id=0,
            ttl=61,
            window=29_200,
            data=NOTICE,
        )
        way.carry(met + BOX_NS, forged, up=False, begin=1)
    for part in range(0, len(PAGE), 1400):
        talk.send(arrived + 3_000_000 + part * 10, 1, "A", PAGE[part : part + 1400])
    last = arrived + 3_000_000 + len(PAGE) * 10 + HOPS[0].back_ns + HOPS[1].back_ns
    talk.send(last + 50_000, 0, "A")
    talk.close(last + 400_000)


def name(way: Way, number: int, *, is_forged: bool) -> None:
    """Ask for a name; the box knows another address."""
    at, ident, port = number * NS + 500_000_000, (0x2A00 + 17 * number).to_bytes(2), 33_000 + 7 * number
    asked = b"\x06listed" if is_forged else b"\x04free"
    tail = asked + b"%02d" % number + b"\x04test\x00\x00\x01\x00\x01"
    query = ident + b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + tail
    arrived = way.carry(at, udp((CLIENT, port, RESOLVER, 53), query, ip_id=4000 + number, ttl=64), up=True)

    def answer(address: bytes) -> bytes:
        return (
            ident
            + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
            + tail
            + b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04"
            + address
        )

    if is_forged:
        forged = udp((RESOLVER, 53, CLIENT, port), answer(bytes((203, 0, 113, 1))), ip_id=0, ttl=61)
        way.carry(at + HOPS[0].ahead_ns + 2 * BOX_NS, forged, up=False, begin=1)
    real = udp((RESOLVER, 53, CLIENT, port), answer(bytes((192, 0, 2, 10 + number))), ip_id=700 + number, ttl=64)
    way.carry(arrived + 400_000, real, up=False)


if __name__ == "__main__":
    main()
