"""``diagnose.loss``: lost packets are counted where they were lost, blocked ports where they are blocked."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.diagnose.loss import find_losses
from correlate.model.trajectories import FateGrade
from tests.diagnose.worlds import BULK, World, outcome
from tests.netsim import chain
from tests.netsim.boxes import Nat

LOSSY: dict[str, World] = {
    "random": chain(3, loads=BULK).with_hop(1, both={"loss": 0.03}),
    "bursts": chain(3, loads=BULK).with_hop(1, reverse={"loss": 0.04, "burst": 4.0}),
    "first hop": chain(3, loads=BULK).with_hop(0, both={"loss": 0.03}),
    "two captures": chain(2, loads=BULK).with_hop(0, both={"loss": 0.03}),
    "through NAT": chain(3, loads=BULK).with_hop(1, both={"loss": 0.03}, boxes=[Nat()]),
    "with capture loss": chain(3, loads=BULK).with_hop(1, both={"loss": 0.04}).with_tap(1, miss=0.01),
    "queue that overflows": chain(3, loads=BULK).with_hop(1, reverse={"rate_bps": 20_000_000, "queue_ns": 5_000_000}),
}


@pytest.mark.parametrize("name", LOSSY)
def test_losses_are_told_of_the_hop_that_lost(name: str) -> None:
    """Every cited packet was lost there by the simulator's truth, and no other hop is accused."""
    done = outcome(LOSSY[name])
    hop = 0 if name in ("first hop", "two captures") else 1
    names = [tap.name for tap in done.sim.world.taps]
    found = done.of("loss")
    assert found
    assert {one.hop for one in found} == {(names[hop], names[hop + 1])}
    for one in found:
        sent = [ref for ref in one.evidence if ref.note == "sent, never seen beyond"]
        assert sent or one.title.startswith("At least")
        assert all(done.sim.truth.lost_hop[done.transmission(ref)] == hop for ref in sent)
        assert one.quantity <= int((done.sim.truth.lost_hop == hop).sum())


@pytest.mark.parametrize("name", ["random", "through NAT", "with capture loss"])
def test_nearly_all_that_is_called_lost_was_lost(name: str) -> None:
    """The fates behind the finding, one by one."""
    done = outcome(LOSSY[name])
    view, truth = done.view(), done.sim.truth
    fates = view.run.fates
    packets = fates.packet[(fates.fate == 1) & (fates.grade != FateGrade.INCONCLUSIVE)]
    wrong = [p for p in packets.tolist() if truth.lost_hop[done.transmission(view.refs([p])[0])] != 1]
    assert len(wrong) <= len(packets) // 100


def test_one_per_cent_is_an_error_and_less_is_a_warning() -> None:
    """findings.md, severity."""
    done = outcome(LOSSY["random"])
    view = done.view()
    for one in done.of("loss"):
        assert (one.severity == "error") == (float(one.title.split("(")[1].split(" ")[0]) >= 1)
    fates = view.run.fates
    few = np.flatnonzero(fates.fate == 1)[1:]
    kept = np.ones(len(fates.fate), np.bool_)
    kept[few] = False
    thinned = type(fates)(*(column[kept] for column in fates))
    told = find_losses(attrs.evolve(view, run=attrs.evolve(view.run, fates=thinned)))
    [one] = [one for one in told if not one.title.startswith("At least")]
    assert (one.severity, one.quantity) == ("warning", 1)
    assert one.title.startswith("1 of ")
    assert "1 packet is seen" in one.explanation


def test_a_fate_without_certainty_accuses_nobody() -> None:
    """Only what ``trajectories`` graded likely or proven is called lost."""
    view = outcome(LOSSY["random"]).view()
    fates = view.run.fates
    unsure = fates._replace(grade=np.full(len(fates.grade), FateGrade.INCONCLUSIVE, np.int8))
    told = list(find_losses(attrs.evolve(view, run=attrs.evolve(view.run, fates=unsure))))
    assert all(one.title.startswith("At least") for one in told), "a number may be sure where no packet is"
