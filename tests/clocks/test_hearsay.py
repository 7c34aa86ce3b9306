"""One-way traffic: bounds from the halves of exchanges that one vantage saw."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.model.clocks import UNBOUNDED
from tests.diagnose.worlds import SMALL, outcome
from tests.netsim import HOUR, MILLISECOND, StreamLoad, chain


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("way", ["forward", "reverse"])
def test_what_one_vantage_saw_of_one_way_traffic_bounds_the_other_side(place, way):
    """Data at B precedes the acknowledgement seen at A: bounded both ways, true, wider than the hop, never proven."""
    world = chain(2, loads=SMALL).with_hop(1, both={"delay_ns": 4 * MILLISECOND})
    world = world.with_tap(place, direction=way).with_tap(1, clock={"offset_ns": 3 * HOUR, "skew_ppm": 20})
    done = outcome(world)
    clock = done.result.clocks.vantages[1]
    assert clock.grade == "likely"
    assert (clock.samples_forward > 0) != (clock.samples_reverse > 0), "counts are of packets seen at both"
    frames = np.arange(1, len(done.sim.captures["server"]) + 1)
    truth = done.sim.truth.offset_ns(1, frames, 0)
    _, lo, hi = clock.offset_at(done.sim.truth.stamp_ns[1])
    assert (lo > -UNBOUNDED).all()
    assert (hi < UNBOUNDED).all()
    assert (lo <= truth).all()
    assert (truth <= hi).all()
    assert np.median(hi - lo) < 40 * MILLISECOND
    (one,) = [one for one in done.of("cannot-tell") if "One-way delay" in one.title]
    assert "acknowledgements" in one.explanation
    assert not done.accusations


def test_without_any_exchange_the_other_side_stays_open():
    """A stream: nobody answers, so one bound is null and the delay is called unknown."""
    done = outcome(chain(2, loads=(StreamLoad(flows=3),)))
    clock = done.result.clocks.vantages[1]
    _, lo, hi = clock.offset_at(done.sim.truth.stamp_ns[1])
    assert ((lo <= -UNBOUNDED) | (hi >= UNBOUNDED)).all()
    assert any("One-way delay" in one.title and "one side only" in one.explanation for one in done.of("cannot-tell"))
    assert not done.accusations
