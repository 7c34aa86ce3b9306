"""Packets to flows, kernel against a plain twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.flows.flow_kernel import assign_flows, sum_up_flows
from correlate.model.arrays import frozen

ROWS = st.lists(
    st.tuples(
        st.integers(0, 1), st.booleans(), st.sampled_from([2, 18, 16, 17, 4, 0]), st.integers(0, 2), st.integers(0, 1)
    ),
    max_size=25,
)


def naive(rows):
    """(flow of each row, isn per flow): every conversation keeps its newest flow."""
    newest, flows, of = {}, [], []
    for talk, reverse, flags, seq, length in rows:
        flow = newest.get(talk)
        if flow is not None and flags & 18 == 2:
            mine = flows[flow]["isn"][reverse]
            if mine != seq and (mine is not None or flows[flow]["used"]):
                flow = None
        if flow is None:
            flow = newest[talk] = len(flows)
            flows.append({"isn": [None, None], "used": False})
        if flags & 2 and flows[flow]["isn"][reverse] is None:
            flows[flow]["isn"][reverse] = seq
        if length or flags & 5 or not flags & 2:
            flows[flow]["used"] = True
        of.append(flow)
    return of, [[-1 if n is None else n for n in flow["isn"]] for flow in flows]


@pytest.mark.jit_off
@settings(deadline=None, max_examples=80)
@given(ROWS)
def test_kernel_equals_its_plain_twin(rows):
    """Kernel and twin law."""
    columns = [
        np.array([row[k] for row in rows], dtype)
        for k, dtype in enumerate((np.int64, bool, np.uint16, np.uint32, np.int32))
    ]
    of_packet, isn = np.zeros(len(rows), np.int32), np.full((60, 2), -1, np.int64)
    count = assign_flows(
        columns[0], columns[1], np.ones(len(rows), bool), columns[2], columns[3], columns[4],
        np.full(2, -1, np.int64), of_packet, np.zeros(60, np.int64), isn, np.zeros(60, bool), np.zeros(60, bool),
    )  # fmt: skip
    flows, numbers = naive(rows)
    assert of_packet.tolist() == flows
    assert isn[:count].tolist() == numbers


@pytest.mark.jit_off
@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-(10**18), 10**18), st.integers(0, 65535)), max_size=20))
def test_sums_equal_their_plain_twin(rows):
    """Kernel and twin law."""
    flow, stamp, length = (
        frozen([row[k] for row in rows], dtype) for k, dtype in enumerate((np.int32, np.int64, np.int32))
    )
    packets, octets = np.zeros(3, np.int64), np.zeros(3, np.int64)
    most = np.iinfo(np.int64).max
    first, last = np.full(3, most), np.full(3, -most - 1)
    assert sum_up_flows(flow, stamp, length, packets, octets, first, last) == len(rows)
    for number in range(3):
        mine = [row for row in rows if row[0] == number]
        assert packets[number] == len(mine)
        assert octets[number] == sum(row[2] for row in mine)
        assert first[number] == min((row[1] for row in mine), default=most)
        assert last[number] == max((row[1] for row in mine), default=-most - 1)
