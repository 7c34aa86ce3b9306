"""``diagnose.loss_range``: the interval holds the truth, and a claim at all survives bursts of capture loss."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.diagnose.loss import loss_counts
from correlate.diagnose.loss_range import LossCounts, loss_range, surely_of
from correlate.scope import restrict_fates
from tests.diagnose.worlds import World, outcome
from tests.netsim import DnsLoad, PingLoad, TcpLoad, chain
from tests.netsim.boxes import Nat

LOADS = (TcpLoad(flows=50), DnsLoad(flows=40), PingLoad(flows=2))


def lossy(taps: int, loss: float, miss: float) -> World:
    world = chain(taps, loads=LOADS).with_hop((taps - 1) // 2, both={"loss": loss}, boxes=[Nat()])
    for place in range(taps):
        world = world.with_tap(place, miss=miss)
    return world


@pytest.mark.parametrize(("taps", "loss", "miss", "seed"), [(4, 0.01, 0.02, 1), (4, 0.02, 0.02, 2), (3, 0.03, 0.01, 3)])
def test_the_interval_holds_the_number_that_was_lost(taps: int, loss: float, miss: float, seed: int) -> None:
    """On every hop and direction, the innocent ones too."""
    done = outcome(lossy(taps, loss, miss), seed)
    view, truth = done.view(), done.sim.truth
    found = 0
    for hop in range(taps - 1):
        for direction in (1, -1):
            several = loss_range(view, hop, direction)
            if several is None:
                continue
            found += 1
            up = view.upstream(hop, direction)
            true = sum(int(truth.lost_hop[done.transmission(view.ref(p, up))]) == hop for p in several.packets.tolist())
            assert several.lo <= true <= several.hi, (hop, direction, several)
            assert several.surely <= true
    assert found


def test_counts_of_a_time_add_up_to_those_of_the_whole() -> None:
    """Packets that the run tells of, no others: halves of them, added, come to the same number."""
    done = outcome(lossy(4, 0.03, 0.02), 4)
    run, count = done.result, len(done.result.trajectories)
    whole = loss_counts(run)
    assert whole
    total: dict[tuple[int, int], LossCounts] = {}
    for is_early in (True, False):
        kept = (np.arange(count) < count // 2) == is_early
        half = attrs.evolve(run, in_scope=kept, fates=restrict_fates(run.fates, kept))
        for place, counts in loss_counts(half).items():
            total[place] = total[place].plus(counts) if place in total else counts
    for place, counts in whole.items():
        assert total[place].absent == counts.absent
        assert (total[place].missed, total[place].passed) == (counts.missed, counts.passed)
        assert total[place].acked_held == counts.acked_held
        assert surely_of(total[place]) <= counts.absent
        several = loss_range(done.view(), *place)
        assert several is not None
        assert surely_of(several.counts) == several.surely


def test_a_hop_is_told_to_lose_packets_even_where_none_can_be_named() -> None:
    """Every capture misses 2 %: single packets stay ambiguous, their number does not."""
    done = outcome(lossy(4, 0.03, 0.02), 4)
    told = [one for one in done.of("loss") if one.title.startswith("At least")]
    assert all(one.hop == ("fw-int", "fw-ext") for one in done.of("loss"))
    assert all(one.grade == "likely" and "(95 % interval)" in one.explanation for one in told)
    assert done.of("loss")


def test_captures_that_miss_packets_are_no_lossy_hop() -> None:
    """Nothing was lost: at least none is claimed."""
    for taps in (2, 3, 4):
        done = outcome(lossy(taps, 0.0, 0.05), 5)
        assert "loss" not in done.codes


def test_a_tap_on_one_fibre_cannot_vouch_for_the_capture_beyond() -> None:
    """Found by an innocent world: no acknowledgement is seen there, so nobody knows what the far capture misses."""
    world = chain(2, loads=(TcpLoad(flows=20), DnsLoad(flows=15)))
    world = world.with_tap(0, direction="forward").with_tap(1, miss=0.3)
    assert "loss" not in outcome(world, 6).codes
