"""Rebuilds datagrams of eight bytes to ports that rise one by one."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Hop, Way, udp

HERE = Path(__file__).parent
CLIENT, SERVER = "10.8.0.2", "10.8.4.4"
BASES = {"client": (1_338_500_000 * NS, 1000), "server": (1_338_500_000 * NS - 1_500_000_000, 1000)}


def main() -> None:
    """Write both captures: 21 datagrams, equal content, ports 35996 to 36016."""
    way = Way(BASES, [Hop(ahead_ns=300_000, back_ns=310_000)])
    for i in range(21):
        packet = udp((CLIENT, 51000, SERVER, 35996 + i), b"measure!", ip_id=4400 + i, ttl=64)
        way.carry(i * 100_000_000, packet, up=True)
    # A controller talks to both while they measure.
    for i in range(10):
        at = 31_000_000 + i * 210_000_000
        back = way.carry(at, udp((CLIENT, 6000, SERVER, 6000), b"status? %02d" % i, ip_id=5400 + i, ttl=64), up=True)
        way.carry(back + 90_000, udp((SERVER, 6000, CLIENT, 6000), b"fine %02d" % i, ip_id=900 + i, ttl=64), up=False)
    way.write(HERE)


if __name__ == "__main__":
    main()
