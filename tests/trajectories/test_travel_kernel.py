"""``trajectories.travel_kernel`` against loops over lists."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.model.arrays import frozen
from correlate.trajectories.travel_kernel import gather_travel, sum_flows

_ROWS = st.lists(st.tuples(st.integers(-1, 5), st.integers(-1, 5), st.integers(0, 2), st.sampled_from([1, -1, 0])))


@pytest.mark.jit_off
@given(_ROWS)
@settings(max_examples=80, deadline=None)
def test_packets_of_one_direction_with_their_first_and_last_step(seen: list[tuple[int, int, int, int]]) -> None:
    """Steps count along the packet's travel; packets without a direction have no way."""
    rows = frozen([row[:2] for row in seen] or np.zeros((0, 2)), np.int64)
    direction = frozen([row[3] for row in seen], np.int8)
    time_ns, doubtful = frozen(rows * 10), frozen(np.arange(len(seen)) % 3 == 2, np.bool_)
    for wanted in (1, -1):
        mine = [p for p, row in enumerate(seen) if row[3] == wanted]
        packets, flow = np.full(len(mine), -9), np.full(len(mine), -9)
        first, last = np.full(len(mine), -9, np.int16), np.full(len(mine), -9, np.int16)
        out, held = np.full((2, len(mine)), -9, np.int32), np.zeros((2, len(mine)), np.bool_)
        took = gather_travel(
            rows, direction, wanted, frozen([row[2] for row in seen], np.int32), time_ns, doubtful, packets, flow, first,
            last, out, held,
        )  # fmt: skip
        ways = [seen[p][:2][::wanted] for p in mine]
        steps = [[s for s in (0, 1) if way[s] >= 0] or [0] for way in ways]
        assert (packets.tolist(), flow.tolist()) == (mine, [seen[p][2] for p in mine])
        assert out.T.tolist() == [list(way) for way in ways]
        assert ((out.T >= 0) == held.T).all()
        assert (first.tolist(), last.tolist()) == ([s[0] for s in steps], [s[-1] for s in steps])
        times = [
            10 * (way[1] - way[0]) for way, s, p in zip(ways, steps, mine, strict=True) if len(s) == 2 and p % 3 != 2
        ]
        assert took == max([0, *times])


_HELD = st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4), st.integers(0, 1), st.integers(0, 2)), max_size=12)


@pytest.mark.jit_off
@given(_HELD)
@settings(max_examples=80, deadline=None)
def test_sums_by_flow(seen: list[tuple[int, int, int, int]]) -> None:
    """(row, row at the next step, flow, last step): what each flow shows at step 0."""
    ttl, tuple_id, ip_len = [64, 60, 64, 9, 128], [7, 7, 8, 7, 8], [40, 1500, 60, 52, 41]
    zero = [np.zeros(2, kind) for kind in (np.int64, np.int64, np.int32, np.int32)]
    tuples, one = np.full(2, -1), np.ones(2, np.bool_)
    last_row, last_crossing = np.full(2, -1, np.int32), np.full(2, -1, np.int32)
    rows, following, flow, last = (
        frozen([row[k] for row in seen], kind) for k, kind in enumerate((np.int32, np.int32, np.int64, np.int16))
    )
    count = sum_flows(
        rows, following, last, 0, flow, frozen(ttl, np.uint8), frozen(tuple_id, np.int32), frozen(ip_len, np.int32),
        np.isin(np.arange(256), (64, 128)), zero[0], zero[1], tuples, one, zero[2], zero[3], last_row, last_crossing,
    )  # fmt: skip
    here = [row for row in seen if row[0] >= 0]
    assert count == len(here)
    for f in (0, 1):
        mine = [row for row in here if row[2] == f]
        beyond = [row for row in mine if row[3] > 0]
        names = [tuple_id[row[0]] for row in mine]
        assert (zero[0][f], zero[1][f]) == (len(mine), sum(ttl[row[0]] in {64, 128} for row in mine))
        assert (tuples[f], one[f]) == (names[-1] if names else -1, len(set(names)) <= 1)
        assert zero[2][f] == sum(row[1] >= 0 for row in beyond)
        assert zero[3][f] == max((ip_len[row[0]] for row in beyond), default=0)
        assert last_row[f] == max((row[0] for row in mine), default=-1)
        assert last_crossing[f] == max((row[0] for row in beyond), default=-1)
