"""Captures that stamp their two directions by different clocks: told, followed, and blamed on nobody."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.model.trajectories import NO_DELAY, Fate
from correlate.pipeline import correlate
from correlate.read import read_frames
from correlate.report import write_merged
from tests.diagnose.worlds import BULK, SMALL, of_captures, outcome
from tests.netsim import HOUR, MILLISECOND, SECOND, Clock, chain, simulate
from tests.report.runs import parts

APART = [37 * SECOND, -37 * SECOND, 200 * MILLISECOND]


@pytest.mark.parametrize("apart", APART)
@pytest.mark.parametrize(("taps", "place"), [(2, 0), (2, 1), (3, 0), (3, 1), (3, 2), (4, 2)])
@pytest.mark.parametrize("load", [SMALL, BULK], ids=["small", "bulk"])
def test_a_second_clock_is_found_bounded_and_blamed_on_no_hop(load, taps, place, apart):
    """37 s: TAI against UTC. The truth lies inside its bounds, the path's order stays right, every hop is innocent."""
    done = outcome(chain(taps, loads=load).with_tap(place, reverse_clock=Clock(offset_ns=apart)))
    one = done.only("clock-directions")
    assert one.vantage == done.sim.world.taps[place].name
    assert done.result.path.order == tuple(range(taps))
    (clock,) = done.result.clocks.directions
    assert clock.lo_ns <= apart * -clock.direction <= clock.hi_ns
    assert clock.slack_ns < 5 * MILLISECOND
    assert not done.accusations
    assert not {"clock-step", "clock-skew", "capture-loss"} & done.codes


@pytest.mark.parametrize("place", [0, 1, 2])
def test_true_delays_stay_inside_their_bounds(place):
    """Law: what the estimate of the second clock may be wrong by widens the delays of its direction."""
    done = outcome(chain(3, loads=SMALL).with_tap(place, reverse_clock=Clock(offset_ns=37 * SECOND, skew_ppm=12)))
    assert done.only("clock-directions")
    fates, table, truth = done.result.fates, done.result.trajectories, done.sim.truth
    rows = np.flatnonzero((fates.fate == Fate.DELIVERED) & (fates.owd_ns != NO_DELAY))
    assert len(rows) > 200
    for row in rows.tolist():
        packet, hop = int(fates.packet[row]), int(fates.hop[row])
        frame = table.rows[packet, hop] + 1
        sent = truth.transmission_of[hop][frame - 1]
        took = abs(int(truth.time_ns[sent, hop + 1] - truth.time_ns[sent, hop]))
        assert fates.owd_lo_ns[row] - 3 <= took <= fates.owd_hi_ns[row] + 3


@pytest.mark.parametrize("apart", [*APART, -20 * MILLISECOND])
@pytest.mark.parametrize(("taps", "place"), [(2, 0), (3, 1)])
def test_a_file_sorted_by_both_clocks_is_no_different(taps, place, apart):
    """Two ports of a tap, merged by time: one direction stands 37 s before the other in the file."""
    run = simulate(chain(taps, loads=SMALL).with_tap(place, reverse_clock=Clock(offset_ns=apart)), 3)
    done = of_captures({name: sorted(frames, key=lambda one: one[0]) for name, frames in run.captures.items()})
    one = done.only("clock-directions")
    assert abs(abs(one.quantity) - abs(apart)) < 2 * MILLISECOND
    assert done.result.path.order == tuple(range(taps))
    assert not done.accusations


def test_the_merged_capture_is_on_one_clock(tmp_path):
    """Replies follow their requests at the vantage whose stamps say otherwise."""
    world = chain(2, loads=SMALL).with_tap(1, reverse_clock=Clock(offset_ns=-37 * SECOND))
    paths = simulate(world, 3).write(tmp_path)
    found = correlate(paths)
    write_merged(found, parts(found), tmp_path / "merged.pcapng")
    stamps = np.concatenate([chunk.columns.ts_ns for chunk in read_frames(str(tmp_path / "merged.pcapng"))])
    assert np.ptp(stamps) < 36 * SECOND


def test_every_vantage_may_have_two():
    world = chain(3, loads=SMALL)
    for place, apart in enumerate(APART):
        world = world.with_tap(place, reverse_clock=Clock(offset_ns=apart))
    done = outcome(world)
    assert len(done.of("clock-directions")) == 3
    assert not done.accusations


@pytest.mark.parametrize(
    "clock",
    [
        {"steps": ((5 * SECOND, 2 * SECOND),)},
        {"steps": ((5 * SECOND, -2 * SECOND),)},
        {"quantum_ns": SECOND},
        {"quantum_ns": 15_625_000},
        {"offset_ns": 3 * HOUR, "skew_ppm": 500},
    ],
)
def test_one_clock_with_other_faults_is_one_clock(clock):
    assert "clock-directions" not in outcome(chain(2, loads=SMALL).with_tap(1, clock=clock)).codes


def test_jitter_of_stamps_is_no_second_clock():
    """Below a millisecond stamps are taken early when sending and late when receiving."""
    world = chain(2, loads=SMALL).with_tap(1, reverse_clock=Clock(offset_ns=400_000))
    assert "clock-directions" not in outcome(world).codes


def test_stamps_are_reported_as_captured():
    """Contract: ``captured_ns`` is the capture's own clock."""
    done = outcome(chain(2, loads=SMALL).with_tap(1, reverse_clock=Clock(offset_ns=37 * SECOND)))
    table = done.result.packets[1]
    assert np.array_equal(table.captured_ns, done.sim.truth.stamp_ns[1])
    assert (np.abs(table.columns.ts_ns - table.captured_ns) > 36 * SECOND).any()
