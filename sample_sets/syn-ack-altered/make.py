"""Rebuilds the flagship: a SYN-ACK that grows by two bytes between the firewall and the client."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Capture, ethernet, ns, tcp

HERE = Path(__file__).parent

CLIENT, OUTSIDE, SERVER = ("10.110.233.50", 50183), ("10.110.235.202", 55073), ("194.53.208.72", 443)
CLIENT_ISN, SERVER_ISN = 367515135, 2180033885
DUE, WRONG = SERVER_ISN + 1, SERVER_ISN + 3
CLIENT_MAC, INSIDE_MAC, OUTSIDE_MAC = "00:21:5a:0b:11:01", "00:15:c7:21:9a:01", "00:15:c7:21:9a:02"
ROUTER_MAC, SERVER_MAC, GATEWAY_MAC = "00:1e:13:5c:00:02", "00:50:56:9f:4d:07", "00:0c:29:17:aa:01"

# 2012-05-01, each clock's own: 14:44:05.1 at the client, 14:33:09.3 at the firewall.
CLIENT_BASE = 1_335_883_445 * NS + NS // 10
INSIDE_BASE = 1_335_882_789 * NS + 3 * NS // 10
OUTSIDE_BASE = INSIDE_BASE + ns("0.1979")
SERVER_BASE = 1_335_883_000 * NS

HELLO = bytes.fromhex("160301007a0100007603014fa0") + bytes(range(2, 116))
assert len(HELLO) == 127

# name: (client frame, time, fw-int frame, time, fw-ext frame, time); None = never seen there.
SYN = (453, "27.1395045", 6457, "39.8915584", 21, "39.6940232")
SYN_ACK = (456, "27.1565249", 6461, "39.9079944", 22, "39.7097097")
ACK = (457, "27.1565443", 6462, "39.9084181", None, None)
HELLO_1 = (458, "27.1585176", 6463, "39.9103936", None, None)
HELLO_2 = (465, "27.4744962", 6489, "40.2259991", None, None)
HELLO_3 = (476, "28.0828875", 6614, "40.8343158", None, None)
HELLO_4 = (494, "29.2948179", 6806, "42.0457229", None, None)
SYN_ACK_2 = (512, "30.3815127", 6872, "43.1311020", 23, "42.9329903")
ACK_2 = (513, "30.3815385", 6873, "43.1314010", None, None)
HELLO_5 = (516, "30.5019345", 6891, "43.2517820", None, None)
HELLO_6 = (535, "31.7018989", 7110, "44.4514449", None, None)
RST = (568, "33.1872833", 7481, "45.9360680", 24, "45.7379523")

HANDSHAKE = [("MSS", 1460), ("NOP", None), ("WScale", 2), ("NOP", None), ("NOP", None), ("SAckOK", b"")]
TRANSIT_NS = 7_793_000
"""One way between fw-ext and the server; twice this plus 0.1005 ms in the server makes the 15.6865 ms."""


def main() -> None:
    """Write the four captures."""
    client, inside, outside, server = (Capture(base) for base in (CLIENT_BASE, INSIDE_BASE, OUTSIDE_BASE, SERVER_BASE))
    events = [
        (SYN, "S", (CLIENT_ISN, 0), 24040, b""),
        (SYN_ACK, "SA", (SERVER_ISN, CLIENT_ISN + 1), 1342, b"\0\0"),
        (ACK, "A", (CLIENT_ISN + 1, WRONG), 24041, b""),
        (HELLO_1, "PA", (CLIENT_ISN + 1, WRONG), 24042, HELLO),
        (HELLO_2, "PA", (CLIENT_ISN + 1, WRONG), 24043, HELLO),
        (HELLO_3, "PA", (CLIENT_ISN + 1, WRONG), 24046, HELLO),
        (HELLO_4, "PA", (CLIENT_ISN + 1, WRONG), 24049, HELLO),
        (SYN_ACK_2, "SA", (SERVER_ISN, CLIENT_ISN + 1), 1354, b"\0\0"),
        (ACK_2, "A", (CLIENT_ISN + 1, WRONG), 24052, b""),
        (HELLO_5, "PA", (CLIENT_ISN + 1, WRONG), 24053, HELLO),
        (HELLO_6, "PA", (CLIENT_ISN + 1, WRONG), 24056, HELLO),
        (RST, "R", (DUE, 0), 1371, b"\0" * 6),
    ]
    for times, flags, numbers, ip_id, data in events:
        if flags in ("SA", "R"):
            downstream((client, inside, outside, server), times, flags, numbers, ip_id, data)
        else:
            upstream((client, inside, outside, server), times, flags, numbers, ip_id, data)
    for name, capture in zip(("client", "fw-int", "fw-ext", "server"), (client, inside, outside, server), strict=True):
        capture.write(HERE / f"{name}.pcap")


def upstream(captures, times, flags, numbers, ip_id, data) -> None:
    """Write a packet of the client; only the SYN gets through the firewall."""
    client, inside, outside, server = captures
    window = 8192 if flags == "S" else 64860
    options = HANDSHAKE if flags == "S" else None
    common = {"ip_id": ip_id, "window": window, "data": data, "options": options}
    packet = tcp((*CLIENT, *SERVER), flags, numbers, ttl=128, **common)
    client.add(ns(times[1]), ethernet(packet, src=CLIENT_MAC, dst=INSIDE_MAC, pad=False), number=times[0])
    inside.add(ns(times[3]), ethernet(packet, src=CLIENT_MAC, dst=INSIDE_MAC), number=times[2])
    if times[4] is None:
        return
    outer = tcp((*OUTSIDE, *SERVER), flags, numbers, ttl=127, **common)
    outside.add(ns(times[5]), ethernet(outer, src=OUTSIDE_MAC, dst=ROUTER_MAC), number=times[4])
    arrived = tcp((*OUTSIDE, *SERVER), flags, numbers, ttl=120, **common)
    server.add(ns(times[5]) + TRANSIT_NS, ethernet(arrived, src=GATEWAY_MAC, dst=SERVER_MAC))


def downstream(captures, times, flags, numbers, ip_id, padding) -> None:
    """Write a packet of the server; below fw-int its Ethernet padding has become payload."""
    client, inside, outside, server = captures
    is_syn = flags == "SA"
    options = [("MSS", 1380)] if is_syn else None
    common = {"ip_id": ip_id, "window": 64240 if is_syn else 0, "options": options, "df": False}
    sent = tcp((*SERVER, *OUTSIDE), flags, numbers, ttl=128, **common)
    server.add(ns(times[5]) - TRANSIT_NS, ethernet(sent, src=SERVER_MAC, dst=GATEWAY_MAC, pad=False))
    outer = tcp((*SERVER, *OUTSIDE), flags, numbers, ttl=121, **common)
    outside.add(ns(times[5]), ethernet(outer, src=ROUTER_MAC, dst=OUTSIDE_MAC), number=times[4])
    inner = tcp((*SERVER, *CLIENT), flags, numbers, ttl=120, **common)
    inside.add(ns(times[3]), ethernet(inner, src=INSIDE_MAC, dst=CLIENT_MAC), number=times[2])
    altered = tcp((*SERVER, *CLIENT), flags, numbers, ttl=120, data=padding, **common)
    client.add(ns(times[1]), ethernet(altered, src=INSIDE_MAC, dst=CLIENT_MAC), number=times[0])


if __name__ == "__main__":
    main()
