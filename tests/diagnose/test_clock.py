"""``diagnose.clock``: rates and ticks; and that no defect of a clock is ever the network's."""

from __future__ import annotations

import pytest

from tests.diagnose.worlds import BULK, CLEAN, SMALL, outcome
from tests.netsim import HOUR, MILLISECOND, SECOND, chain


def test_a_fast_clock_is_told_with_its_rate() -> None:
    """80 ppm is beyond what a crystal does; 10 ppm is not."""
    one = outcome(chain(3, loads=SMALL).with_tap(1, clock={"skew_ppm": 80})).of("clock-skew")[0]
    assert one.severity == "info"
    assert abs(one.quantity - 80) < 5
    assert "clock-skew" not in outcome(chain(2, loads=SMALL).with_tap(1, clock={"skew_ppm": 10})).codes


def test_coarse_ticks_are_told_of_their_vantage() -> None:
    """15.625 ms, the Windows timer."""
    one = outcome(chain(2, loads=SMALL).with_tap(0, clock={"quantum_ns": 15_625_000})).only("clock-tick")
    assert (one.vantage, one.quantity, one.grade) == ("client", 15_625_000, "proven")


def test_good_clocks_are_not_mentioned() -> None:
    """Nothing remarkable, nothing said."""
    assert not {code for code in outcome(CLEAN).codes if code.startswith("clock-")}


DEFECTS = {
    "whole seconds": {"quantum_ns": SECOND},
    "ticks of 15.6 ms": {"quantum_ns": 15_625_000},
    "ticks of 100 ms": {"quantum_ns": 100 * MILLISECOND},
    "ticks of 1 ms": {"quantum_ns": MILLISECOND},
    "forward 2 s": {"steps": ((5 * SECOND, 2 * SECOND),)},
    "back 300 ms": {"steps": ((4 * SECOND, -300 * MILLISECOND),)},
    "there and back": {"steps": ((3 * SECOND, -SECOND), (6 * SECOND, SECOND))},
    "daylight saving": {"steps": ((5 * SECOND, HOUR),)},
    "zone": {"offset_ns": -7 * HOUR + 300 * MILLISECOND},
    "fast": {"skew_ppm": 400},
    "slow": {"skew_ppm": -900},
    "ntpd slews": {"slews": ((2 * SECOND, 8 * SECOND, 500.0),)},
    "chrony slews": {"slews": ((3 * SECOND, 5 * SECOND, 80_000.0),)},
    "wanders": {"wander": ((3.0, 7.0, 1.0),)},
}


@pytest.mark.parametrize("load", [SMALL, BULK], ids=["small", "bulk"])
@pytest.mark.parametrize("defect", DEFECTS)
def test_no_defect_of_a_clock_is_blamed_on_a_hop(defect: str, load) -> None:
    """The worst mistake: two to four vantages, the defect at each of them, and no accusation of the network."""
    for taps, place in [(2, 0), (2, 1), (3, 1), (4, 1), (4, 2), (4, 3)]:
        done = outcome(chain(taps, loads=load).with_tap(place, clock=DEFECTS[defect]))
        assert not done.accusations, f"{taps} vantages, defect at {place}"


@pytest.mark.parametrize(
    "hop",
    [
        {"forward": {"extra": ((4 * SECOND, 60 * SECOND, 20 * MILLISECOND),)}},
        {
            "forward": {"extra": ((4 * SECOND, 60 * SECOND, 9 * MILLISECOND),)},
            "reverse": {"delay_ns": 30 * MILLISECOND},
        },
        {"both": {"jitter_ns": 5 * MILLISECOND}},
        {"forward": {"delay_ns": 40 * MILLISECOND}},
        {"reverse": {"rate_bps": 20_000_000}},
    ],
    ids=["route change", "swap of routes", "queues", "asymmetry", "bottleneck"],
)
def test_nothing_of_the_network_is_called_a_clock(hop: dict) -> None:
    """algorithms section 1: one direction alone, or both the same way, is no clock."""
    done = outcome(chain(3, loads=SMALL).with_hop(0, **hop))
    assert not {code for code in done.codes if code.startswith("clock-")}
    assert all(not clock.steps for clock in done.result.clocks.vantages)
