"""Builds what `tcpdump -i any` on a NAT box writes: one file, two vantages; one port goes in and never out."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Capture, cooked, tcp, udp

HERE = Path(__file__).parent
BASE = 1_700_200_000 * NS
LOOP, LAN, WAN = 1, 2, 3
SLL2 = 276
SERVER, RESOLVER, OUTSIDE = "203.0.113.80", "203.0.113.53", "198.51.100.7"
HOST_MAC, LAN_MAC, WAN_MAC, ROUTER_MAC = (
    "02:00:00:00:02:10",
    "02:00:00:00:02:01",
    "02:00:00:00:03:01",
    "02:00:00:00:03:fe",
)
OPTIONS = [("MSS", 1460), ("SAckOK", b""), ("NOP", None), ("WScale", 7)]
IN_BOX_NS = 23_000


class Box:
    """The box: what comes in on one interface leaves on the other, translated, a little later."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, bytes]] = []

    def up(self, at: int, build, near, mapped, *, passes: bool = True) -> None:
        """Carry a packet from inside out; ``build(source, ttl)`` makes it."""
        self.seen.append((at, cooked(build(near, 64), interface=LAN, is_out=False, address=HOST_MAC)))
        if passes:
            later = at + IN_BOX_NS + at // 1000 % 7000
            self.seen.append((later, cooked(build(mapped, 63), interface=WAN, is_out=True, address=WAN_MAC)))

    def down(self, at: int, build, near, mapped) -> None:
        """Carry a packet from outside in."""
        self.seen.append((at, cooked(build(mapped, 57), interface=WAN, is_out=False, address=ROUTER_MAC)))
        later = at + IN_BOX_NS + at // 1000 % 5000
        self.seen.append((later, cooked(build(near, 56), interface=LAN, is_out=True, address=LAN_MAC)))


def main() -> None:
    """Write one capture."""
    box = Box()
    for number in range(36):
        # One busy client and three others; only the busy one also tries the other port.
        host = f"192.168.50.{20 + max(0, number - 32)}"
        near, mapped = (host, 41_000 + 17 * number), (OUTSIDE, 2_000 + 911 * number)
        web(box, number, near, mapped)
        if number % 4 == 0:
            dns(box, number, near[0], mapped[1] + 1)
    for number in range(3):
        knock(box, number)
    for number in range(6):
        at = number * 400_000_000 + 50_000_000
        packet = udp(
            ("127.0.0.1", 40_000, "127.0.0.1", 514), b"<30>dnsmasq: query %d" % number, ip_id=700 + number, ttl=64
        )
        box.seen.append((at, cooked(packet, interface=LOOP, is_out=False, address="00:00:00:00:00:00")))
    capture = Capture(BASE, SLL2)
    for at, frame in sorted(box.seen, key=lambda one: one[0]):
        capture.add(at // 1000 * 1000, frame)
    capture.write(HERE / "box.pcap")


def web(box, number, near, mapped) -> None:
    """One HTTP exchange: handshake, request, four segments, close."""
    c, s = 20_000 + 876_543_211 * number % 4_000_000_000, 88_000 + 234_567_891 * number % 4_000_000_000
    ids = {"c": 200 * number + 11, "s": 31_000 + 60 * number}

    def send(at, flags, data=b"", *, up, options=None):
        nonlocal c, s
        who = "c" if up else "s"
        ids[who] += 1
        numbers, ip_id = ((c, s if "A" in flags else 0) if up else (s, c)), ids[who]

        def build(end, ttl):
            ends = (*end, SERVER, 80) if up else (SERVER, 80, *end)
            return tcp(ends, flags, numbers, ip_id=ip_id, ttl=ttl, window=64240, data=data, options=options)

        (box.up if up else box.down)(at, build, near, mapped)
        size = len(data) + ("S" in flags) + ("F" in flags)
        c, s = (c + size, s) if up else (c, s + size)

    at = number * 310_000_000
    send(at, "S", up=True, options=OPTIONS)
    send(at + 12_300_000, "SA", up=False, options=OPTIONS)
    send(at + 12_700_000, "A", up=True)
    send(at + 12_900_000, "PA", b"GET /%d HTTP/1.1\r\nHost: example.test\r\n\r\n" % number, up=True)
    send(at + 25_400_000, "A", up=False)
    for part in range(4):
        send(at + 26_000_000 + part * 140_000, "PA" if part == 3 else "A", b"%d/%d " % (number, part) * 60, up=False)
        if part % 2:
            send(at + 26_500_000 + part * 140_000, "A", up=True)
    send(at + 30_000_000, "FA", up=True)
    send(at + 42_600_000, "FA", up=False)
    send(at + 43_000_000, "A", up=True)


def dns(box, number, address, port) -> None:
    """One DNS question and its answer."""
    at, near, mapped = number * 310_000_000 + 100_000_000, (address, 53_000 + number), (OUTSIDE, port)
    question = (0x4200 + number).to_bytes(2, "big") + bytes.fromhex("01000001000000000000076578616d706c65047465737400")
    question += b"\0\1\0\1"
    answer = question[:2] + b"\x81\x80" + question[4:] + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71\x50"
    box.up(at, lambda end, ttl: udp((*end, RESOLVER, 53), question, ip_id=5_100 + number, ttl=ttl), near, mapped)
    box.down(
        at + 9_800_000, lambda end, ttl: udp((RESOLVER, 53, *end), answer, ip_id=9_100 + number, ttl=ttl), near, mapped
    )


def knock(box, number) -> None:
    """The busy client tries TCP 8443 four times: in on the inner interface, never out."""
    near = ("192.168.50.20", 45_000 + number)
    seq = 3_000_000_000 + 12_345_679 * number
    for attempt, wait in enumerate((0, 1_000_000_000, 3_000_000_000, 7_000_000_000)):
        at = 200_000_000 + number * 500_000_000 + wait

        def build(end, ttl, attempt=attempt):
            ends = (*end, SERVER, 8443)
            return tcp(ends, "S", (seq, 0), ip_id=900 + 40 * number + attempt, ttl=ttl, window=64240, options=OPTIONS)

        box.up(at, build, near, near, passes=False)


if __name__ == "__main__":
    main()
