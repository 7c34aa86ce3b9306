"""Rebuilds three connection attempts without an answer, seen by one capture."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Capture, ethernet, ns, tcp

HERE = Path(__file__).parent
CLIENT, SERVER = "192.168.4.71", "10.1.1.1"
BASE = 1_337_100_000 * NS
OPTIONS = [("MSS", 1460), ("NOP", None), ("NOP", None), ("SAckOK", b"")]
MACS = {"src": "00:0d:56:00:04:71", "dst": "00:04:96:00:00:01"}


def main() -> None:
    """Write the one capture; 0.3125 s are 20 ticks of 15.625 ms. ARP frames stand for the traffic around them."""
    capture = Capture(BASE)
    first = ns("29.488847")
    for number, at, port, seq, ip_id in (
        (1154, first, 443, 771_900_000, 4100),
        (1158, first, 443, 771_900_000, 4100),
        (4808, first + ns("0.3125"), 80, 772_400_000, 4101),
    ):
        packet = tcp((CLIENT, 37389, SERVER, port), "S", (seq, 0), ip_id=ip_id, ttl=128, window=65535, options=OPTIONS)
        capture.add(at, ethernet(packet, pad=False, **MACS), number=number)
    capture.write(HERE / "client.pcap.gz")


if __name__ == "__main__":
    main()
