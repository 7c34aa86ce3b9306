"""What PTP messages in a capture say of its clock.

In: raw UDP payloads of ports 319 and 320 with their stamps. Out: ``TimeHint`` per grandmaster's port.
Method: IEEE 1588-2008. A Sync left its master at the time that it, or the Follow_Up of the same number, states, and
passed the vantage later; a Delay_Req passed the vantage before the master received it, as the Delay_Resp states.
So vantage clock minus master time is at most ``Sync stamp - origin``, at least ``Delay_Req stamp - receive``. PTP
counts TAI; Announce tells how far that is ahead of UTC (37 s since 2017, taken where none was captured).
Not here: PTP over Ethernet (no IP packet), NTP (``ntp.py``).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from correlate.clocks.ntp import Datagram, TimeHint

SYNC, DELAY_REQ, FOLLOW_UP, DELAY_RESP, ANNOUNCE = 0, 1, 8, 9, 11
TWO_STEP, UTC_VALID = 0x0200, 0x0004
"""Of flagField, first byte high."""

HEADER = struct.Struct("!BBHBxH8x4x10sHBb")
TAI_S = 37
LEAST_BYTES = 44


class _Message(NamedTuple):
    kind: int
    flags: int
    port: bytes
    """Source port identity."""
    number: int
    at_ns: int
    time_ns: int
    """The time that the message states, TAI."""
    body: bytes


def ptp_hints(datagrams: Sequence[Datagram]) -> list[TimeHint]:
    """Return one hint per master seen, against UTC as the master counts it."""
    messages = [message for one in datagrams if (message := _parse(one)) is not None]
    ahead = {m.port: _utc_offset(m) for m in messages if m.kind == ANNOUNCE and m.flags & UTC_VALID}
    syncs = {(m.port, m.number): m for m in reversed(messages) if m.kind == SYNC}
    requests = {(m.port, m.number): m.at_ns for m in reversed(messages) if m.kind == DELAY_REQ}
    upper: dict[bytes, list[tuple[int, int]]] = {}
    lower: dict[bytes, list[tuple[int, int]]] = {}
    for message in messages:
        tai = ahead.get(message.port, TAI_S) * 10**9
        if message.kind == SYNC and not message.flags & TWO_STEP and message.time_ns:
            upper.setdefault(message.port, []).append((message.at_ns - message.time_ns + tai, message.at_ns))
        elif message.kind == FOLLOW_UP and (message.port, message.number) in syncs:
            at = syncs[message.port, message.number].at_ns
            upper.setdefault(message.port, []).append((at - message.time_ns + tai, at))
        elif message.kind == DELAY_RESP and (message.body[:10], message.number) in requests:
            at = requests[message.body[:10], message.number]
            lower.setdefault(message.port, []).append((at - message.time_ns + tai, at))
    return [_hint(port, upper.get(port, []), lower.get(port, [])) for port in dict.fromkeys([*upper, *lower])]


def _parse(datagram: Datagram) -> _Message | None:
    """Return the message; None for other versions and cut ones."""
    payload = datagram.payload
    if len(payload) < LEAST_BYTES or payload[1] & 0xF != 2:
        return None
    first, _version, _length, _domain, flags, port, number, _control, _interval = HEADER.unpack(payload[: HEADER.size])
    seconds = int.from_bytes(payload[34:40], "big")
    nanoseconds = int.from_bytes(payload[40:44], "big")
    time_ns = seconds * 10**9 + nanoseconds
    return _Message(first & 0xF, flags, port, number, datagram.at_ns, time_ns, payload[44:])


def _utc_offset(announce: _Message) -> int:
    return int.from_bytes(announce.body[:2], "big", signed=True) if len(announce.body) >= 2 else TAI_S


def _hint(port: bytes, upper: list[tuple[int, int]], lower: list[tuple[int, int]]) -> TimeHint:
    """Return what the latest messages say: clocks drift, so bounds of different hours are not mixed."""
    hi, at = min(upper[-16:], default=(None, 0))
    lo, at_lower = max(lower[-16:], default=(None, at))
    name = ":".join(f"{byte:02x}" for byte in port[:8])
    return TimeHint(name, lo, hi, len(upper) + len(lower), at or at_lower)
