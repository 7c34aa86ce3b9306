"""Two vantages, one step: who tells."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.clocks.witness import find_split, name_stepper
from correlate.model.arrays import frozen
from correlate.model.bounds import ClockBreak
from correlate.model.clocks import AnchorTable, ClockStep
from correlate.model.packets import PacketFlag
from tests.clocks.tables import packet_table

SECOND = 10**9
COUNT = 400


def scene(*, stepper, size, unit_ns=1_000_000, has_stamps=True, interfaces=1, noise=0):
    """Two captures of one sender over 20 s; the clock of side ``stepper`` steps by ``size`` after 10 s."""
    rng = np.random.default_rng(2)
    sent = np.arange(COUNT) * SECOND // 20 + SECOND
    sides = []
    for side in (0, 1):
        local = sent + side * 500_000 + rng.integers(0, 50_000 + noise, COUNT)
        if side == stepper:
            local = local + np.where(sent > 11 * SECOND, size, 0)
        table = packet_table(local + 10**15)
        columns = table.columns._replace(
            tsval=frozen((sent // unit_ns + 2**32 - 5_000) % 2**32, np.uint32),
            flags=frozen(np.full(COUNT, int(PacketFlag.HAS_TS) if has_stamps else 0), np.uint32),
            interface=frozen(np.arange(COUNT) % interfaces, np.int32),
        )
        sides.append(attrs.evolve(table, columns=columns))
    up, down = (side.columns.ts_ns for side in sides)
    anchors = AnchorTable(up, down, frozen(np.ones(COUNT), np.int8), frozen(np.arange(COUNT), np.int64))
    delta = size if stepper == 1 else -size
    at = 10**15 + 11 * SECOND
    ends = sorted((at - SECOND // 10, at + SECOND // 10 + (min(0, size) if stepper == 0 else 0)))
    step = ClockStep(at_ns=at, delta_ns=delta, grade="proven")
    split = find_split(
        anchors,
        np.arange(COUNT),
        np.arange(COUNT),
        step,
        ClockBreak(from_ns=ends[0], to_ns=ends[1], delta_ns=delta, kind="step"),
    )
    return tuple(sides), split, delta


def told(**options):
    sides, split, delta = scene(**options)
    return name_stepper(sides, split, np.zeros(COUNT, np.int64), delta)


@pytest.mark.parametrize("stepper", [0, 1])
@pytest.mark.parametrize("size", [SECOND, -SECOND, 3600 * SECOND, -3600 * SECOND])
@pytest.mark.parametrize("unit", [1_000_000, 10_000_000, 1_000])
def test_time_stamps_of_the_senders_go_on_at_the_other_side(stepper, size, unit):
    """RFC 7323: TSval wraps in the middle, too."""
    assert told(stepper=stepper, size=size, unit_ns=unit) == (stepper, "TCP time stamps")


def test_a_step_below_the_stamps_unit_is_not_told_by_them():
    """100 ms units cannot tell 200 ms."""
    assert told(stepper=1, size=200_000_000, unit_ns=100_000_000) == (None, "")


@pytest.mark.parametrize("stepper", [0, 1])
def test_record_order_tells_a_clock_set_back_only(stepper):
    assert told(stepper=stepper, size=-SECOND, has_stamps=False) == (stepper, "record order")
    assert told(stepper=stepper, size=SECOND, has_stamps=False) == (None, "")


def test_records_of_several_interfaces_prove_nothing():
    """Queues of two interfaces may be written in any order."""
    assert told(stepper=1, size=-SECOND, has_stamps=False, interfaces=2) == (None, "")


def test_the_split_is_where_the_clock_stepped():
    _, split, _ = scene(stepper=1, size=-SECOND)
    assert split.at == np.count_nonzero(np.arange(COUNT) * SECOND // 20 + SECOND <= 11 * SECOND)
    assert not split.is_reversed


def test_delays_that_hide_a_step_split_nothing():
    _, split, _ = scene(stepper=1, size=1_000_000, noise=30_000_000)
    assert split is None
