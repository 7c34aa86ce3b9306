"""Rebuilds SMB reads whose last segment always comes 0.40625 s late, with four vantages that show where."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Capture, ethernet, tcp

HERE = Path(__file__).parent
CLIENT, SERVER = ("10.1.1.1", 49211), ("10.1.1.2", 445)
NAMES = ("client", "core", "wan", "server")
BASES = [1_339_000_000 * NS + offset for offset in (0, 47_200_000, -3_611_000_000, 812_345_000)]
HOPS_NS = (150_000, 220_000, 310_000)  # client-core, core-wan, wan-server, each way
HOLD_NS = 406_250_000  # 26 ticks of 15.625 ms, between wan and core
TICK_NS = 15_625_000  # the client's stamps
READS = 12
READ_BYTES, FIRST_OFFSET, SEGMENT = 61_440, 263_823_360, 1456
OPTIONS = [("MSS", 1460), ("NOP", None), ("WScale", 2), ("NOP", None), ("NOP", None), ("SAckOK", b"")]


class Path4:
    """Carries packets over the four vantages; TTL stays (one subnet)."""

    def __init__(self) -> None:
        self.seen: list[list[tuple[int, bytes]]] = [[] for _ in NAMES]

    def carry(self, at: int, packet, *, up: bool, hold: int = 0) -> int:
        """Record the packet at each vantage and return when it arrives at the far end."""
        places = range(4) if up else range(3, -1, -1)
        now = at
        for step, place in enumerate(places):
            if step:
                hop = min(place, place - 1 if up else place)
                now += HOPS_NS[hop]
                if not up and place == 1:
                    now += hold
            is_own = step == 0
            frame = ethernet(packet, src="00:1a:4b:00:00:0a" if up else "00:1a:4b:00:00:0b",
                             dst="00:1a:4b:00:00:0b" if up else "00:1a:4b:00:00:0a", pad=not is_own)  # fmt: skip
            self.seen[place].append((now, frame))
        return now

    def write(self) -> None:
        for place, name in enumerate(NAMES):
            capture = Capture()
            for at, frame in sorted(self.seen[place], key=lambda one: one[0]):
                stamp = BASES[place] + at
                capture.add(stamp // TICK_NS * TICK_NS if place == 0 else stamp // 1000 * 1000, frame)
            capture.write(HERE / f"{name}.pcap.gz")


def main() -> None:
    """Write four captures of twelve reads."""
    path = Path4()
    c_seq, s_seq, c_id, s_id = 73_001_000, 2_900_417_000, 1200, 40_000

    def client(at, flags, data=b"", options=None):
        nonlocal c_seq, c_id
        numbers = (c_seq, s_seq if "A" in flags else 0)
        ends = (*CLIENT, *SERVER)
        packet = tcp(ends, flags, numbers, ip_id=c_id, ttl=128, window=64240, data=data, options=options)
        c_id += 1
        c_seq += len(data) + ("S" in flags)
        return path.carry(at, packet, up=True)

    def server(at, flags, data=b"", options=None, hold=0):
        nonlocal s_seq, s_id
        ends, numbers = (*SERVER, *CLIENT), (s_seq, c_seq)
        packet = tcp(ends, flags, numbers, ip_id=s_id, ttl=128, window=64240, data=data, options=options)
        s_id += 1
        s_seq += len(data) + ("S" in flags)
        return path.carry(at, packet, up=False, hold=hold)

    now = client(0, "S", options=OPTIONS)
    now = server(now + 40_000, "SA", options=OPTIONS)
    client(now + 30_000, "A")
    now += 500_000
    for read in range(READS):
        offset = FIRST_OFFSET + read * READ_BYTES
        now = client(now, "PA", b"\x00\x00\x00\x3b\xffSMB\x2e" + offset.to_bytes(8, "little") + bytes(46))
        body = b"\x00\x00\xf0\x3c\xffSMB\x2e" + bytes(55)
        body += b"".join(b"%011d\n" % (offset // 12 + i) for i in range(READ_BYTES // 12))
        now += 250_000
        arrivals = []
        for start in range(0, len(body), SEGMENT):
            part = body[start : start + SEGMENT]
            is_last = start + SEGMENT >= len(body)
            arrivals.append(server(now, "PA" if is_last else "A", part, hold=HOLD_NS if is_last else 0))
            now += 125_000
        assert len(part) == 352, "61440 bytes of data and 64 of header leave 352 for the last segment"
        # The client acknowledges what it has 200 ms after the burst, and the last segment when it comes.
        held = s_seq
        s_seq -= 352
        client(arrivals[-2] + 200_000_000, "A")
        s_seq = held
        now = arrivals[-1] + 120_000
    client(now, "A")
    path.write()


if __name__ == "__main__":
    main()
