"""``diagnose.reordering``: another order is a fact of both captures' stamps and records, or it is not claimed."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.diagnose.reordering import MIN_LATE_NS, find_reordering
from tests.diagnose.worlds import BULK, MS, SMALL, World, outcome
from tests.netsim import chain
from tests.netsim.boxes import Nat

SWAPPED = chain(3, loads=BULK).with_hop(1, both={"reorder": 0.05})


def test_late_packets_are_told_with_their_lateness() -> None:
    """RFC 4737: held back by 3 ms while others overtake."""
    done = outcome(SWAPPED)
    found = done.of("reordered")
    assert {one.hop for one in found} == {("firewall", "server")}
    assert {one.grade for one in found} == {"likely"}
    assert all(one.against and one.settle for one in found)


def test_cited_packets_really_changed_places() -> None:
    """By the simulator's truth, and the order of true times at both vantages."""
    done = outcome(SWAPPED)
    time = done.sim.truth.time_ns
    for one in done.of("reordered"):
        up, down = (1, 2) if one.direction == "forward" else (2, 1)
        ids = [done.transmission(ref) for ref in one.evidence[:2]]
        assert time[ids[0], up] < time[ids[1], up]
        assert time[ids[0], down] > time[ids[1], down]


QUIET: dict[str, World] = {
    "clean": chain(3, loads=BULK),
    "jitter that keeps order": chain(3, loads=BULK).with_hop(1, both={"jitter_ns": 5 * MS}),
    "loss and resends": chain(3, loads=BULK).with_hop(1, both={"loss": 0.05}),
    "reordering before the first vantage": chain(2, loads=BULK).with_hop(-1, forward={"reorder": 0.1}),
    "reordering beyond the last": chain(2, loads=BULK).with_hop(1, both={"reorder": 0.1}),
    "coarse ticks hide it": chain(3, loads=BULK)
    .with_hop(1, both={"reorder": 0.05, "reorder_ns": MS})
    .with_tap(1, clock={"quantum_ns": 15_625_000}),
    "mirror copies": chain(3, loads=BULK).with_tap(2, span_copies=0.5),
    "network copies": chain(3, loads=BULK).with_hop(1, both={"duplicate": 0.1, "duplicate_gap_ns": 3 * MS}),
    "a clock that steps back": chain(3, loads=BULK).with_tap(1, clock={"steps": ((5_000 * MS, -400 * MS),)}),
    "too little to matter": chain(3, loads=BULK).with_hop(1, both={"reorder": 0.001}),
    "less than a card's queue": chain(3, loads=BULK).with_hop(1, both={"reorder": 0.05, "reorder_ns": 60_000}),
    "few packets": chain(2, loads=SMALL, ip_id="zero").with_hop(0, boxes=[Nat()]),
}


@pytest.mark.parametrize("name", QUIET)
def test_nothing_else_is_called_reordered(name: str) -> None:
    """Never on retransmissions, copies, one tick, clock steps, or a handful of packets."""
    assert "reordered" not in outcome(QUIET[name]).codes


def test_ambiguous_and_copied_packets_have_no_order() -> None:
    """With every packet in doubt, or copied, nothing is left to claim."""
    view = outcome(SWAPPED).view()
    table = view.run.trajectories
    everyone = np.arange(len(table))
    doubtful = attrs.evolve(table, is_ambiguous=np.ones(len(table), np.bool_))
    copied = attrs.evolve(table, copies=(everyone, np.full(len(table), 2, np.int16), everyone))
    merged = attrs.evolve(table, is_paired_stamp=np.zeros(table.rows.shape, np.bool_))
    for changed in (doubtful, copied, merged):
        assert not list(find_reordering(attrs.evolve(view, run=attrs.evolve(view.run, trajectories=changed))))


def test_lateness_is_above_what_cards_do() -> None:
    """The least lateness told exceeds the threshold."""
    for one in find_reordering(outcome(SWAPPED).view()):
        assert one.quantity >= 3
        assert "ms" in one.explanation
    assert MIN_LATE_NS == 250_000
