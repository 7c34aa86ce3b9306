"""``diagnose.delay``: a hold is a few packets far above the floor, never noise, clocks or resends."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.diagnose.delay import find_delays
from correlate.diagnose.held import crossing_delays
from correlate.model.trajectories import NO_DELAY
from tests.diagnose.worlds import BULK, MS, SMALL, outcome
from tests.netsim import SECOND, PingLoad, TcpLoad, World, chain

HOLD = chain(3, loads=SMALL).with_hop(1, reverse={"extra": ((3 * SECOND, 4 * SECOND, 300 * MS),)})


def test_held_packets_are_counted_and_measured() -> None:
    """How much, which packets, which way; the other hop stays clean."""
    done = outcome(HOLD)
    one = done.only("delay-added")
    assert (one.hop, one.direction, one.unit) == (("firewall", "server"), "reverse", "ns")
    assert abs(one.quantity - 300 * MS) < 15 * MS
    assert "300 ms longer than the quickest packet of this direction" in one.explanation
    assert [clean.hop for clean in done.of("clean")] == [("client", "firewall")]


def test_every_cited_packet_was_really_held() -> None:
    """By the simulator's truth: within the hold's time on that hop."""
    done = outcome(HOLD)
    truth = done.sim.truth
    for ref in done.only("delay-added").evidence:
        tid = done.transmission(ref)
        assert truth.time_ns[tid, 1] - truth.time_ns[tid, 2] > 290 * MS


def test_the_share_of_the_hop_is_told() -> None:
    """With two hops a person wants to know which one to blame."""
    assert "This hop adds 100 % of all excess delay" in outcome(HOLD).only("delay-added").explanation


QUIET: dict[str, World] = {
    "a hop that is always slow": chain(3, loads=SMALL).with_hop(1, both={"delay_ns": 400 * MS}),
    "jitter": chain(3, loads=SMALL).with_hop(1, both={"jitter_ns": 20 * MS}),
    "jitter on bulk": chain(3, loads=BULK).with_hop(1, both={"jitter_ns": 5 * MS}),
    "coarse ticks": chain(3, loads=SMALL).with_tap(1, clock={"quantum_ns": 15_625_000}),
    "coarse ticks and jitter": chain(3, loads=SMALL)
    .with_tap(1, clock={"quantum_ns": 15_625_000})
    .with_hop(1, both={"jitter_ns": 3 * MS}),
    "skew": chain(3, loads=SMALL, duration_ns=100 * SECOND).with_tap(1, clock={"skew_ppm": 300}),
    "clock step": chain(3, loads=SMALL).with_tap(2, clock={"steps": ((5 * SECOND, 700 * MS),)}),
    "clock step that few packets see": chain(3, loads=(TcpLoad(flows=6), PingLoad(flows=2)), ip_id="global").with_tap(
        1, start_ns=4_500 * MS, clock={"steps": ((5 * SECOND, -700 * MS),)}, miss=0.05
    ),
    "resends": chain(3, loads=BULK).with_hop(1, both={"loss": 0.05}),
    "resends without IP ID": chain(3, loads=BULK, ip_id="zero").with_hop(1, both={"loss": 0.05}),
    "resends that cannot be told apart": chain(
        3, loads=(TcpLoad(flows=12, timestamps=False, response_bytes=(20_000, 60_000)),), ip_id="zero"
    )
    .with_hop(1, both={"loss": 0.08})
    .with_tap(1, miss=0.05),
    "resends beyond": chain(2, loads=BULK).with_hop(1, both={"loss": 0.2}),
}


@pytest.mark.parametrize("name", QUIET)
def test_nothing_else_is_called_a_hold(name: str) -> None:
    """Never on propagation, noise, defects of clocks, or matches of retransmissions."""
    assert "delay-added" not in outcome(QUIET[name]).codes


def test_the_excess_is_above_the_floor_of_the_same_direction() -> None:
    """D2 of algorithms section 4; only deliveries of one sending count."""
    view = outcome(chain(3, loads=BULK).with_hop(1, both={"loss": 0.05})).view()
    rows, excess = crossing_delays(view, 1, -1)
    fates = view.run.fates
    assert excess.min() == 0
    assert np.array_equal(excess, fates.owd_ns[rows] - fates.owd_ns[rows].min())
    assert not (view.is_repeated & (view.run.trajectories.tier > 0))[fates.packet[rows]].any()


def test_a_hold_between_quick_neighbours_needs_no_clock() -> None:
    """However wide the clock's bounds: no clock walks away and back within seconds."""
    view = outcome(HOLD).view()
    fates = view.run.fates
    known = fates.owd_ns != NO_DELAY
    endless = fates._replace(owd_lo_ns=np.where(known, -(2**62), NO_DELAY), owd_hi_ns=np.where(known, 2**62, NO_DELAY))
    told = list(find_delays(attrs.evolve(view, run=attrs.evolve(view.run, fates=endless))))
    assert [one.code for one in told] == ["delay-added"]


def test_a_lasting_shift_of_one_direction_alone_is_no_clock() -> None:
    """However wide the clock's bounds: a clock that jumped would have taken as much from the other direction."""
    world = chain(3, loads=SMALL).with_hop(1, reverse={"extra": ((3 * SECOND, 3600 * SECOND, 40 * MS),)})
    view = outcome(world).view()
    fates = view.run.fates
    known = fates.owd_ns != NO_DELAY
    wide = fates._replace(
        owd_lo_ns=np.where(known, fates.owd_ns - 10**8, NO_DELAY),
        owd_hi_ns=np.where(known, fates.owd_ns + 10**8, NO_DELAY),
    )
    (one,) = find_delays(attrs.evolve(view, run=attrs.evolve(view.run, fates=wide)))
    assert (one.hop, one.direction, one.grade) == (("firewall", "server"), "reverse", "likely")
    assert abs(one.quantity - 40 * MS) < 2 * MS


@pytest.mark.parametrize("jump", [-40 * MS, 40 * MS])
def test_a_clock_that_jumps_within_its_bounds_holds_nobody(jump: int) -> None:
    """What one direction gains the other loses."""
    world = chain(3, loads=SMALL).with_hop(1, both={"delay_ns": 100 * MS})
    done = outcome(world.with_tap(2, clock={"steps": ((3 * SECOND, jump),)}))
    assert "delay-added" not in done.codes


def test_held_neighbours_do_not_make_a_hold_look_short() -> None:
    """Found by a drawn world: packets that wait behind a long hold that ends were taken for quick ones."""
    world = chain(3, loads=SMALL).with_hop(0, both={"delay_ns": 150 * MS})
    done = outcome(world.with_hop(0, both={"extra": ((2 * SECOND, 6 * SECOND, 292 * MS),)}))
    for one in done.of("delay-added"):
        assert one.hop == ("client", "firewall")
        assert one.quantity > 250 * MS


def test_one_late_packet_is_no_finding() -> None:
    """Two at least: a single one may be anything."""
    done = outcome(chain(3, loads=SMALL).with_hop(1, reverse={"extra": ((3 * SECOND, 3 * SECOND + 20_000, 300 * MS),)}))
    assert "delay-added" not in done.codes


def test_a_delay_that_lasts_is_told_with_its_beginning() -> None:
    """Most packets may be held: what is noise is read off neighbours, not off all."""
    done = outcome(chain(4, loads=SMALL).with_hop(2, forward={"extra": ((4 * SECOND, 60 * SECOND, 60 * MS),)}))
    one = done.only("delay-added")
    assert (one.hop, one.direction) == (("fw-ext", "server"), "forward")
    assert abs(one.quantity - 60 * MS) < 2 * MS
    assert "It begins with fw-ext #" in one.explanation
    assert "lasts to the end" in one.explanation


def test_a_queue_is_told_with_its_rate_and_where_it_ends() -> None:
    """Ramp and plateau: shaping where losses come only at the full queue, bufferbloat where none do."""
    loads = (TcpLoad(flows=12, response_bytes=(50_000, 200_000)),)
    shaped = outcome(chain(3, loads=loads).with_hop(1, reverse={"rate_bps": 5_000_000, "queue_ns": 60 * MS}))
    one = shaped.only("shaping")
    assert (one.hop, one.direction) == (("firewall", "server"), "reverse")
    assert "drained at 4.9" in one.title or "drained at 5" in one.title
    bloated = outcome(chain(3, loads=loads).with_hop(1, reverse={"rate_bps": 5_000_000, "queue_ns": 5 * SECOND}))
    two = bloated.only("bufferbloat")
    assert (two.hop, two.direction) == (("firewall", "server"), "reverse")
    assert not {"loss", "delay-added", "path-change"} & bloated.codes
