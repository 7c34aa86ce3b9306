"""Builds two sites joined by GRE in ESP: uploads lose segments within; one capture sees ciphertext only."""

from __future__ import annotations

import hashlib
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Hop, Way, tcp
from scapy.layers.inet import IP
from scapy.layers.l2 import GRE
from scapy.packet import Raw

HERE = Path(__file__).parent
CLIENT, SERVER = "10.20.0.31", "10.90.0.8"
BRANCH, HEAD = "198.51.100.20", "203.0.113.90"
CLOCKS = {
    "branch": (1_700_300_000 * NS, 1000),
    "branch-gre": (1_700_300_000 * NS + 31_250_000, 1000),
    "transit": (1_700_300_000 * NS - 4_200_000_000, 1000),
    "head-office": (1_700_300_000 * NS + 900_000_000, 1000),
}
HOPS = [
    Hop(ahead_ns=260_000, back_ns=240_000),
    Hop(ahead_ns=3_100_000, back_ns=3_300_000, routers=3),
    Hop(ahead_ns=4_700_000, back_ns=4_600_000, routers=2),
]
SIZE, PARTS = 1300, 8
OPTIONS = [("MSS", 1300), ("NOP", None), ("WScale", 7)]


class Tunnel(Way):
    """The way between the sites: bare, in GRE, then in ESP, then bare again."""

    def __init__(self) -> None:
        super().__init__(CLOCKS, HOPS)
        self.sent = {True: 0, False: 0}
        self.hidden: dict[tuple[bool, int], IP] = {}

    def carry(self, at: int, packet: IP, *, up: bool, until: int | None = None) -> int:
        """Record a packet wherever it passes, as it is seen there."""
        self.sent[up] += 1
        number = self.sent[up]
        src, dst = (BRANCH, HEAD) if up else (HEAD, BRANCH)

        def wrap(inner: IP) -> IP:
            return IP(src=src, dst=dst, id=number, ttl=255) / GRE(proto=0x0800) / inner

        def hide(inner: IP) -> IP:
            self.hidden[up, number] = inner
            size = len(inner) + 30
            noise = (hashlib.sha256(bytes(inner)).digest() * (size // 32 + 1))[:size]
            body = struct.pack(">II", 0x1A2B if up else 0x3C4D, number) + noise
            return IP(src=src, dst=dst, id=number, ttl=64, proto=50) / Raw(body)

        def show(_outer: IP) -> IP:
            return self.hidden[up, number]

        def unwrap(outer: IP) -> IP:
            return outer[GRE].payload

        # Towards the branch what was bare goes into GRE and ESP at once.
        edits = {0: wrap, 1: hide, 2: lambda outer: unwrap(show(outer))}
        if not up:
            edits = {2: lambda inner: hide(wrap(inner)), 1: show, 0: unwrap}
        return super().carry(at, packet, up=up, until=until, edit=edits)


def main() -> None:
    """Write four captures of 48 uploads; every sixth loses its fourth segment beyond the transit capture."""
    way = Tunnel()
    for number in range(48):
        upload(way, number, number * 170_000_000, lost=3 if number % 6 == 2 else None)
    way.write(HERE, suffix=".pcap.gz")


def upload(way: Tunnel, number: int, at: int, *, lost: int | None) -> None:
    """One connection: eight segments up, an acknowledgement for each; what is lost is sent again."""
    c, s = 1_000_003 * (number + 900), 777_001 * (number + 3100)
    ids = {True: 400 * number + 7, False: 300 * number + 11}

    def send(when: int, flags: str, numbers: tuple[int, int], *, up: bool, data: bytes = b"", until=None) -> int:
        ids[up] += 1
        ends = (CLIENT, 40_000 + number, SERVER, 443) if up else (SERVER, 443, CLIENT, 40_000 + number)
        packet = tcp(ends, flags, numbers, ip_id=ids[up], ttl=64, window=64240, data=data,
                     options=OPTIONS if "S" in flags else None)  # fmt: skip
        return way.carry(when, packet, up=up, until=until)

    now = send(at, "S", (c, 0), up=True)
    now = send(now + 40_000, "SA", (s, c + 1), up=False)
    send(now + 20_000, "A", (c + 1, s + 1), up=True)
    c, s, now = c + 1, s + 1, now + 60_000
    again = 0
    for part in range(PARTS):
        data = piece(number, part)
        arrival = send(
            now + part * 400_000, "PA", (c + part * SIZE, s), up=True, data=data, until=2 if part == lost else None
        )
        if part != lost:
            held = lost if lost is not None and part > lost else part + 1
            again = send(arrival + 30_000, "A", (s, c + held * SIZE), up=False)
    if lost is not None:
        data = piece(number, lost)
        arrival = send(again + 50_000, "PA", (c + lost * SIZE, s), up=True, data=data)
        again = send(arrival + 30_000, "A", (s, c + PARTS * SIZE), up=False)
    c += PARTS * SIZE
    now = send(again + 2_000_000, "FA", (c, s), up=True)
    now = send(now + 50_000, "FA", (s, c + 1), up=False)
    send(now + 20_000, "A", (c + 1, s + 1), up=True)


def piece(number: int, part: int) -> bytes:
    """Return the payload of a segment."""
    return (b"upload %d part %d " % (number, part) * SIZE)[:SIZE]


if __name__ == "__main__":
    main()
