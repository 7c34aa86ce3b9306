"""NTP seen by a vantage: bounds against the server's clock."""

from __future__ import annotations

import struct

import pytest

from correlate.clocks.ntp import EPOCH_S, Datagram, TimeHint, ntp_hints, unix_ns

NOW = 1_700_000_000 * 10**9
CLIENT, SERVER = "10.0.0.1", "192.0.2.5"
MS = 10**6


def stamp(unix):
    """Return an NTP timestamp of Unix ns, as two words."""
    seconds, rest = divmod(unix, 10**9)
    return (seconds + EPOCH_S) % 2**32, -(-(rest << 32) // 10**9)


def message(mode, *, stratum=2, leap=0, origin=(0, 0), receive=(0, 0), transmit=(0, 0)):
    return struct.pack(
        "!BBBb11I", leap << 6 | 4 << 3 | mode, stratum, 6, -20, 0, 0, 0, 0, 0, *origin, *receive, *transmit
    )


def exchange(at, offset, out, back, **options):
    """A request passes the vantage (its clock ``offset`` ahead of the server's) at true time ``at``, the server after ``out``."""
    cookie = stamp(at + 12_345)
    request = Datagram(at + offset, CLIENT, SERVER, message(3, transmit=cookie))
    answer = message(4, origin=cookie, receive=stamp(at + out), transmit=stamp(at + out + MS), **options)
    return [request, Datagram(at + offset + out + MS + back, SERVER, CLIENT, answer)]


@pytest.mark.parametrize("offset", [0, 250 * MS, -7 * 3600 * 10**9])
def test_the_truth_lies_between_the_two_transits(offset):
    (hint,) = ntp_hints(exchange(NOW, offset, 3 * MS, 5 * MS))
    assert hint.lo_ns == pytest.approx(offset - 3 * MS, abs=2)
    assert hint.hi_ns == pytest.approx(offset + 5 * MS, abs=2)
    assert (hint.server, hint.seen) == (SERVER, 1)


def test_the_narrowest_exchange_speaks():
    found = ntp_hints(
        exchange(NOW, 0, 30 * MS, 5 * MS)
        + exchange(NOW + 10**10, 0, MS, MS)
        + exchange(NOW + 2 * 10**10, 0, 9 * MS, MS)
    )
    assert len(found) == 1
    assert found[0].seen == 3
    assert found[0].hi_ns - found[0].lo_ns == pytest.approx(2 * MS, abs=3)


@pytest.mark.parametrize("options", [{"stratum": 0}, {"stratum": 16}, {"leap": 3}])
def test_servers_that_do_not_know_the_time_are_not_asked(options):
    """Kiss-o'-death, unsynchronised (RFC 5905 section 7.4)."""
    assert ntp_hints(exchange(NOW, 0, MS, MS, **options)) == []


def test_answers_without_their_request_and_cut_ones_say_nothing():
    request, answer = exchange(NOW, 0, MS, MS)
    assert ntp_hints([answer]) == []
    assert ntp_hints([request, answer._replace(payload=answer.payload[:40])]) == []
    assert ntp_hints([request, answer._replace(source="192.0.2.6")]) == []
    assert ntp_hints([Datagram(0, CLIENT, SERVER, b"\xff" * 48)]) == []


def test_the_era_of_2036_is_told_by_small_seconds():
    assert unix_ns(1 << 32) == (2**32 + 1 - EPOCH_S) * 10**9
    assert isinstance(ntp_hints(exchange(2_100_000_000 * 10**9, 5, MS, MS))[0], TimeHint)
