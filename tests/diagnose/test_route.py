"""``diagnose.route``: a floor that steps and stays is another path; sums are told where directions are not."""

from __future__ import annotations

import attrs
import numpy as np

from correlate.diagnose.route import find_change, find_sums
from tests.diagnose.worlds import MS, SMALL, outcome
from tests.netsim import SECOND, chain


def test_a_step_of_the_round_trip_is_told_with_moment_and_direction() -> None:
    """4 ms more in one direction from the fifth second on."""
    done = outcome(chain(3, loads=SMALL).with_hop(1, forward={"extra": ((5 * SECOND, 3600 * SECOND, 4 * MS),)}))
    one = done.only("path-change")
    assert (one.hop, one.direction, one.severity) == (("firewall", "server"), "forward", "info")
    assert abs(one.quantity - 4 * MS) < MS // 2


def test_clock_steps_and_queues_are_no_change_of_path() -> None:
    """Differences of round trips do not see clocks; a queue comes and goes."""
    stepped = chain(3, loads=SMALL).with_tap(1, clock={"steps": ((5 * SECOND, 700 * MS),)})
    queued = chain(3, loads=SMALL).with_hop(1, reverse={"rate_bps": 4_000_000, "queue_ns": 2 * SECOND})
    for world in (stepped, queued, chain(3, loads=SMALL).with_hop(1, both={"jitter_ns": 3 * MS})):
        assert "path-change" not in outcome(world).codes


def test_a_floor_needs_samples_on_both_sides() -> None:
    """Four bins of eight on either side, a step of four times their scatter."""
    rng = np.random.default_rng(1)
    noise = rng.integers(0, MS // 4, 200)
    step = np.where(np.arange(200) < 100, 0, 5 * MS)
    found = find_change(noise + step, 0)
    assert abs(found.at - 100) <= 8
    assert find_change(noise, 0) is None
    assert find_change(noise[:40] + step[80:120], 0) is None
    assert find_change(rng.integers(0, 30 * MS, 200) + step, 0) is None


def test_a_hold_within_the_bounds_of_the_clock_is_told_as_a_sum() -> None:
    """Round trips show it without any clock; in which direction is not separable then."""
    done = outcome(chain(3, loads=SMALL).with_hop(1, forward={"extra": ((3 * SECOND, 3600 * SECOND, 45 * MS),)}))
    view = done.view()
    assert [one.code for one in done.findings if one.severity != "info"] == ["delay-added"]
    told = list(find_sums(view, []))
    assert [one.hop for one in told] == [("firewall", "server")]
    assert told[0].direction is None
    assert "not separable" in told[0].title
    assert not list(find_sums(view, done.findings)), "where a direction is known nothing is added"
    quiet = attrs.evolve(outcome(chain(3, loads=SMALL)).view())
    assert not list(find_sums(quiet, []))
