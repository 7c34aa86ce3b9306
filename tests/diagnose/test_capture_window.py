"""``diagnose.capture_window``: packets outside a capture's time accuse nobody, and are proven where clocks are compared."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.diagnose.capture_window import find_outside
from correlate.model.arrays import frozen
from tests.diagnose.worlds import SMALL, outcome
from tests.netsim import HOUR, SECOND, chain


@pytest.fixture(scope="module")
def done():
    """Return a run whose server captured from 2 to 8 s, with a clock hours off."""
    tap = {"start_ns": 2 * SECOND, "end_ns": 8 * SECOND, "clock": {"offset_ns": -5 * HOUR}}
    return outcome(chain(2, loads=SMALL).with_tap(1, **tap))


def told(done, **changes):
    """Return the finding about the server after some of the run's tables were replaced."""
    view = done.view()
    [one] = find_outside(attrs.evolve(view, run=attrs.evolve(view.run, **changes)))
    return one


def test_packets_outside_a_window_are_counted_and_accuse_nobody(done) -> None:
    """Rule 1 of algorithms section 3: every frame of the server is the client's too, so the clocks are compared."""
    [one] = [one for one in done.of("capture-window") if one.vantage == "server"]
    assert (one.severity, one.grade) == ("info", "proven")
    assert one.quantity <= int((done.sim.truth.seen[:, 1] == 2).sum())
    assert "capture-loss" not in done.codes


def test_what_clock_bounds_do_not_prove_is_likely(done) -> None:
    clocks = done.view().run.clocks
    weak = tuple(attrs.evolve(clock, grade="likely") for clock in clocks.vantages)
    assert told(done, clocks=attrs.evolve(clocks, vantages=weak)).grade == "likely"


def test_beyond_the_last_common_packet_a_clock_may_have_been_set(done) -> None:
    """A clock set forward there leaves no trace: with a last frame of the server's own nothing compares the clocks."""
    table = done.view().run.trajectories
    own = table.rows[:, 1] == table.rows[:, 1].max()
    one = told(done, trajectories=attrs.evolve(table, is_ambiguous=frozen(np.asarray(table.is_ambiguous) | own)))
    assert one.grade == "likely"
    assert one.against
    assert "NTP" in one.settle
