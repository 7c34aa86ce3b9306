"""``report.totals_kernel`` against sums in plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.model.arrays import frozen
from correlate.report.totals_kernel import shorten, sum_flows

FLOWS, MOST = 4, np.iinfo(np.int32).max


@pytest.mark.jit_off
@pytest.mark.parametrize("has_scope", [False, True])
def test_each_packet_counts_once_with_its_least_length(has_scope: bool) -> None:
    """However many places saw it; packets that none saw, or that are not asked for, count nowhere."""
    rng = np.random.default_rng(3)
    rows = frozen(np.where(rng.random((90, 2)) < 0.2, -1, rng.integers(0, 60, (90, 2))), np.int64)
    sizes = [frozen(rng.integers(40, 1500, 60), np.int32) for _ in range(2)]
    time_ns, flow = frozen(rng.integers(0, 10**9, (90, 2)), np.int64), frozen(rng.integers(0, FLOWS, 90), np.int32)
    kept = frozen(rng.random(90) < 0.7 if has_scope else np.zeros(0), np.bool_)
    length = np.full(90, MOST, np.int32)
    assert [shorten(rows, place, sizes[place], length) for place in (0, 1)] == (rows >= 0).sum(axis=0).tolist()
    packets, size = np.zeros(FLOWS, np.int64), np.zeros(FLOWS, np.int64)
    first, last = np.full(FLOWS, 2**62), np.full(FLOWS, -(2**62))
    asked = rows, time_ns, flow, kept, frozen(length)
    assert sum_flows(*asked, packets, size, first, last) == packets.sum()

    mine = [p for p in range(90) if (rows[p] >= 0).any() and (not has_scope or kept[p])]
    for number in range(FLOWS):
        its = [p for p in mine if flow[p] == number]
        seen = [(p, place) for p in its for place in (0, 1) if rows[p, place] >= 0]
        assert packets[number] == len(its)
        assert size[number] == sum(min(sizes[at][rows[p, at]] for at in (0, 1) if rows[p, at] >= 0) for p in its)
        assert first[number] == min(time_ns[one] for one in seen)
        assert last[number] == max(time_ns[one] for one in seen)
