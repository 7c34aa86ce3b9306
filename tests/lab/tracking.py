"""What a kernel translates: its own connection tracking, as it happened.

**In:** lines of ``conntrack -E``. **Out:** ``Tracked``: any tuple on either side -> (connection, direction).
**Not here:** frames (``frames.py``).
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Mapping

import attrs

from tests.lab.frames import Tuple5, turned

COMMAND = ("conntrack", "-E", "-e", "NEW", "-o", "id")
PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1}
TUPLE = re.compile(r"src=(\S+) dst=(\S+) (?:sport=(\d+) dport=(\d+)|type=\d+ code=\d+ id=(\d+))")

Flow = tuple[object, ...]


@attrs.frozen
class Tracked:
    """Tuples of a box's connections; those that it does not know stand for themselves."""

    flow_of: Mapping[Tuple5, Flow] = attrs.field(factory=dict)

    def flow(self, ends: Tuple5) -> Flow:
        """Return what the tuple belongs to, the same on both sides of the box."""
        return self.flow_of.get(ends, ends)

    def knows(self, ends: Tuple5) -> bool:
        """Return whether a connection has the tuple."""
        return ends in self.flow_of


def tracked(lines: Iterable[str]) -> Tracked:
    """Read events; a later connection takes over a tuple from an earlier one."""
    found: dict[Tuple5, Flow] = {}
    for number, line in enumerate(lines):
        protocol = next((value for word, value in PROTOCOLS.items() if f" {word} " in f" {line}"), None)
        pair = [_tuple(protocol, match) for match in TUPLE.finditer(line)] if protocol is not None else []
        if len(pair) == 2:
            original, reply = pair
            found[original] = found[turned(reply)] = (number, "original")
            found[reply] = found[turned(original)] = (number, "reply")
    return Tracked(found)


def _tuple(protocol: int, match: re.Match[str]) -> Tuple5:
    source, target, sport, dport, name = match.groups()
    ports = (int(name), int(name)) if name is not None else (int(sport), int(dport))
    return protocol, _packed(source), ports[0], _packed(target), ports[1]


def _packed(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
