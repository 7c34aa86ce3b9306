"""PTP seen by a vantage: bounds against its master's clock."""

from __future__ import annotations

import struct

import pytest

from correlate.clocks.ntp import Datagram
from correlate.clocks.ptp import ptp_hints

NOW = 1_700_000_000 * 10**9
MASTER, SLAVE = b"\x00\x1b\x21\xff\xfe\x00\x00\x01\x00\x01", b"\x00\x1b\x21\xff\xfe\x00\x00\x02\x00\x01"
TAI = 37 * 10**9
US = 1_000


def message(kind, number, time_ns=0, *, port=MASTER, flags=0, body=b""):
    time = (time_ns // 10**9).to_bytes(6, "big") + (time_ns % 10**9).to_bytes(4, "big")
    head = struct.pack("!BBHBxH8x4x10sHBb", kind, 2, 44 + len(body), 0, flags, port, number, 0, 0)
    return head + time + body


def seen(at, payload):
    return Datagram(at, "10.0.0.9", "224.0.1.129", payload)


def test_sync_bounds_from_above_and_delay_requests_from_below():
    """The vantage's clock is 40 us ahead; Sync took 9 us to it, Delay_Req 7 us from it."""
    frames = [
        seen(NOW + 49 * US, message(0, 5, flags=0x0200)),
        seen(NOW + 60 * US, message(8, 5, NOW + TAI)),
        seen(NOW + 10**9 + 40 * US, message(1, 9, port=SLAVE)),
        seen(NOW + 10**9 + 80 * US, message(9, 9, NOW + TAI + 10**9 + 7 * US, body=SLAVE)),
    ]
    (hint,) = ptp_hints(frames)
    assert (hint.lo_ns, hint.hi_ns, hint.seen) == (33 * US, 49 * US, 2)
    assert hint.server == "00:1b:21:ff:fe:00:00:01"


def test_one_step_masters_and_their_own_utc_offset():
    announce = message(11, 1, flags=0x0004, body=struct.pack("!h", 36) + bytes(18))
    (hint,) = ptp_hints([seen(NOW, announce), seen(NOW + 5, message(0, 1, NOW + 36 * 10**9))])
    assert (hint.lo_ns, hint.hi_ns) == (None, 5)


@pytest.mark.parametrize(
    "payload", [b"", bytes(43), b"\x00\x01" + bytes(60), message(8, 3, NOW), message(9, 3, NOW, body=b"\x01")]
)
def test_strays_say_nothing(payload):
    assert ptp_hints([seen(NOW, payload)]) == []
