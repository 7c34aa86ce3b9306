"""Builds a healthy path with port translation: the tool must find the NAT and stay silent otherwise."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Capture, ethernet, tcp, udp

HERE = Path(__file__).parent
SERVER, RESOLVER = "203.0.113.80", "203.0.113.53"
OUTSIDE = "198.51.100.7"
BASES = (1_700_000_000 * NS, 1_700_000_000 * NS + 2_500_000_000, 1_700_000_000 * NS - 777_000_000)
HOPS_NS = (400_000, 6_100_000)
SKEW_PPM = (0, 7, -12)
OPTIONS = [("MSS", 1460), ("SAckOK", b""), ("NOP", None), ("WScale", 7)]


def main() -> None:
    """Write three captures: twelve clients behind one address, TCP and DNS."""
    seen: list[list[tuple[int, bytes]]] = [[], [], []]

    def carry(at, build, *, up):
        """build(place) returns the packet as that vantage sees it."""
        now = at
        for step, place in enumerate((0, 1, 2) if up else (2, 1, 0)):
            if step:
                now += HOPS_NS[place - 1 if up else place] + (now // 1000 * 7919) % 90_000
            macs = {"src": f"02:00:00:00:0{place}:01", "dst": f"02:00:00:00:0{place}:02"}
            seen[place].append((now, ethernet(build(place), pad=step > 0, **macs)))
        return now

    for number in range(12):
        inner, outer = (f"192.168.77.{20 + number}", 40_000 + 13 * number), (OUTSIDE, 1024 + 977 * number % 60_000)
        web(carry, number, inner, outer)
        dns(carry, number, inner[0], outer[1] + 1)
    for place, name in enumerate(("lan", "wan", "server")):
        capture = Capture()
        for at, frame in sorted(seen[place], key=lambda one: one[0]):
            stamp = BASES[place] + at + at * SKEW_PPM[place] // 1_000_000
            capture.add(stamp // 1000 * 1000, frame)
        capture.write(HERE / f"{name}.pcap")


def web(carry, number, inner, outer) -> None:
    """One HTTP exchange: handshake, request, five segments, close."""
    c, s = 10_000 + 987_654_321 * number % 4_000_000_000, 77_000 + 123_456_789 * number % 4_000_000_000
    ids = {"c": 100 * number + 1, "s": 30_000 + 50 * number}

    def send(at, flags, data=b"", *, up, options=None):
        nonlocal c, s
        who = "c" if up else "s"
        ids[who] += 1
        numbers = (c, s if "A" in flags else 0) if up else (s, c)
        ip_id = ids[who]

        def build(place):
            near = inner if place == 0 else outer
            ends = (*near, SERVER, 80) if up else (SERVER, 80, *near)
            ttl = 64 - (place if up else 2 - place)
            return tcp(ends, flags, numbers, ip_id=ip_id, ttl=ttl, window=64240, data=data, options=options)

        size = len(data) + ("S" in flags) + ("F" in flags)
        c, s = (c + size, s) if up else (c, s + size)
        return carry(at, build, up=up)

    at = number * 300_000_000
    at = send(at, "S", up=True, options=OPTIONS)
    at = send(at + 40_000, "SA", up=False, options=OPTIONS)
    send(at + 20_000, "A", up=True)
    at = send(at + 60_000, "PA", b"GET /%d HTTP/1.1\r\nHost: example.test\r\n\r\n" % number, up=True)
    send(at + 30_000, "A", up=False)
    for part in range(5):
        arrived = send(
            at + 2_000_000 + part * 130_000, "PA" if part == 4 else "A", b"%d/%d " % (number, part) * 240, up=False
        )
        if part % 2 or part == 4:
            send(arrived + 25_000, "A", up=True)
    at = send(arrived + 1_000_000, "FA", up=True)
    at = send(at + 50_000, "FA", up=False)
    send(at + 20_000, "A", up=True)


def dns(carry, number, address, port) -> None:
    """One DNS question and its answer."""
    at = number * 300_000_000 + 100_000_000
    question = (
        (0x4100 + number).to_bytes(2, "big")
        + bytes.fromhex("01000001000000000000076578616d706c65047465737400")
        + b"\0\1\0\1"
    )

    def ask(place):
        near = (address, 53_000) if place == 0 else (OUTSIDE, port)
        return udp((*near, RESOLVER, 53), question, ip_id=5_000 + number, ttl=64 - place)

    def answer(place):
        near = (address, 53_000) if place == 0 else (OUTSIDE, port)
        data = question[:2] + b"\x81\x80" + question[4:] + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71\x50"
        return udp((RESOLVER, 53, *near), data, ip_id=9_000 + number, ttl=62 + place)

    arrived = carry(at, ask, up=True)
    carry(arrived + 900_000, answer, up=False)


if __name__ == "__main__":
    main()
