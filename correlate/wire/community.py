"""Community ID: the label by which Zeek, Suricata, Arkime and Wireshark name a flow.

**In:** addresses as packed bytes, protocol number, ports. **Out:** ``1:<base64 of sha1>``.
**Method:** Community ID specification, version 1, seed 0 (github.com/corelight/community-id-spec).
**Not here:** matching flows (NAT changes the label, so it is one per vantage and never a key).
"""

from __future__ import annotations

import base64
import hashlib
import struct
from types import MappingProxyType

ICMP, ICMPV6 = 1, 58
HAS_PORTS = frozenset({6, 17, 132})
"""TCP, UDP, SCTP: protocols whose ports enter the hash."""

ICMP_PAIRS = MappingProxyType({8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17, 10: 9, 9: 10})
"""Request and reply types (RFC 792, 950, 1256): their flow is named alike from both sides."""
ICMPV6_PAIRS = MappingProxyType(
    {
        128: 129,
        129: 128,
        133: 134,
        134: 133,
        135: 136,
        136: 135,
        130: 131,
        131: 130,
        144: 145,
        145: 144,
        139: 140,
        140: 139,
    }
)
"""RFC 4443 echo, RFC 4861 solicitations, RFC 2710 listener queries, RFC 6275 home agents, RFC 4620 node information."""


def community_id(src: bytes, dst: bytes, proto: int, sport: int = -1, dport: int = -1) -> str:
    """Return the Community ID (version 1, seed 0) of one packet's 5-tuple.

    Parameters
    ----------
    src, dst
        4 or 16 address bytes, network order.
    proto
        IP protocol number (IANA).
    sport, dport
        Ports; for ICMP and ICMPv6 the type and the code; -1 = none.

    >>> from ipaddress import ip_address
    >>> community_id(ip_address("128.232.110.120").packed, ip_address("66.35.250.204").packed, 6, 34855, 80)
    '1:LQU9qZlK+B5F3KDmev6m5PMibrg='
    """
    ports, is_one_way = _ports(proto, sport, dport)
    near, far = (src, ports[:1]), (dst, ports[1:])
    if not is_one_way and near > far:
        near, far = far, near
        ports = ports[::-1]
    hashed = b"\0\0" + near[0] + far[0] + bytes([proto, 0]) + b"".join(struct.pack("!H", port) for port in ports)
    return "1:" + base64.b64encode(hashlib.sha1(hashed, usedforsecurity=False).digest()).decode("ascii")


def _ports(proto: int, sport: int, dport: int) -> tuple[tuple[int, ...], bool]:
    """Return the two numbers that enter the hash (or none), and whether only one direction bears them."""
    if proto in (ICMP, ICMPV6):
        if sport < 0:
            return (), False
        counterpart = (ICMP_PAIRS if proto == ICMP else ICMPV6_PAIRS).get(sport)
        return ((sport, dport), True) if counterpart is None else ((sport, counterpart), False)
    if proto in HAS_PORTS and sport >= 0:
        return (sport, dport), False
    return (), False
