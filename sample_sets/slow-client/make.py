"""Rebuilds SMB2 reading in pairs of 64 kB with long pauses by the client."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Capture, ethernet, tcp

HERE = Path(__file__).parent
CLIENT, SERVER = ("192.168.1.7", 50712), ("192.168.2.77", 445)
BASE, SERVER_BASE = 1_342_000_000 * NS, 1_342_000_000 * NS - 12_345_678_000
WAITS_MS = (80.443, 70.364, 48.421, 55.958, 80.443, 70.364, 48.421, 55.958, 62.117, 1.002)
FORWARD_NS = 190_000
SEGMENT, READ = 1460, 65_536
OPTIONS = [("MSS", 1460), ("NOP", None), ("WScale", 8), ("NOP", None), ("NOP", None), ("SAckOK", b"")]


def main() -> None:
    """Write both captures: ten rounds of two reads, then the client waits."""
    client, server = Capture(BASE), Capture(SERVER_BASE)
    at_client: list[tuple[int, bytes]] = []
    at_server: list[tuple[int, bytes]] = []
    state = {"c": 515_000_100, "s": 3_700_000_900, "ci": 300, "si": 21_000}

    def up(at, flags, data=b"", options=None):
        ends, numbers = (*CLIENT, *SERVER), (state["c"], state["s"] if "A" in flags else 0)
        common = {"ip_id": state["ci"], "window": 65535, "data": data, "options": options}
        own = {"src": "00:25:64:00:00:07", "dst": "00:1b:54:00:00:01"}
        far = {"src": "00:1b:54:00:00:02", "dst": "00:15:5d:00:00:77"}
        at_client.append((at, ethernet(tcp(ends, flags, numbers, ttl=128, **common), pad=False, **own)))
        at_server.append((at + FORWARD_NS, ethernet(tcp(ends, flags, numbers, ttl=127, **common), **far)))
        state["ci"] += 1
        state["c"] += len(data) + ("S" in flags)
        return at + FORWARD_NS

    def down(at, flags, data=b"", options=None):
        ends, numbers = (*SERVER, *CLIENT), (state["s"], state["c"])
        common = {"ip_id": state["si"], "window": 65535, "data": data, "options": options}
        own = {"src": "00:15:5d:00:00:77", "dst": "00:1b:54:00:00:02"}
        far = {"src": "00:1b:54:00:00:01", "dst": "00:25:64:00:00:07"}
        at_server.append((at, ethernet(tcp(ends, flags, numbers, ttl=128, **common), pad=False, **own)))
        at_client.append((at + FORWARD_NS, ethernet(tcp(ends, flags, numbers, ttl=127, **common), **far)))
        state["si"] += 1
        state["s"] += len(data) + ("S" in flags)
        return at + FORWARD_NS

    now = up(0, "S", options=OPTIONS)
    now = down(now + 50_000, "SA", options=OPTIONS)
    up(now + 20_000, "A")
    now += 300_000
    for turn, wait in enumerate(WAITS_MS):
        asked = 0
        for part in range(2):
            message = b"\xfeSMB\x40\x00\x01\x00" + (2 * turn + part).to_bytes(8, "little") + bytes(97)
            asked = up(now + part * 40_000, "PA", message)
        asked += 180_000
        body = b"".join(b"%07d\n" % (turn * 16_384 + i) for i in range(2 * READ // 8))
        for index, start in enumerate(range(0, len(body), SEGMENT)):
            is_last = start + SEGMENT >= len(body)
            arrived = down(asked, "PA" if is_last else "A", body[start : start + SEGMENT])
            asked += 100_000
            if index % 2 or is_last:
                # Every second segment is acknowledged (RFC 1122 section 4.2.3.2).
                up(arrived + 30_000, "A")
        now = arrived + int(wait * 1_000_000)
    up(now, "FA")
    state["c"] += 1
    last = down(now + FORWARD_NS + 60_000, "FA")
    state["s"] += 1
    up(last + 20_000, "A")
    for capture, seen in ((client, at_client), (server, at_server)):
        for at, frame in sorted(seen, key=lambda one: one[0]):
            capture.add(at // 1000 * 1000, frame)
    client.write(HERE / "client.pcap.gz")
    server.write(HERE / "server.pcap.gz")


if __name__ == "__main__":
    main()
