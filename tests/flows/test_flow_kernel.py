"""Packets to flows, kernel against a plain twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.flows.flow_kernel import assign_flows

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
