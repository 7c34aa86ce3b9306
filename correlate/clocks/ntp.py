"""What NTP packets in a capture say of its clock.

In: raw UDP payloads of port 123 with their stamps and ends. Out: ``TimeHint`` per server.
Method: RFC 5905. The server stamps when a request came (receive) and when its answer left (transmit); the request
passed the vantage before the one, the answer after the other. So vantage clock minus server time lies between
``request stamp - receive`` and ``answer stamp - transmit``: causal bounds again, against the server's clock. The
narrowest exchange speaks. Kiss-o'-death and unsynchronised servers are not asked.
Not here: PTP (``ptp.py``), any use of it as a bound: servers may be wrong (``hints.py``).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

CLIENT, SERVER = 3, 4
EPOCH_S = 2_208_988_800
"""From 1900 to 1970 (RFC 5905 section 6)."""

ERA_S = 2**32
HEADER = struct.Struct("!BBBb11I")
LEAST_BYTES = 48
UNSYNCHRONISED = 16


class Datagram(NamedTuple):
    """One UDP datagram as a vantage saw it."""

    at_ns: int
    """Stamp, own clock."""
    source: str
    destination: str
    payload: bytes


class TimeHint(NamedTuple):
    """Vantage clock minus a time server's, ns; None = that side is not bounded."""

    server: str
    lo_ns: int | None
    hi_ns: int | None
    seen: int
    """Exchanges or messages that said so."""
    at_ns: int
    """When the narrowest did, own clock."""


def ntp_hints(datagrams: Sequence[Datagram]) -> list[TimeHint]:
    """Return one hint per server that answered, in the order of their first answers."""
    asked: dict[tuple[str, str, int], int] = {}
    found: dict[str, list[TimeHint]] = {}
    for one in datagrams:
        if len(one.payload) < LEAST_BYTES:
            continue
        first, stratum, *rest = HEADER.unpack(one.payload[:LEAST_BYTES])
        words = rest[2:]
        origin, receive, transmit = (words[at] << 32 | words[at + 1] for at in (5, 7, 9))
        mode = first & 7
        if mode == CLIENT and transmit:
            # A cookie seen twice is a copy of one request: the earlier sighting keeps the bound true.
            asked.setdefault((one.source, one.destination, transmit), one.at_ns)
        elif mode == SERVER and 0 < stratum < UNSYNCHRONISED and first >> 6 != 3 and receive and transmit:
            sent = asked.get((one.destination, one.source, origin))
            if sent is not None:
                hint = TimeHint(one.source, sent - unix_ns(receive), one.at_ns - unix_ns(transmit), 1, one.at_ns)
                found.setdefault(one.source, []).append(hint)
    return [_narrowest(hints) for hints in found.values()]


def unix_ns(timestamp: int) -> int:
    """Return an NTP timestamp (32.32 fixed point) as Unix time, ns; small seconds belong to the era from 2036.

    >>> unix_ns(2_208_988_800 << 32), unix_ns((2_208_988_801 << 32) + 2**31)
    (0, 1500000000)
    """
    seconds, fraction = timestamp >> 32, timestamp & 0xFFFFFFFF
    if seconds < 2**31:
        seconds += ERA_S
    return (seconds - EPOCH_S) * 10**9 + (fraction * 10**9 >> 32)


def _narrowest(hints: Sequence[TimeHint]) -> TimeHint:
    """Return the hint with the least room; one whose bounds are crossed (a server that jumps) only if all are."""
    widths = [(hint.hi_ns or 0) - (hint.lo_ns or 0) for hint in hints]
    best = min(range(len(hints)), key=lambda at: (widths[at] < 0, abs(widths[at])))
    return hints[best]._replace(seen=len(hints))
