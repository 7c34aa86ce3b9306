"""The choice of the reference changes how times are told, and nothing else."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import numpy as np
import pytest

from correlate.model.correlation import Correlation
from correlate.options import Options
from correlate.pipeline import correlate
from tests.netsim import HOUR, MILLISECOND, SECOND, DnsLoad, PingLoad, TcpLoad, chain, simulate

LOADS = (TcpLoad(flows=20, response_bytes=(100, 9000)), DnsLoad(flows=10), PingLoad(flows=2, count=10))
WORLD = (
    chain(4, loads=LOADS)
    .with_tap(1, clock={"offset_ns": -643 * SECOND, "skew_ppm": -445.0})
    .with_tap(2, clock={"offset_ns": 2 * HOUR, "skew_ppm": 12.0})
    .with_tap(3, clock={"steps": ((5 * SECOND, 300 * MILLISECOND),)})
)


@functools.cache
def told_on(reference: str | None) -> Correlation:
    with tempfile.TemporaryDirectory() as folder:
        return correlate(simulate(WORLD, 4).write(Path(folder)), options=Options(reference=reference))


@pytest.mark.parametrize("reference", ["fw-int", "fw-ext", "server"])
def test_fates_delays_and_findings_do_not_depend_on_it(reference):
    """Delays are the hop's own, claims are about the network: neither knows a reference."""
    plain, other = told_on(None), told_on(reference)
    assert other.clocks.reference == [v.name for v in other.vantages].index(reference)
    assert _by_match(plain) == _by_match(other)
    assert sorted((f.code, f.grade, f.hop, f.vantage) for f in plain.findings if f.code != "clock-zone") == sorted(
        (f.code, f.grade, f.hop, f.vantage) for f in other.findings if f.code != "clock-zone"
    )


@pytest.mark.parametrize("reference", ["fw-int", "fw-ext", "server"])
def test_an_interval_between_two_vantages_is_as_wide_from_either(reference):
    """Law: offset(a against b) at one instant is the negative of offset(b against a), bounds included."""
    plain, other = told_on(None), told_on(reference)
    place = plain.path.order.index(other.clocks.reference)
    stamps = plain.packets[plain.path.order[0]].columns.ts_ns
    estimate, lo, hi = other.clocks.vantages[0].offset_at(stamps)
    back, back_lo, back_hi = plain.clocks.vantages[place].offset_at(stamps - estimate)
    calm = np.abs(stamps - WORLD.epoch_ns - 5 * SECOND) > SECOND  # around the step both hold either reading
    width = (hi - lo)[calm] + 1_000
    for one, negative in ((estimate, back), (lo, back_hi), (hi, back_lo)):
        # Each curve is thinned and guarded over its own clock, and gives way most at its ends and near the step.
        off = np.abs(one + negative)[calm] / width
        assert np.median(off) <= 0.01
        assert np.quantile(off, 0.99) <= 0.12


@pytest.mark.parametrize("reference", [None, "fw-int", "fw-ext", "server"])
def test_instants_are_on_its_clock_and_hold_the_truth(reference):
    """A sighting at the reference has its own stamp; one elsewhere lies within its bounds around the true instant."""
    found = told_on(reference)
    home = found.path.order.index(found.clocks.reference)
    table, truth = found.trajectories, simulate(WORLD, 4).truth
    clock = WORLD.taps[home].clock
    for place, vantage in enumerate(found.path.order):
        seen = np.flatnonzero(table.rows[:, place] >= 0)
        rows = table.rows[seen, place]
        if place == home:
            assert np.array_equal(table.time_ns[seen, place], found.packets[vantage].columns.ts_ns[rows])
            continue
        true = truth.time_ns[truth.transmission_of[place][rows], place]
        instant = np.array([clock.local(int(t), WORLD.epoch_ns) for t in true])
        calm = np.abs(true - WORLD.epoch_ns - 5 * SECOND) > SECOND // 5
        assert (table.lo_ns[seen, place] - 3 <= instant)[calm].all()
        assert (instant <= table.hi_ns[seen, place] + 3)[calm].all()


def _by_match(found: Correlation) -> dict:
    fates, table = found.fates, found.trajectories
    packet = table.match_packet[fates.packet]
    return {
        (int(p), int(h)): (int(fate), int(grade), int(reason), int(owd), int(low), int(high))
        for p, h, fate, grade, reason, owd, low, high in zip(
            packet,
            fates.hop,
            fates.fate,
            fates.grade,
            fates.reason,
            fates.owd_ns,
            fates.owd_lo_ns,
            fates.owd_hi_ns,
            strict=True,
        )
    }
