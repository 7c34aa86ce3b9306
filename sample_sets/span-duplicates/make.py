"""Builds the capture of a mirror port that shows every routed packet twice, beside one that shows it once."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Capture, ethernet, exchange, tcp
from scapy.layers.inet import IP
from scapy.layers.l2 import Dot1Q, Ether

HERE = Path(__file__).parent
CLIENT, SERVER = "10.60.10.21", "10.60.20.5"
CLIENT_MAC, ROUTER_IN, ROUTER_OUT, SERVER_MAC = (f"02:00:00:60:00:0{n}" for n in (1, 2, 3, 4))
BASE, SERVER_BASE = 1_690_000_000 * NS, 1_690_000_001 * NS + 730_000_000
ROUTER_NS, TRIP_NS = 41_000, 350_000


def main() -> None:
    """Write both captures: the trunk of a router on a stick, and the server."""
    mirror, server = [], []
    for number in range(14):
        for step in exchange(number, trip_ns=900_000):
            ends = (CLIENT, 51_000 + number, SERVER, 80) if step.is_up else (SERVER, 80, CLIENT, 51_000 + number)

            def packet(ttl, step=step, ends=ends):
                return tcp(
                    ends, step.flags, step.numbers, ip_id=step.ip_id, ttl=ttl, window=64240, data=step.data,
                    options=step.options,
                )  # fmt: skip

            at = number * 400_000_000 + step.at_ns
            jitter = at // 1000 * 7919 % 60_000
            if step.is_up:
                seen = at - TRIP_NS - jitter
                mirror.append((seen - ROUTER_NS, tagged(packet(64), 10, CLIENT_MAC, ROUTER_IN)))
                mirror.append((seen, tagged(packet(63), 20, ROUTER_OUT, SERVER_MAC)))
                server.append((at, ethernet(packet(63), src=ROUTER_OUT, dst=SERVER_MAC)))
            else:
                seen = at + TRIP_NS + jitter
                server.append((at, ethernet(packet(64), src=SERVER_MAC, dst=ROUTER_OUT, pad=False)))
                mirror.append((seen, tagged(packet(64), 20, SERVER_MAC, ROUTER_OUT)))
                mirror.append((seen + ROUTER_NS, tagged(packet(63), 10, ROUTER_IN, CLIENT_MAC)))
    for name, frames, base in (("mirror.pcap.gz", mirror, BASE), ("server.pcap.gz", server, SERVER_BASE)):
        capture = Capture(base)
        for at, frame in sorted(frames, key=lambda one: one[0]):
            capture.add(at // 1000 * 1000, frame)
        capture.write(HERE / name)


def tagged(packet: IP, vlan: int, src: str, dst: str) -> bytes:
    """Return the frame on the trunk."""
    return bytes(Ether(src=src, dst=dst) / Dot1Q(vlan=vlan) / packet).ljust(64, b"\0")


if __name__ == "__main__":
    main()
