"""Builds downloads through a full proxy that damages a few bytes of one of them while TCP is clean on both sides."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Capture, ethernet, tcp

HERE = Path(__file__).parent
CLIENT, PROXY, OUTSIDE, SERVER = "10.40.0.21", "10.40.0.8", "198.51.100.30", "203.0.113.99"
BASES = {"client": 1_420_000_000 * NS, "server": 1_420_000_000 * NS + 740_000_000}
OPTIONS = {
    "client": [("MSS", 1460), ("NOP", None), ("WScale", 8), ("NOP", None), ("NOP", None), ("SAckOK", b"")],
    "server": [("MSS", 1380), ("SAckOK", b""), ("NOP", None), ("WScale", 5)],
}
SIZES = {"client": 1380, "server": 1380}
"""Each connection has its own segment size."""
WINDOWS = {"client": (64_240, 65_535), "server": (42_340, 28_960)}
"""Of the connecting and the accepting end."""
DOWNLOADS, BODY = 6, 18_000
DAMAGED, AT, WRONG = 3, 11_200, bytes((0x00, 0x00, 0x00, 0x00))
"""Download, offset in its body, what stands there behind the proxy."""


class Side:
    """One of the two connections of a download, as the capture at its end sees it."""

    def __init__(self, capture: Capture, name: str, ends: tuple[str, int, str, int], isn: tuple[int, int]) -> None:
        self.capture, self.name, self.ends = capture, name, ends
        self.seq = list(isn)
        self.ids = [isn[0] % 60_000, isn[1] % 60_000]

    def say(self, at: int, who: int, flags: str, data: bytes = b"") -> None:
        """Record a segment of the connecting (0) or the accepting end (1)."""
        src, sport, dst, dport = self.ends
        ends = self.ends if who == 0 else (dst, dport, src, sport)
        # The capture stands at the client, or at the server: only its own host's packets are fresh.
        ttl = 64 if (who == 0) == (self.name == "client") else 61
        numbers = (self.seq[who], self.seq[1 - who] if "A" in flags else 0)
        packet = tcp(ends, flags, numbers, ip_id=self.ids[who] & 0xFFFF, ttl=ttl, window=WINDOWS[self.name][who],
                     data=data, options=OPTIONS[self.name] if "S" in flags else None)  # fmt: skip
        self.ids[who] += 1
        self.seq[who] = (self.seq[who] + len(data) + ("S" in flags) + ("F" in flags)) & 0xFFFFFFFF
        self.capture.add(at, ethernet(packet, src="02:00:00:00:00:01", dst="02:00:00:00:00:02"))

    def open(self, at: int) -> None:
        """Shake hands within 1 ms."""
        self.say(at, 0, "S")
        self.say(at + 400_000, 1, "SA")
        self.say(at + 800_000, 0, "A")

    def carry(self, at: int, who: int, data: bytes) -> int:
        """Send bytes in segments of this side, every second one acknowledged; return when the last was sent."""
        size = SIZES[self.name]
        for number, start in enumerate(range(0, len(data), size)):
            part = data[start : start + size]
            self.say(at, who, "PA" if start + size >= len(data) else "A", part)
            if number % 2 or start + size >= len(data):
                self.say(at + 30_000, 1 - who, "A")
            at += 120_000
        return at


def main() -> None:
    """Write both captures: six downloads, the fourth with four bytes zeroed on the way."""
    captures = {name: Capture(base) for name, base in BASES.items()}
    for number in range(DOWNLOADS):
        start = number * 3 * NS
        body = blob(number)
        request = b"GET /image/%d HTTP/1.1\r\nHost: files.example.test\r\n\r\n" % number
        date = b"Date: Wed, 31 Dec 2014 04:26:%02d GMT" % (40 + 3 * number % 20)
        answer = b"HTTP/1.1 200 OK\r\n%b\r\nContent-Length: %d\r\n\r\n" % (date, BODY) + body
        near_isn = 7_000_003 * number + 1_987_654_901, 91_000_007 * number + 512_345_003
        far_isn = 55_000_011 * number + 3_123_477_001, 23_000_009 * number + 2_640_640_007
        near = Side(captures["client"], "client", (CLIENT, 50_100 + number, PROXY, 8080), near_isn)
        far = Side(captures["server"], "server", (OUTSIDE, 33_000 + 7 * number, SERVER, 80), far_isn)
        near.open(start)
        near.carry(start + 1_600_000, 0, request)
        far.open(start + 3_000_000)
        far.carry(start + 3_900_000, 0, request)
        far.carry(start + 9_000_000, 1, answer)
        near.carry(start + 14_000_000, 1, damaged(answer) if number == DAMAGED else answer)
        near.say(start + 30_000_000, 0, "FA")
        near.say(start + 30_400_000, 1, "FA")
        near.say(start + 30_800_000, 0, "A")
        far.say(start + 31_000_000, 0, "FA")
        far.say(start + 31_400_000, 1, "FA")
        far.say(start + 31_800_000, 0, "A")
    for name, capture in captures.items():
        capture.write(HERE / f"{name}.pcap")


def damaged(answer: bytes) -> bytes:
    """Return the answer as the client gets it."""
    at = len(answer) - BODY + AT
    return answer[:at] + WRONG + answer[at + len(WRONG) :]


def blob(number: int) -> bytes:
    """Return bytes without a pattern, the same everywhere."""
    parts = [hashlib.sha256(b"%d/%d" % (number, part)).digest() for part in range(BODY // 32 + 1)]
    return b"".join(parts)[:BODY]


if __name__ == "__main__":
    main()
