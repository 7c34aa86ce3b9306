"""``diagnose.clock_step``: a step is told once, of the clock that stepped, or of both where nothing tells."""

from __future__ import annotations

import pytest

from tests.diagnose.worlds import SMALL, outcome
from tests.netsim import HOUR, MILLISECOND, SECOND, DnsLoad, PingLoad, TcpLoad, chain

PLAIN = (
    TcpLoad(flows=20, timestamps=False, response_bytes=(100, 9000)),
    DnsLoad(flows=10),
    PingLoad(flows=2, count=10),
)
"""No sender stamps its packets."""

LONG = (TcpLoad(flows=20, exchanges=(6, 12), pause_ns=(50 * MILLISECOND, 400 * MILLISECOND)),)
"""Connections that are open when the step comes."""


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("size", [2 * SECOND, -400 * MILLISECOND])
def test_of_three_the_one_that_stepped_is_named(place: int, size: int) -> None:
    """One event, one finding, whichever place; that no line fits is then no news."""
    done = outcome(chain(3, loads=PLAIN).with_tap(place, clock={"steps": ((5 * SECOND, size),)}))
    one = done.only("clock-step")
    assert (one.vantage, one.severity) == (("client", "firewall", "server")[place], "warning")
    assert abs(one.quantity - size) < 10 * MILLISECOND
    assert "third vantage" in one.explanation
    assert len({(ref.vantage, ref.note) for ref in one.evidence}) == 4, "both ends, before and after"
    assert "clock-skew" not in done.codes


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("size", [SECOND, -SECOND])
def test_of_two_the_senders_time_stamps_tell(place: int, size: int) -> None:
    """RFC 7323 stamps are a third clock."""
    one = outcome(chain(2, loads=LONG).with_tap(place, clock={"steps": ((4 * SECOND, size),)})).only("clock-step")
    assert one.vantage == ("client", "server")[place]
    assert abs(one.quantity - size) < 10 * MILLISECOND
    assert "TCP time stamps" in one.explanation


@pytest.mark.parametrize("place", [0, 1])
def test_without_them_record_order_tells_a_clock_set_back(place: int) -> None:
    """Stamps fall back from one record to the next and stay."""
    world = chain(2, loads=PLAIN).with_tap(place, clock={"steps": ((4 * SECOND, -SECOND),)})
    one = outcome(world).only("clock-step")
    assert one.vantage == ("client", "server")[place]
    assert "from one record to the next" in one.explanation


@pytest.mark.parametrize("place", [0, 1])
def test_of_two_without_any_witness_neither_is_accused(place: int) -> None:
    """A step forward of one looks like a step back of the other."""
    one = outcome(chain(2, loads=PLAIN).with_tap(place, clock={"steps": ((4 * SECOND, SECOND),)})).only("clock-step")
    assert one.vantage is None
    assert one.title == "The clocks of client and server moved by 1 s against one another"
    assert "which of the two" in one.explanation


def test_an_hour_is_called_a_change_of_zone() -> None:
    done = outcome(chain(3, loads=SMALL).with_tap(2, clock={"steps": ((5 * SECOND, HOUR),)}))
    one = done.only("clock-step")
    assert "daylight saving" in one.explanation
    assert "clock-zone" not in done.codes
