"""Packets to flows, kernel against a plain twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.flows.flow_kernel import BY_ANSWER, BY_ECHO, BY_PORT, BY_SYN, TRANSPORT, assign_flows

PACKET = st.fixed_dictionaries({
    "tuple_id": st.integers(0, 2),
    "is_reverse": st.booleans(),
    "flags": st.sampled_from([0, TRANSPORT]),
    "proto": st.sampled_from([6, 6, 6, 1, 58, 17]),
    "tcp_flags": st.sampled_from([2, 18, 16, 17, 4, 0]),
    "icmp_type": st.sampled_from([0, 8, 128]),
    "seq": st.integers(0, 2),
    "payload_len": st.integers(0, 1),
    "service": st.integers(-1, 1),
    "ts_ns": st.integers(-(10**18), 10**18),
    "ip_len": st.integers(0, 65535),
})  # fmt: skip
KINDS = {
    "tuple_id": np.int32, "is_reverse": bool, "flags": np.uint32, "proto": np.uint8, "tcp_flags": np.uint16,
    "icmp_type": np.uint8, "seq": np.uint32, "payload_len": np.int32, "service": np.int8, "ts_ns": np.int64,
    "ip_len": np.int32,
}  # fmt: skip
OF_TUPLE = [0, 1, 0]
"""Two tuples are one conversation."""


def naive(packets):
    """Flow of each packet, and facts per flow: every conversation keeps its newest flow."""
    newest, flows, of = {}, [], []
    for packet in packets:
        talk, reverse = OF_TUPLE[packet["tuple_id"]], packet["is_reverse"]
        is_tcp = packet["proto"] == 6 and packet["flags"] & TRANSPORT
        marks = packet["tcp_flags"] if is_tcp else 0
        flow = newest.get(talk)
        if flow is not None and marks & 18 == 2:
            mine = flows[flow]["isn"][reverse]
            if mine != packet["seq"] and (mine is not None or flows[flow]["used"]):
                flow = None
        if flow is None:
            flow = newest[talk] = len(flows)
            flows.append({"isn": [None, None], "used": False, "packets": [], "talk": talk})
        if marks & 2 and flows[flow]["isn"][reverse] is None:
            flows[flow]["isn"][reverse] = packet["seq"]
        if is_tcp and (packet["payload_len"] or marks & 5 or not marks & 2):
            flows[flow]["used"] = True
        flows[flow]["packets"].append(packet | {"marks": marks})
        of.append(flow)
    return of, flows


def said_by(packet):
    """The sign of a packet, and whether its sender began the flow."""
    if packet["marks"] & 18 == 2:
        return BY_SYN, True
    if packet["marks"] & 18 == 18:
        return BY_ANSWER, False
    if (packet["proto"], packet["icmp_type"]) in {(1, 8), (58, 128)}:
        return BY_ECHO, True
    return (BY_PORT if packet["service"] else 0), packet["service"] > 0


@pytest.mark.jit_off
@settings(deadline=None, max_examples=80)
@given(st.lists(PACKET, max_size=25))
def test_kernel_equals_its_plain_twin(packets):
    """Kernel and twin law."""
    column = {name: np.array([packet[name] for packet in packets], kind) for name, kind in KINDS.items()}
    given_ = [column[name] for name in KINDS]
    of_packet, talk, isn = np.zeros(len(packets), np.int32), np.zeros(60, np.int64), np.full((60, 2), -1, np.int64)
    used, first, begun, sign = np.zeros(60, bool), np.zeros(60, bool), np.zeros(60, bool), np.zeros(60, np.int8)
    ways, sums, span = np.zeros((60, 2), bool), np.zeros((60, 2), np.int64), np.zeros((60, 2), np.int64)
    count = assign_flows(
        given_[0], np.array(OF_TUPLE), *given_[1:], np.full(2, -1, np.int64), of_packet, talk, isn, used, first, begun,
        sign, ways, sums, span,
    )  # fmt: skip
    of, flows = naive(packets)
    assert (of_packet.tolist(), count) == (of, len(flows))
    for number, flow in enumerate(flows):
        mine = flow["packets"]
        assert talk[number] == flow["talk"]
        assert isn[number].tolist() == [-1 if n is None else n for n in flow["isn"]]
        assert used[number] == flow["used"]
        assert first[number] == mine[0]["is_reverse"]
        strongest = max(mine, key=lambda packet: said_by(packet)[0])
        strength, is_initiator = said_by(strongest)
        assert sign[number] == strength
        assert begun[number] == ((strongest["is_reverse"] == is_initiator) if strength else mine[0]["is_reverse"])
        assert ways[number].tolist() == [any(p["is_reverse"] == way for p in mine) for way in (False, True)]
        assert sums[number].tolist() == [len(mine), sum(p["ip_len"] for p in mine)]
        assert span[number].tolist() == [min(p["ts_ns"] for p in mine), max(p["ts_ns"] for p in mine)]
