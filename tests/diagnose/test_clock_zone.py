"""``diagnose.clock_zone``: whole quarters of an hour."""

from __future__ import annotations

import pytest

from correlate.diagnose.clock_zone import in_quarters
from tests.diagnose.worlds import SMALL, outcome
from tests.netsim import HOUR, MILLISECOND, SECOND, chain


def test_hours_are_a_time_zone() -> None:
    """Near a multiple of 15 minutes, by the symmetric estimate; never proven."""
    world = chain(2, loads=SMALL).with_tap(1, clock={"offset_ns": -7 * HOUR + 300 * MILLISECOND})
    one = outcome(world).only("clock-zone")
    assert (one.grade, one.hop, one.vantage) == ("likely", ("client", "server"), "server")
    assert one.title == "The clock at server is 7 h behind client: a time zone"
    assert one.explanation.startswith("7 h apart minus 300 ms.")
    assert abs(one.quantity - (-7 * HOUR + 300 * MILLISECOND)) < 10 * MILLISECOND


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_odd_one_of_three_is_named_once(place: int) -> None:
    """Two agree; also where the reference itself is the odd one. Nepal: 5 h 45 min."""
    offset = 5 * HOUR + 45 * 60 * SECOND + 120 * MILLISECOND
    done = outcome(chain(3, loads=SMALL).with_tap(place, clock={"offset_ns": offset}))
    one = done.only("clock-zone")
    assert one.vantage == ("client", "firewall", "server")[place]
    assert "5 h 45 min ahead of" in one.title
    assert not done.accusations


@pytest.mark.parametrize("offset", [0, 3 * SECOND, 7 * 60 * SECOND, 2 * HOUR + 5 * SECOND, 27 * HOUR])
def test_other_offsets_are_not(offset: int) -> None:
    """A clock set wrongly is no time zone."""
    assert "clock-zone" not in outcome(chain(2, loads=SMALL).with_tap(1, clock={"offset_ns": offset})).codes


def test_quarters_are_counted_with_their_sign() -> None:
    assert in_quarters(-12 * HOUR) == -48
    assert in_quarters(14_400_312_440_000) == 16
    assert in_quarters(HOUR + 3 * SECOND) is None
