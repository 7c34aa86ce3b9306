"""Rebuilds the firewall that drops one port: 135 crosses, 1431 does not."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Capture, ethernet, ns, tcp

HERE = Path(__file__).parent
MANAGER, CLIENT = "10.0.9.149", "10.102.0.230"
MANAGER_MAC, MANAGER_GATEWAY = "00:50:56:8a:00:95", "00:00:0c:07:ac:09"
CLIENT_MAC, CLIENT_GATEWAY = "00:1f:29:ab:02:30", "00:00:0c:07:ac:66"
BASE = 1_346_832_000 * NS  # 2012-09-05
CLIENT_BASE = BASE - 3 * NS - 417_223_000
FORWARD_NS, BACK_NS, TURN_NS = 1_310_000, 1_330_000, 114_700  # together the published 2.7547 ms
OPTIONS = [("MSS", 1460), ("NOP", None), ("WScale", 8), ("NOP", None), ("NOP", None), ("SAckOK", b"")]


def main() -> None:
    """Write both captures; the manager's TTL is 128 at its own card and 125 at the client."""
    manager, client = Capture(BASE), Capture(CLIENT_BASE)

    def to_client(at: int, port: int, dport: int, flags: str, numbers, ip_id: int, *, number=None, passes=True, **more):
        ends = (MANAGER, port, CLIENT, dport)
        manager.add(at, ethernet(tcp(ends, flags, numbers, ip_id=ip_id, ttl=128, window=8192, **more),
                                 src=MANAGER_MAC, dst=MANAGER_GATEWAY, pad=False), number=number)  # fmt: skip
        if passes:
            client.add(at + FORWARD_NS, ethernet(tcp(ends, flags, numbers, ip_id=ip_id, ttl=125, window=8192, **more),
                                                 src=CLIENT_GATEWAY, dst=CLIENT_MAC))  # fmt: skip

    def to_manager(at: int, port: int, sport: int, flags: str, numbers, ip_id: int, **more):
        """The stamp is the one at the manager."""
        ends = (CLIENT, sport, MANAGER, port)
        client.add(at - BACK_NS, ethernet(tcp(ends, flags, numbers, ip_id=ip_id, ttl=128, window=8192, **more),
                                          src=CLIENT_MAC, dst=CLIENT_GATEWAY, pad=False))  # fmt: skip
        manager.add(at, ethernet(tcp(ends, flags, numbers, ip_id=ip_id, ttl=125, window=8192, **more),
                                 src=MANAGER_GATEWAY, dst=MANAGER_MAC))  # fmt: skip

    # Another service of the client shows that its capture has no filter on port 135.
    to_client(ns("31.0000000"), 51740, 445, "S", (881, 0), 4071, options=OPTIONS)
    to_manager(ns("31.0028000"), 51740, 445, "SA", (5501, 882), 905, options=OPTIONS)
    to_client(ns("31.0029000"), 51740, 445, "A", (882, 5502), 4072)
    to_client(ns("31.0031000"), 51740, 445, "FA", (882, 5502), 4073)
    to_manager(ns("31.0060000"), 51740, 445, "FA", (5502, 883), 906)
    to_client(ns("31.0061000"), 51740, 445, "A", (883, 5503), 4074)
    seq, ack = 2250995253, 1315818582
    start = ns("34.0337296")
    to_client(start, 51763, 135, "S", (seq, 0), 4101, options=OPTIONS)
    to_manager(ns("34.0364843"), 51763, 135, "SA", (ack, seq + 1), 911, options=OPTIONS)
    to_client(start + 2_900_000, 51763, 135, "A", (seq + 1, ack + 1), 4102)
    bind = b"\x05\x00\x0b\x03\x10\x00\x00\x00" + bytes(range(100))
    to_client(start + 3_400_000, 51763, 135, "PA", (seq + 1, ack + 1), 4103, data=bind)
    answer = b"\x05\x00\x0c\x03\x10\x00\x00\x00" + bytes(range(52))
    to_manager(start + 7_100_000, 51763, 135, "PA", (ack + 1, seq + 109), 912, data=answer)
    request = b"\x05\x00\x00\x03\x10\x00\x00\x00" + bytes(range(60))
    to_client(start + 7_600_000, 51763, 135, "PA", (seq + 109, ack + 61), 4104, data=request)
    bindings = b"\x05\x00\x02\x03\x10\x00\x00\x00" + "10.102.0.230[1431]".encode("utf-16-le")
    to_manager(start + 11_900_000, 51763, 135, "PA", (ack + 61, seq + 177), 913, data=bindings)
    to_client(start + 211_900_000, 51763, 135, "A", (seq + 177, ack + 105), 4105)
    blocked = (1764982397, 0)
    to_client(ns("55.1014127"), 51785, 1431, "S", blocked, 4311, number=8980, passes=False, options=OPTIONS)
    to_client(ns("58.1101896"), 51785, 1431, "S", blocked, 4357, number=9390, passes=False, options=OPTIONS)
    # A keep-alive exchange on port 135 shows that the pair still talks meanwhile.
    to_client(ns("60.2000000"), 51763, 135, "PA", (seq + 177, ack + 105), 4370, data=request)
    to_manager(ns("60.2043000"), 51763, 135, "PA", (ack + 105, seq + 245), 914, data=answer)
    to_client(ns("60.4050000"), 51763, 135, "A", (seq + 245, ack + 165), 4371)
    to_client(ns("64.1163158"), 51785, 1431, "S", blocked, 4402, number=11236, passes=False, options=OPTIONS)
    to_client(ns("70.0000000"), 51763, 135, "FA", (seq + 245, ack + 165), 4420)
    to_manager(ns("70.0029000"), 51763, 135, "FA", (ack + 165, seq + 246), 915)
    to_client(ns("70.0030000"), 51763, 135, "A", (seq + 246, ack + 166), 4421)
    manager.write(HERE / "manager.pcap.gz")
    client.write(HERE / "client.pcap")


if __name__ == "__main__":
    main()
