"""Rebuilds the boot server whose large blocks die at a router."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Hop, Way, echo, udp

HERE = Path(__file__).parent
CLIENT, SERVER = "10.1.1.1", "10.2.2.2"
BASES = {"client": (1_336_100_000 * NS, 1000), "server": (1_336_100_000 * NS + 3_204_000_000, 1000)}
HOP = Hop(ahead_ns=610_000, back_ns=640_000, routers=2)
REQUEST = b"\x00\x01boot\\x86\\wdsnbp.com\x00octet\x00blksize\x001456\x00"
OACK = b"\x00\x06blksize\x001456\x00"
BLOCK = b"\x00\x03\x00\x01" + bytes(i * 7 % 256 for i in range(1456))
TRIES = 5


def main() -> None:
    """Write both captures: the option acknowledgement passes, data block 1 never does."""
    way = Way(BASES, [HOP])
    c_id, s_id = 700, 20_100
    now = 0
    for attempt in range(2):
        port, answer_port = 2070 + attempt, 1029 + attempt
        now = way.carry(now, udp((CLIENT, port, SERVER, 69), REQUEST, ip_id=c_id, ttl=64), up=True)
        now = way.carry(now + 900_000, udp((SERVER, answer_port, CLIENT, port), OACK, ip_id=s_id, ttl=128), up=False)
        ready = udp((CLIENT, port, SERVER, answer_port), b"\x00\x04\x00\x00", ip_id=c_id + 1, ttl=64)
        now = way.carry(now + 300_000, ready, up=True)
        for _ in range(TRIES):
            s_id += 1
            block = udp((SERVER, answer_port, CLIENT, port), BLOCK, ip_id=s_id, ttl=128)
            assert len(bytes(block)) == 1488, "28 bytes of headers, 4 of TFTP, 1456 of data"
            way.carry(now + 400_000, block, up=False, until=1)
            now += 1_000_000_000
        c_id, s_id = c_id + 2, s_id + 1
    # Other traffic of the two hosts crosses meanwhile: echoes, answered.
    _pings(way, now)
    way.write(HERE)


def _pings(way: Way, until: int) -> None:
    at = 50_000_000
    number = 0
    while at < until:
        back = way.carry(at, echo((CLIENT, SERVER), 8, number, ip_id=3000 + number, ttl=64), up=True)
        way.carry(back + 30_000, echo((SERVER, CLIENT), 0, number, ip_id=60_000 + number, ttl=128), up=False)
        at += 500_000_000
        number += 1


if __name__ == "__main__":
    main()
