"""``diagnose.clock``: facts about clocks, attributed only as far as the vantages allow."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.diagnose.clock import find_jumps
from correlate.model.clocks import ClockStep, HopClock, OffsetCurve
from tests.diagnose.worlds import CLEAN, SMALL, outcome
from tests.netsim import HOUR, MILLISECOND, SECOND, chain


def hop_clock(*deltas: int) -> HopClock:
    """A hop's clock with steps."""
    return HopClock(
        base_ns=0,
        curve=OffsetCurve(np.zeros(1, np.int64), np.zeros(1), np.zeros(1), np.zeros(1)),
        pieces=(),
        steps=tuple(ClockStep(at_ns=i, delta_ns=delta, grade="proven") for i, delta in enumerate(deltas)),
        skew_ppb=None,
        skew_lo_ppb=None,
        skew_hi_ppb=None,
        samples_forward=9,
        samples_reverse=9,
        min_two_way_ns=None,
        violation_ns=0,
        constant_violation_ns=0,
        grade="proven",
    )


@pytest.mark.parametrize(
    ("hops", "told"),
    [
        ([(50,)], [(None, 50)]),
        ([(50,), (-50,)], [(1, 50)]),
        ([(50,), (-48,)], [(1, 50)]),
        ([(50,), ()], [(None, 50)]),
        ([(), (50,)], [(None, 50)]),
        ([(), (50,), ()], [(None, 50)]),
        ([(50, 7), (-50,)], [(1, 50), (None, 7)]),
        ([(50,), (9,)], [(None, 50), (None, 9)]),
        ([(), ()], []),
    ],
)
def test_a_jump_is_the_clocks_that_moves_against_both_its_neighbours(hops, told) -> None:
    """algorithms section 1, who stepped: a neighbour that shows nothing may only lack evidence."""
    jumps = find_jumps([hop_clock(*deltas) for deltas in hops])
    assert [(jump.place, jump.delta_ns) for jump in jumps] == told


def test_a_step_in_the_middle_is_told_once_and_of_the_right_clock() -> None:
    """One event, one finding; that no line fits is then no news."""
    done = outcome(chain(3, loads=SMALL).with_tap(1, clock={"steps": ((5 * SECOND, 2 * SECOND),)}))
    one = done.only("clock-step")
    assert (one.vantage, one.severity) == ("firewall", "warning")
    assert abs(one.quantity - 2 * SECOND) < 10 * MILLISECOND
    assert "clock-skew" not in done.codes


def test_of_two_vantages_neither_is_accused_of_a_step() -> None:
    """The sentence names both."""
    one = outcome(chain(2, loads=SMALL).with_tap(1, clock={"steps": ((4 * SECOND, -1 * SECOND),)})).only("clock-step")
    assert one.vantage is None
    assert one.title == "The clocks of client and server moved by 1 s against one another"


def test_a_fast_clock_is_told_with_its_rate() -> None:
    """80 ppm is beyond what a crystal does; 10 ppm is not."""
    one = outcome(chain(3, loads=SMALL).with_tap(1, clock={"skew_ppm": 80})).of("clock-skew")[0]
    assert one.severity == "info"
    assert abs(one.quantity - 80) < 5
    assert "clock-skew" not in outcome(chain(2, loads=SMALL).with_tap(1, clock={"skew_ppm": 10})).codes


def test_hours_are_a_time_zone() -> None:
    """Near a multiple of 15 minutes, by the symmetric estimate; never proven."""
    one = outcome(chain(2, loads=SMALL).with_tap(1, clock={"offset_ns": -7 * HOUR + 300 * MILLISECOND})).only(
        "clock-zone"
    )
    assert (one.grade, one.hop) == ("likely", ("client", "server"))
    assert "-7 h" in one.title
    assert abs(one.quantity - (-7 * HOUR + 300 * MILLISECOND)) < 10 * MILLISECOND


@pytest.mark.parametrize("offset", [0, 3 * SECOND, 7 * 60 * SECOND, 2 * HOUR + 5 * SECOND])
def test_other_offsets_are_not(offset: int) -> None:
    """A clock set wrongly is no time zone."""
    assert "clock-zone" not in outcome(chain(2, loads=SMALL).with_tap(1, clock={"offset_ns": offset})).codes


def test_coarse_ticks_are_told_of_their_vantage() -> None:
    """15.625 ms, the Windows timer."""
    one = outcome(chain(2, loads=SMALL).with_tap(0, clock={"quantum_ns": 15_625_000})).only("clock-tick")
    assert (one.vantage, one.quantity, one.grade) == ("client", 15_625_000, "proven")


def test_good_clocks_are_not_mentioned() -> None:
    """Nothing remarkable, nothing said."""
    assert not {code for code in outcome(CLEAN).codes if code.startswith("clock-")}
