"""Rebuilds datagrams of which one fragment is lost, so that the whole is."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from craft import NS, Hop, Way, echo, fragments, icmp_error, udp

HERE = Path(__file__).parent
CLIENT, SERVER = "10.5.0.9", "10.5.7.7"
BASES = {"client": (1_338_200_000 * NS, 1000), "server": (1_338_200_000 * NS - 900_000_000, 1000)}
MTU = 1500


def main() -> None:
    """Write both captures: of datagrams 3 and 7 the second fragment dies; 60 s later the server says so."""
    way = Way(BASES, [Hop(ahead_ns=700_000, back_ns=710_000, routers=3)])
    for i in range(12):
        at = i * 500_000_000
        body = b"".join(b"record %06d/%02d;" % (j, i) for j in range(250))[:3600]
        whole = udp((CLIENT, 40100, SERVER, 5140), body, ip_id=8100 + i, ttl=64)
        pieces = fragments(whole, MTU)
        assert len(pieces) == 3
        for number, piece in enumerate(pieces):
            is_lost = i in (3, 7) and number == 1
            way.carry(at + 12_000 * number, piece, up=True, until=0 if is_lost else None)
        if i in (3, 7):
            _complain(way, at + 60 * NS, pieces[0], 500 + i)
        else:
            way.carry(
                at + 3_000_000, udp((SERVER, 5140, CLIENT, 40100), b"ok %03d" % i, ip_id=300 + i, ttl=64), up=False
            )
    for i in range(60):
        back = way.carry(i * NS + 77, echo((CLIENT, SERVER), 8, i, ip_id=100 + i, ttl=64), up=True)
        way.carry(back + 20_000, echo((SERVER, CLIENT), 0, i, ip_id=9000 + i, ttl=64), up=False)
    way.write(HERE)


def _complain(way: Way, at: int, first, ip_id: int) -> None:
    """Time exceeded, code 1: reassembly (RFC 792), quoting the first fragment."""
    way.carry(at, icmp_error((SERVER, CLIENT), 11, 1, _as_arrived(first), ip_id=ip_id, ttl=64), up=False)


def _as_arrived(packet):
    out = packet.copy()
    out.ttl -= 3
    return out


if __name__ == "__main__":
    main()
