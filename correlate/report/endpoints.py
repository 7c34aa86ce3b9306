"""Who talks to whom, as text: a flow's 5-tuple at each vantage.

**In:** interned tuples of packet tables and the joined flows. **Out:** ``[src, sport, dst, dport]``, initiator first.
**Method:** the vantage's own outbound tuple, turned round where that vantage took the other end for the initiator.
**Not here:** which flows are one (``match``).
"""

from __future__ import annotations

import socket
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from correlate.model.correlation import Correlation
from correlate.model.packets import ICMP, ICMPV6, PacketTable, TupleColumns
from correlate.wire.community import community_id

PROTOCOL_NAMES = MappingProxyType(
    {
        1: "icmp", 2: "igmp", 4: "ipv4", 6: "tcp", 17: "udp", 33: "dccp", 41: "ipv6", 46: "rsvp", 47: "gre", 50: "esp",
        51: "ah", 58: "ipv6-icmp", 88: "eigrp", 89: "ospfigp", 94: "ipip", 97: "etherip", 103: "pim", 108: "ipcomp",
        112: "vrrp", 115: "l2tp", 124: "isis over ipv4", 132: "sctp", 133: "fc", 136: "udplite", 137: "mpls-in-ip",
    }
)  # fmt: skip
"""IANA protocol keywords, lower case."""


class Endpoints(NamedTuple):
    """One direction of a conversation; ports are None where there are none."""

    src: str
    sport: int | None
    dst: str
    dport: int | None

    def reversed(self) -> Endpoints:
        """Return the other direction."""
        return Endpoints(self.dst, self.dport, self.src, self.sport)

    @property
    def source(self) -> str:
        """``10.0.0.1:443``, ``[2001:db8::1]:443`` or the address alone."""
        return _with_port(self.src, self.sport)

    @property
    def destination(self) -> str:
        """As ``source``."""
        return _with_port(self.dst, self.dport)


def _with_port(address: str, port: int | None) -> str:
    if port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def protocol_name(proto: int) -> str:
    """Return the lower-case IANA keyword, or the number as text."""
    return PROTOCOL_NAMES.get(proto, str(proto))


def endpoints_of(tuples: TupleColumns, row: int) -> Endpoints:
    """Return a row of the tuple table as text."""
    is_v6 = int(tuples.version[row]) == 6
    family, start = (socket.AF_INET6, 0) if is_v6 else (socket.AF_INET, 12)
    src, dst = (socket.inet_ntop(family, bytes(column[row])[start:]) for column in (tuples.src, tuples.dst))
    sport, dport = int(tuples.sport[row]), int(tuples.dport[row])
    return Endpoints(src, sport if sport >= 0 else None, dst, dport if dport >= 0 else None)


def flow_endpoints(correlation: Correlation, flow: int, vantage: int) -> Endpoints | None:
    """Return a joined flow's initiator -> responder as seen at a vantage (input index); None = not seen there."""
    found = oriented_tuple(correlation, flow, vantage)
    if found is None:
        return None
    row, is_turned = found
    endpoints = endpoints_of(correlation.packets[vantage].tuples, row)
    return endpoints.reversed() if is_turned else endpoints


def oriented_tuple(correlation: Correlation, flow: int, vantage: int) -> tuple[int, bool] | None:
    """Return a tuple row of the flow and whether it runs responder -> initiator of the joined flow."""
    member = int(correlation.joined.member[flow, vantage])
    if member < 0:
        return None
    columns = correlation.flows[vantage].columns
    is_swapped = bool(correlation.joined.is_swapped[vantage][member])
    out, back = int(columns.tuple_out[member]), int(columns.tuple_back[member])
    if out >= 0:
        return out, is_swapped
    return (back, not is_swapped) if back >= 0 else None


def icmp_types(packets: PacketTable) -> dict[int, tuple[int, int]]:
    """Return tuple row -> (type, code) of its first ICMP or ICMPv6 packet: what Community ID uses for ports."""
    columns = packets.columns
    rows = np.flatnonzero((columns.proto == ICMP) | (columns.proto == ICMPV6))
    tuples, first = np.unique(columns.tuple_id[rows], return_index=True)
    firsts = rows[first]
    kinds = zip(columns.icmp_type[firsts].tolist(), columns.icmp_code[firsts].tolist(), strict=True)
    return dict(zip(tuples.tolist(), kinds, strict=True))


def tuple_community_id(tuples: TupleColumns, row: int, types: dict[int, tuple[int, int]]) -> str:
    """Return the Community ID of a row of the tuple table; ``types`` is :func:`icmp_types` of its vantage's packets."""
    start = 0 if int(tuples.version[row]) == 6 else 12
    proto = int(tuples.proto[row])
    ports = int(tuples.sport[row]), int(tuples.dport[row])
    if proto in (ICMP, ICMPV6):
        ports = types.get(row, (-1, -1))
    return community_id(bytes(tuples.src[row])[start:], bytes(tuples.dst[row])[start:], proto, *ports)
